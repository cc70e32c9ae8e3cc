using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts.Events;
using Anvil.Contracts.Placement;
using Anvil.Grains.Placement;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

[assembly: AssemblyFixture(typeof(Anvil.Silo.Tests.PostgresFixture))]

namespace Anvil.Silo.Tests;

/// <summary>Whole silos on loopback, on ports and data of their own: what the tests run against.</summary>
public abstract class SiloFixture : IAsyncLifetime
{
    public const string Password = "the-first-password";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-silo-");
    private readonly List<WebApplication> _silos = [];
    private readonly List<string[]> _started = [];
    private readonly Ports _ports = new();

    protected SiloFixture() => (ApiPort, FilePort, TftpPort) = (FreePort(), FreePort(), FreePort());

    public int ApiPort { get; }

    public int FilePort { get; }

    public int TftpPort { get; }

    public string Files => Path.Combine(_folder.FullName, "files");

    public HttpClient Http { get; private set; } = new();

    /// <summary>The silos; the first serves the API.</summary>
    public IReadOnlyList<WebApplication> Silos => _silos;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Files);
        await StartAsync();
        await MeetAsync();
        Http = Client("rocketskates", Password);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        _ports.Dispose();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops all silos and starts them again, on the data and the ports that they had.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        foreach (var arguments in _started) await StartOneAsync(arguments);
        await MeetAsync();
    }

    /// <summary>A service of the first silo that has it, which is the one that serves the API for all but the edges' own.</summary>
    public T Service<T>()
        where T : notnull
        => _silos.Select(s => s.Services.GetService<T>()).OfType<T>().First();

    /// <summary>A client with a user's name and password.</summary>
    public HttpClient Client(string user, string password)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}/api/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return http;
    }

    /// <summary>A client with a token.</summary>
    public HttpClient Client(string token)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ApiPort}/api/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>Calls the API; the status and the JSON that came.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(string method, string path, string? body = null,
        HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (client ?? Http).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>A client with a limited token of the administrator.</summary>
    /// <param name="limits">Words of the query: scope, action, specific.</param>
    public async Task<HttpClient> LimitedAsync(string limits)
        => Client((await OkAsync("GET", $"users/rocketskates/token?{limits}"))["Token"]!.ToString());

    /// <summary>A call that is answered well.</summary>
    public async Task<JsonNode> OkAsync(string method, string path, string? body = null, HttpClient? client = null)
    {
        var (status, answer) = await CallAsync(method, path, body, client);
        Assert.True((int)status is 200 or 201, $"{method} {path}: {status} {answer}");
        return answer!;
    }

    /// <summary>Waits until what was done before can be read as events, and is not after the end of the log.</summary>
    public Task SettledAsync()
        => Service<Database>() is PostgresDatabase database ? Settled.WaitAsync(database.ConnectionString) : Task.CompletedTask;

    /// <summary>The end of the log of events, which all that was done before is not after.</summary>
    public async Task<EventPlace> LogEndAsync()
    {
        await SettledAsync();
        return await Service<IEventStore>().EndAsync(CancellationToken.None);
    }

    /// <summary>What happened since a place, all that was done before the call in it.</summary>
    public async Task<IReadOnlyList<StoredEvent>> HappenedAsync(EventPlace since)
    {
        await SettledAsync();
        var happened = new List<StoredEvent>();
        while (await Service<IEventStore>().ReadAsync(since, 1000, CancellationToken.None) is { Count: > 0 } next)
        {
            happened.AddRange(next);
            since = next[^1].Place;
        }

        return happened;
    }

    /// <summary>Starts the silos.</summary>
    protected abstract Task StartAsync();

    /// <summary>Waits until silos know of each other what they need for what the tests ask of them.</summary>
    protected virtual Task MeetAsync() => Task.CompletedTask;

    /// <summary>Changes what a silo is made of, before it starts.</summary>
    protected virtual void Change(IServiceCollection services)
    {
    }

    /// <summary>Adds a silo and starts it.</summary>
    protected async Task AddAsync(params string[] arguments)
    {
        string[] own = [$"--Silo:DataFolder={_folder.FullName}/silo{_silos.Count}", "--Silo:ApiAddress=127.0.0.1",
            $"--Silo:SiloPort={FreePort()}", "--Silo:PlainApi:0=loopback"];
        string[] all = [.. own, $"--Silo:AdminPassword={Password}", $"--Edge:FileRoot={Files}", .. arguments];
        _started.Add(all);
        await StartOneAsync(all);
    }

    /// <summary>A port that is this fixture's own.</summary>
    protected int FreePort() => _ports.Take();

    private async Task StartOneAsync(string[] arguments)
    {
        var app = await SiloHost.BuildAsync(arguments, Change);
        _silos.Add(app);
        await app.StartAsync();
    }

    private async Task StopAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.StopAsync();
            await silo.DisposeAsync();
        }

        _silos.Clear();
    }
}

/// <summary>One silo with every role, on SQLite.</summary>
public sealed class SingleSilo : SiloFixture
{
    protected override Task StartAsync()
        => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}");
}

/// <summary>The PostgreSQL server of this run.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    public SharedPostgres Server { get; } = new();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>A gateway, a core and an edge on PostgreSQL.</summary>
public sealed class SiloCluster(PostgresFixture postgres) : SiloFixture
{
    protected override async Task StartAsync()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        string[] shared = [$"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1"];
        await AddAsync([.. shared, "--Silo:Roles:0=gateway", $"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}",
            $"--Edge:TftpPort={TftpPort}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=core", $"--Edge:ApiPort={FreePort()}"]);
        await AddAsync([.. shared, "--Silo:Roles:0=edge", $"--Edge:ApiPort={FreePort()}", $"--Edge:FilePort={FilePort}",
            $"--Edge:TftpPort={TftpPort}"]);
    }

    /// <summary>No roles and tenants are made before each silo knows that the others know them.</summary>
    protected override Task MeetAsync() => Support.Wait.UntilAsync(
        () => Task.FromResult(Silos.All(s => OthersOf(s.Services.GetRequiredService<ISiloStatusOracle>()) >= Silos.Count - 1
            && s.Services.GetRequiredService<EverySilo>().Has(SiloTraits.Files))),
        TimeSpan.FromMinutes(2), () => "a silo does not know of another what it is");

    private static int OthersOf(ISiloStatusOracle oracle)
        => oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Count(s => !s.Equals(oracle.SiloAddress));
}
