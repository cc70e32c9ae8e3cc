using System.Net;
using Anvil.Edge;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.RouterAdvertisement;
using Anvil.Edge.Tftp;
using Anvil.Gateway;
using GatewayOptions = Anvil.Gateway.GatewayOptions;
using Anvil.Grains;
using Anvil.Grains.Catalog;
using Anvil.Grains.Machines;
using Anvil.Grains.Timeline;
using Anvil.Provisioning.Documents;
using Anvil.Storage;
using Anvil.Storage.Sqlite;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using Serilog;

namespace Anvil.Silo;

/// <summary>Builds the one executable: one silo with every role, localhost clustering and SQLite.</summary>
public static class SiloHost
{
    /// <summary>Name by which Orleans' providers load Microsoft.Data.Sqlite.</summary>
    private const string SqliteInvariant = "System.Data.SQLite";

    /// <summary>Builds the application; the database's schema is brought up to date first.</summary>
    public static async Task<WebApplication> BuildAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("ANVIL_");
        builder.Configuration.AddCommandLine(args);
        builder.Services.AddSerilog(log => log.ReadFrom.Configuration(builder.Configuration)
            .MinimumLevel.Override("Microsoft", Serilog.Events.LogEventLevel.Warning).MinimumLevel.Override("Orleans", Serilog.Events.LogEventLevel.Error).MinimumLevel.Override("Orleans.Storage.AdoNetGrainStorage", Serilog.Events.LogEventLevel.Fatal).MinimumLevel.Override("Polly", Serilog.Events.LogEventLevel.Warning)
            .WriteTo.Console(formatProvider: System.Globalization.CultureInfo.InvariantCulture, outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {SourceContext}: {Message:lj}{NewLine}{Exception}"));
        var silo = builder.Configuration.GetSection(SiloOptions.Section).Get<SiloOptions>() ?? new SiloOptions();
        var edge = builder.Configuration.GetSection(EdgeOptions.Section).Get<EdgeOptions>() ?? new EdgeOptions();
        builder.Services.Configure<SiloOptions>(builder.Configuration.GetSection(SiloOptions.Section));
        builder.Services.Configure<EdgeOptions>(builder.Configuration.GetSection(EdgeOptions.Section));
        builder.Services.Configure<GatewayOptions>(builder.Configuration.GetSection(GatewayOptions.Section));
        builder.Services.PostConfigure<GatewayOptions>(o =>
        {
            (o.ApiPort, o.FilePort, o.DhcpPort, o.BinlPort, o.TftpPort) = (edge.ApiPort, edge.FilePort, edge.DhcpPort, edge.BinlPort, edge.TftpPort);
            o.DhcpEnabled = edge.Interfaces.Count > 0;
        });
        builder.Services.PostConfigure<EdgeOptions>(o => o.FileRoot = Path.IsPathRooted(o.FileRoot) ? o.FileRoot : Path.Combine(silo.DataFolder, o.FileRoot));

        // Tokens' secrets and password hashes lie in it.
        Directory.CreateDirectory(silo.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var database = new SqliteDatabase(Path.Combine(silo.DataFolder, "anvil.db"));
        await database.MigrateAsync(CancellationToken.None);
        AddServices(builder.Services, database, silo);
        builder.Host.UseOrleans(orleans => ConfigureOrleans(orleans, database, silo));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(45));
        ConfigureKestrel(builder, silo, edge);

        var app = builder.Build();
        await app.Services.GetRequiredService<FirstStart>().RunAsync(CancellationToken.None);
        app.MapWhen(http => http.Connection.LocalPort == edge.FilePort, files => files.Run(BootHttpEndpoint.HandleAsync));
        app.UseDashboardGuard();
        app.UseMachinesApi();
        app.UseRouting();
        app.MapMachinesApi();
        app.MapDashboard();
        app.MapGet("/", () => Results.Redirect("/dashboard/"));
        app.MapGet("/healthz", () => Results.Text("alive\n"));
        return app;
    }

    private static void AddServices(IServiceCollection services, SqliteDatabase database, SiloOptions silo)
    {
        var content = silo.ContentFolder.Length > 0 ? silo.ContentFolder : Path.Combine(AppContext.BaseDirectory, "content");
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(database);
        services.AddSingleton<ICatalogStore, SqliteCatalogStore>();
        services.AddSingleton<ILeaseStore, SqliteLeaseStore>();
        services.AddSingleton<IMachineQueries, SqliteMachineQueries>();
        services.AddSingleton<ITimelineStore, SqliteTimelineStore>();
        services.AddSingleton(new JobLogs(Path.Combine(silo.DataFolder, "job-logs")));
        services.AddSingleton(new BuiltInContent(ContentFolder.Read(content)));
        services.AddSingleton<FirstStart>();
        services.AddSingleton<CatalogCache>();
        services.AddSingleton<ICatalog>(s => s.GetRequiredService<CatalogCache>());
        services.AddHostedService(s => s.GetRequiredService<CatalogCache>());
        services.AddSingleton<TimelineWriter>();
        services.AddHostedService(s => s.GetRequiredService<TimelineWriter>());
        services.AddMachinesApi();
        services.AddSingleton<FileRoot>().AddSingleton<BootFileResolver>().AddSingleton<DhcpHandler>();
        services.AddHostedService<DhcpServer>().AddHostedService<TftpServer>().AddHostedService<RouterAdvertiser>();
    }

    private static void ConfigureOrleans(ISiloBuilder orleans, SqliteDatabase database, SiloOptions silo)
    {
        orleans.UseLocalhostClustering(siloPort: silo.SiloPort, gatewayPort: 0, serviceId: "anvil", clusterId: "anvil");
        orleans.Services.AddSerializer(serializer => serializer.AddJsonSerializer(type => type.Namespace?.StartsWith("Anvil.Provisioning", StringComparison.Ordinal) == true, Json.Options));
        orleans.AddAdoNetGrainStorage(MachineGrain.Store, (AdoNetGrainStorageOptions o) =>
        {
            o.Invariant = SqliteInvariant;
            o.ConnectionString = database.ConnectionString;
            o.GrainStorageSerializer = new StateSerializer();
        });
        orleans.UseAdoNetReminderService((AdoNetReminderTableOptions o) =>
        {
            o.Invariant = SqliteInvariant;
            o.ConnectionString = database.ConnectionString;
        });
        orleans.AddDashboard(o => o.HideTrace = true);
    }

    private static void ConfigureKestrel(WebApplicationBuilder builder, SiloOptions silo, EdgeOptions edge) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.Limits.MaxRequestBodySize = 64 << 20;
        kestrel.AddServerHeader = false;
        Listen(kestrel, silo.ApiAddress, edge.ApiPort);
        if (edge.FilePort > 0) Listen(kestrel, silo.ApiAddress, edge.FilePort);
        if (silo.ApiSocket.Length == 0) return;
        File.Delete(silo.ApiSocket);
        kestrel.ListenUnixSocket(silo.ApiSocket);
    });

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, string address, int port)
    {
        if (address.Length == 0) kestrel.Listen(IPAddress.Any, port);
        else kestrel.Listen(IPAddress.Parse(address), port);
    }
}
