using System.Net;
using Anvil.Contracts;
using Anvil.Contracts.Files;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Webhooks;
using Anvil.Edge;
using Anvil.Edge.BootHttp;
using Anvil.Gateway;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Network;
using Anvil.Silo.Tls;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using GatewayOptions = Anvil.Gateway.GatewayOptions;

namespace Anvil.Silo;

/// <summary>
/// Builds the one executable: a silo with the roles that its configuration names, alone on SQLite or with others on PostgreSQL.
/// </summary>
public static partial class SiloHost
{
    /// <summary>Builds the application; the database's schema is brought up to date first.</summary>
    /// <param name="args">Its settings, as on the command line.</param>
    /// <param name="also">Changes what the silo is made of; for tests.</param>
    /// <exception cref="InvalidOperationException">The configuration cannot be used; says why.</exception>
    public static async Task<WebApplication> BuildAsync(string[] args, Action<IServiceCollection>? also = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("ANVIL_");
        builder.Configuration.AddCommandLine(args);
        Settings.Check(args, builder.Configuration);
        AddLogging(builder);
        var silo = builder.Configuration.GetSection(SiloOptions.Section).Get<SiloOptions>() ?? new SiloOptions();
        var edge = builder.Configuration.GetSection(EdgeOptions.Section).Get<EdgeOptions>() ?? new EdgeOptions();
        Check(silo);
        TlsServices.Check(silo, edge);
        Check(builder.Configuration.GetSection(FilesOptions.Section).Get<FilesOptions>() ?? new FilesOptions());
        Check(builder.Configuration.GetSection(WebhookOptions.Section).Get<WebhookOptions>() ?? new WebhookOptions());
        ConfigureOptions(builder, silo, edge);

        // Tokens' secrets and password hashes lie in it.
        DataFolder.Secure(silo.DataFolder, Path.Combine(silo.DataFolder, edge.FileRoot));
        if (silo.SecretKeyFile.Length > 0 && File.Exists(silo.SecretKeyFile)) DataFolder.SecureKey(silo.SecretKeyFile);
        Database database = silo.Postgres.Length > 0
            ? new PostgresDatabase(silo.Postgres) { QueryTime = TimeSpan.FromSeconds(silo.ListSeconds) }
            : new SqliteDatabase(Path.Combine(silo.DataFolder, "anvil.db"))
            {
                QueryTime = TimeSpan.FromSeconds(silo.ListSeconds),
                CheckTime = TimeSpan.FromSeconds(silo.CheckSeconds),
                Companion = MasterKey.FileIn(silo.DataFolder),
            };
        await MigrateAsync(database, silo);
        var master = await MasterKey.ReadAsync(database, silo, CancellationToken.None);
        builder.Services.AddSingleton(new ParamKeys(master));
        builder.Services.AddCertificate(silo, edge, master);
        builder.Services.AddAnvil(database, silo);
        builder.Host.UseOrleans(orleans => orleans.ConfigureAnvil(database, silo, edge));
        // After Orleans: what takes packets starts when the silo is there, and ends before it does.
        if (silo.Has(SiloTraits.Edge)) builder.Services.AddEdge();
        builder.Services.AddAnvilTelemetry(builder.Configuration, silo);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(45 + silo.DrainSeconds));
        var files = FileLimit.Raised();
        var connections = FileLimit.Connections(silo.Connections, files, edge.FilePort > 0 && silo.Has(SiloTraits.Edge));
        builder.WebHost.ConfigureKestrel(kestrel => HttpPorts.Configure(kestrel, silo, edge, connections));

        also?.Invoke(builder.Services);
        var app = builder.Build();
        if (connections < silo.Connections)
            LogFewFiles(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Anvil.Silo"), files, connections,
                silo.Connections);
        await app.Services.GetRequiredService<FirstStart>().RunAsync(CancellationToken.None);
        Map(app, silo, edge);
        return app;
    }

    private static void Check(SiloOptions silo)
    {
        string[] known = [SiloTraits.Core, SiloTraits.Edge, SiloTraits.Gateway];
        if (silo.Roles.FirstOrDefault(r => !known.Contains(r, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new InvalidOperationException($"{unknown} is no role; roles are {string.Join(", ", known)}");
        if (silo.Postgres.Length == 0 && silo.Roles.Count > 0 && !known.All(silo.Has))
            throw new InvalidOperationException("a silo with some of the roles needs others beside it, and for that Silo:Postgres");
        if (silo.ClusterAddress.Length > 0 && !IPAddress.TryParse(silo.ClusterAddress, out _))
            throw new InvalidOperationException($"Silo:ClusterAddress is an IP address, not {silo.ClusterAddress}");
        if (silo.ListSeconds is not (> 0 and <= 3600) || silo.CheckSeconds is not (> 0 and <= 86_400))
            throw new InvalidOperationException("Silo:ListSeconds is more than 0 and up to 3600, Silo:CheckSeconds up to 86400");
        if (silo.ProbeSeconds <= 0 || silo.DrainSeconds < 0)
            throw new InvalidOperationException("Silo:ProbeSeconds is more than 0, and Silo:DrainSeconds not less");
    }

    private static void Check(FilesOptions files)
    {
        const long MostMiB = 1L << 40;
        foreach (var (name, value) in new[]
        {
            (nameof(files.UploadMiB), files.UploadMiB), (nameof(files.TotalMiB), files.TotalMiB), (nameof(files.CacheMiB), files.CacheMiB),
            (nameof(files.ExplodedMiB), files.ExplodedMiB), (nameof(files.ExplodedEntries), files.ExplodedEntries),
        })
        {
            if (value is <= 0 or > MostMiB)
                throw new InvalidOperationException($"{FilesOptions.Section}:{name} is more than 0, and at most {MostMiB}");
        }

        if (files.ReserveMiB > MostMiB || files.ExplodeMinutes is not (> 0 and <= 1440) || files.RetryMinutes is not (> 0 and <= 10_080))
            throw new InvalidOperationException($"{FilesOptions.Section}: ReserveMiB is at most {MostMiB}, ExplodeMinutes is more than 0 "
                + "and up to 1440, RetryMinutes up to 10080");
    }

    private static void Check(WebhookOptions webhooks)
    {
        try
        {
            _ = ReachableNetworks.Of(webhooks.Networks);
        }
        catch (FormatException e)
        {
            throw new InvalidOperationException($"{WebhookOptions.Section}:{nameof(webhooks.Networks)}: {e.Message}", e);
        }

        if (webhooks.TimeoutSeconds is not (> 0 and <= 120) || webhooks.PollSeconds is not (> 0 and <= 60)
            || webhooks.RetrySeconds is not (> 0 and <= 3600) || webhooks.LongestRetrySeconds is not (> 0 and <= 86_400)
            || webhooks.GiveUpHours is not (> 0 and <= 720) || webhooks.Attempts is not (> 0 and <= 1000)
            || webhooks.BatchEvents is not (> 0 and <= 1000) || webhooks.BatchKiB is not (> 0 and <= 4096))
            throw new InvalidOperationException($"{WebhookOptions.Section}: TimeoutSeconds is more than 0 and up to 120, "
                + "PollSeconds up to 60, RetrySeconds up to 3600, LongestRetrySeconds up to 86400, GiveUpHours up to 720, "
                + "Attempts and BatchEvents up to 1000, BatchKiB up to 4096");
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        var level = LogLevelPref.Switch(builder.Configuration);
        builder.Services.AddSingleton(level).AddSingleton<Anvil.Contracts.Catalog.ICatalogFollower, LogLevelPref>()
            .AddSingleton<Anvil.Contracts.Catalog.ICatalogFollower, BrokenPrefs>();
        var ring = new LogRing();
        builder.Services.AddSingleton<Anvil.Contracts.Diagnostics.ILogLines>(ring);
        Log(builder, level, ring);
    }

    private static void Log(WebApplicationBuilder builder, LoggingLevelSwitch level, LogRing ring)
        => builder.Services.AddSerilog(log => log.ReadFrom.Configuration(builder.Configuration)
        .MinimumLevel.ControlledBy(level)
        .MinimumLevel.Override("Anvil.Grains.Catalog.CatalogService", LogEventLevel.Warning).MinimumLevel.Override("Microsoft",
            LogEventLevel.Warning).MinimumLevel.Override("Orleans", LogEventLevel.Error)
        .MinimumLevel.Override("Orleans.Storage.AdoNetGrainStorage", LogEventLevel.Fatal).MinimumLevel.Override("Polly",
            LogEventLevel.Fatal)
        .WriteTo.Console(new PrintableLog()).WriteTo.Sink(ring),
        // Several silos of one process have a log each.
        preserveStaticLogger: true);

    private static void ConfigureOptions(WebApplicationBuilder builder, SiloOptions silo, EdgeOptions edge)
    {
        builder.Services.Configure<SiloOptions>(builder.Configuration.GetSection(SiloOptions.Section));
        builder.Services.Configure<EdgeOptions>(builder.Configuration.GetSection(EdgeOptions.Section));
        builder.Services.Configure<GatewayOptions>(builder.Configuration.GetSection(GatewayOptions.Section));
        builder.Services.Configure<FilesOptions>(builder.Configuration.GetSection(FilesOptions.Section));
        builder.Services.Configure<WebhookOptions>(builder.Configuration.GetSection(WebhookOptions.Section));
        builder.Services.PostConfigure<GatewayOptions>(o =>
        {
            (o.ApiPort, o.FilePort, o.DhcpPort, o.BinlPort, o.TftpPort) = (edge.ApiPort, edge.FilePort, edge.DhcpPort, edge.BinlPort,
                edge.TftpPort);
            o.DhcpEnabled = edge.Interfaces.Count > 0 || !silo.Has(SiloTraits.Edge);
            o.MachinesOnly = !silo.Has(SiloTraits.Gateway);
        });
        builder.Services.PostConfigure<EdgeOptions>(
            o => o.FileRoot = Path.IsPathRooted(o.FileRoot) ? o.FileRoot : Path.Combine(silo.DataFolder, o.FileRoot));
    }

    /// <summary>
    /// Orleans does not wait for a database at start: it is waited for here, where waiting may help. A file does not mend itself; a server
    /// may be started, promoted or given its users meanwhile.
    /// </summary>
    private static async Task MigrateAsync(Database database, SiloOptions silo)
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(silo.DatabaseWait * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            try
            {
                await database.MigrateAsync(CancellationToken.None);
                return;
            }
            catch (Exception e) when (database.Of(e) is { } fault)
            {
                var mayPass = fault.IsPassing || (silo.Postgres.Length > 0 && fault.Kind is DatabaseFaultKind.Denied
                    or DatabaseFaultKind.ReadOnly or DatabaseFaultKind.Full);
                if (!mayPass || TimeProvider.System.GetTimestamp() > until)
                    throw new InvalidOperationException($"{database.Name} cannot be used: {fault.Text} ({e.Message})", e);
                await Console.Error.WriteLineAsync($"anvil-silo: waits for {database.Name}: {fault.Text} ({e.Message})");
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static void Map(WebApplication app, SiloOptions silo, EdgeOptions edge)
    {
        app.UseConnectionPlaces();
        app.UseSecurityHeaders();
        app.MapHealth();
        if (silo.Has(SiloTraits.Edge))
            app.MapWhen(http => http.Connection.LocalPort == edge.FilePort && edge.FilePort != edge.ApiPort,
                files => files.Run(BootHttpEndpoint.HandleAsync));
        if (silo.Has(SiloTraits.Gateway)) app.UseDashboard();
        var serves = silo.Has(SiloTraits.Gateway) || silo.Has(SiloTraits.Edge);
        if (serves) app.UseMachinesApi();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = HttpPorts.Ping, KeepAliveTimeout = HttpPorts.Ping });
        app.UseRouting();
        if (serves) app.MapMachinesApi();
        if (silo.Has(SiloTraits.Gateway)) FrontDoor.Map(app);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "this process may have {Files} files open (RLIMIT_NOFILE, \"ulimit -n\"): each HTTP port takes {Connections} "
            + "connections, "
            + "not {Wanted} (Silo:Connections)")]
    private static partial void LogFewFiles(Microsoft.Extensions.Logging.ILogger logger, long? files, int connections, int wanted);
}
