using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts.Jobs;
using Anvil.Grains.Retention;
using Anvil.Storage;
using Dapper;

namespace Anvil.Silo.Tests.Health;

/// <summary>/readyz says what is so: it writes, and names what keeps it from writing.</summary>
public abstract class HealthTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    /// <summary>Keeps others from writing the table of machines until it is disposed.</summary>
    protected abstract Task<IAsyncDisposable> LockAsync();

    /// <summary>What may be said of that.</summary>
    protected abstract string[] LockTexts { get; }

    [Fact]
    public async Task AFloodOfQuestionsIsNoFloodOfWrites()
    {
        var probe = silo.Service<DatabaseProbe>();
        await Wait.UntilAsync(async () => (await DatabaseAsync()).Ok, Soon, () => "the database is not right");
        var before = probe.Writes;
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => DatabaseAsync()));
        // However long it took: one write for each time that an answer is good.
        var most = 2 + (TimeProvider.System.GetElapsedTime(began) / DatabaseProbe.Fresh);
        Assert.InRange(probe.Writes - before, 0, (long)most);
        await using var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        Assert.True(await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM health") > 0);
    }

    [Fact]
    public async Task ALockIsNamedAndIsNoReasonToBeUnready()
    {
        await using (await LockAsync())
        {
            var seen = (Ok: true, Reason: "");
            await Wait.UntilAsync(async () => !(seen = await DatabaseAsync()).Ok, Soon, () => "the lock is not told");
            Assert.Contains(LockTexts, t => seen.Reason.Contains(t, StringComparison.Ordinal));
        }

        await Wait.UntilAsync(async () => (await DatabaseAsync()).Ok, Soon, () => "the lock is told for ever");
    }

    [Fact]
    public async Task WhatIsKeptAndWhatWasTrimmedIsShown()
    {
        var (status, body) = await silo.CallAsync("GET", "retention");
        var kept = body!.AsArray();
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["timeline", "strangers", "events", "leaseHistory", "jobs", "jobLogs", "unapproved"],
            kept.Select(k => k!["What"]!.ToString()));
        Assert.Equal(30, kept[0]!["Days"]!.GetValue<int>());
        var (refused, why) = await silo.CallAsync("POST", "prefs", """{"keepEvents":"10"}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused);
        Assert.Contains("10 is not a number from 1000", why!.ToJsonString(), StringComparison.Ordinal);
        using var nobody = new HttpClient();
        using var answer = await nobody.GetAsync($"http://127.0.0.1:{silo.ApiPort}/api/v3/retention");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    /// <summary>
    /// Of a job that runs the log stays as long as others can make room; where it alone is too much, what it says from then on is kept.
    /// </summary>
    [Fact]
    public async Task TheLogOfAJobThatIsOverGoesBeforeThatOfOneThatRuns()
    {
        await silo.CallAsync("POST", "prefs", """{"keepJobLogsMiB":"1"}""");
        var (over, runs) = (await BeginAsync(), await BeginAsync());
        await LogAsync(runs, 700 << 10);
        await LogAsync(over, 700 << 10);
        var (status, _) = await silo.CallAsync("PATCH", $"jobs/{over}", """[{"op":"replace","path":"/State","value":"failed"}]""");
        Assert.Equal(HttpStatusCode.OK, status);
        await TrimAsync();
        Assert.StartsWith("[the first 716800 octets of this log were dropped at ", await ReadAsync(over), StringComparison.Ordinal);
        Assert.Equal(700 << 10, (await ReadAsync(runs)).Length);
        await LogAsync(runs, 3 << 20);
        await TrimAsync();
        await LogAsync(runs, 3);
        var left = await ReadAsync(runs);
        Assert.StartsWith("[the first 3862528 octets of this log were dropped at ", left, StringComparison.Ordinal);
        Assert.EndsWith("(preference keepJobLogsMiB)]\nxxx", left, StringComparison.Ordinal);

        async Task<string> BeginAsync()
        {
            var name = $"t{Guid.NewGuid():N}";
            await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{name}}"}""");
            var machine = (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local","Tasks":["{{name}}"]}"""))
                .Body!;
            return (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{machine["Uuid"]}}"}""")).Body!["Uuid"]!.ToString();
        }

        async Task LogAsync(string job, int octets)
        {
            using var log = new StringContent(new string('x', octets));
            log.Headers.ContentType = new("application/octet-stream");
            using var stored = await silo.Http.PutAsync($"jobs/{job}/log", log);
            Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
        }

        Task<string> ReadAsync(string job) => silo.Http.GetStringAsync($"jobs/{job}/log");
        async Task TrimAsync() => Assert.True(await silo.Service<RetentionService>().TrimAsync(CancellationToken.None));
    }

    [Fact]
    public async Task JobsGoTheOldestFirstWithTheirLogsAndTheLastOfAMachineStays()
    {
        const int Begun = 1205;
        var name = $"t{Guid.NewGuid():N}";
        await silo.CallAsync("POST", "tasks", $$"""{"Name":"{{name}}"}""");
        // More than a piece of old ones, of a machine that is gone, and that of one that is there.
        var machine = (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local","Tasks":["{{name}}"]}""")).Body!;
        var last = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{machine["Uuid"]}}"}""")).Body!["Uuid"]!.ToString();
        await using (var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None))
        {
            foreach (var n in Enumerable.Range(0, Begun)) await connection.ExecuteAsync(JobSql, OldJob(n));
            // Damaged ones, before all others in their order: they stay, and stop nothing.
            await connection.ExecuteAsync(JobSql, OldJob(Begun, j => (j["StartTime"], j["Current"]) = (null, "perhaps")));
            await connection.ExecuteAsync(JobSql, OldJob(Begun + 1, j => (j["StartTime"], j["Current"]) = ("at noon", 3)));
        }

        using var log = new ByteArrayContent([65]);
        log.Headers.ContentType = new("application/octet-stream");
        using var stored = await silo.Http.PutAsync($"jobs/{OldUuid(0)}/log", log);
        Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
        await silo.CallAsync("POST", "prefs", """{"keepJobs":"1000"}""");
        Assert.True(await silo.Service<RetentionService>().TrimAsync(CancellationToken.None));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"jobs/{OldUuid(0)}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", $"jobs/{OldUuid(Begun - 1)}")).Status);
        await silo.CallAsync("POST", "prefs", """{"keepJobsDays":"1"}""");
        Assert.True(await silo.Service<RetentionService>().TrimAsync(CancellationToken.None));
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"jobs/{OldUuid(Begun - 1)}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", $"jobs/{last}")).Status);
        Assert.DoesNotContain(await silo.Service<IJobLogs>().ListAsync(CancellationToken.None), l => l.Job == Guid.Parse(OldUuid(0)));
        var kept = (await silo.CallAsync("GET", "retention")).Body!.AsArray().Single(k => k!["What"]!.ToString() == "jobs")!;
        Assert.True(kept["Trimmed"]!.GetValue<long>() >= Begun, kept.ToJsonString());
    }

    /// <summary>A statement that makes a row of a job.</summary>
    protected abstract string JobSql { get; }

    private static string OldUuid(int n) => $"00000000-0000-4000-8000-{n:x12}";

    private static object OldJob(int n, Action<JsonObject>? damage = null)
    {
        var (uuid, at) = (OldUuid(n), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(n));
        var document = new JsonObject
        {
            ["Uuid"] = uuid,
            ["Machine"] = OldUuid(0xffff),
            ["StartTime"] = at.ToString("o"),
            ["State"] = "finished",
            ["Current"] = true,
            ["Available"] = true,
        };
        damage?.Invoke(document);
        return new { uuid, machine = OldUuid(0xffff), at, text = at.ToString("o"), document = document.ToJsonString() };
    }

    /// <summary>The database's check; the silo is ready whatever it says.</summary>
    protected async Task<(bool Ok, string Reason)> DatabaseAsync()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync($"http://127.0.0.1:{silo.ApiPort}/readyz");
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((HttpStatusCode.OK, true), (answer.StatusCode, body["Ready"]!.GetValue<bool>()));
        var check = body["Checks"]!.AsArray().Single(c => c!["Name"]!.ToString() == "database")!;
        Assert.Equal(!check["Ok"]!.GetValue<bool>(), body["Degraded"]!.GetValue<bool>());
        return (check["Ok"]!.GetValue<bool>(), check["Reason"]!.ToString());
    }

    /// <summary>A transaction that holds a lock.</summary>
    protected async Task<IAsyncDisposable> HoldAsync(string lockSql)
    {
        var connection = await silo.Service<Database>().ConnectAsync(CancellationToken.None);
        await connection.ExecuteAsync(lockSql);
        return new Held(connection);
    }

    private sealed class Held(System.Data.Common.DbConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await connection.ExecuteAsync("ROLLBACK");
            await connection.DisposeAsync();
        }
    }
}

/// <summary>On SQLite.</summary>
public sealed class SingleHealthTests(SingleSilo silo) : HealthTests(silo), IClassFixture<SingleSilo>
{
    protected override string[] LockTexts => ["another program holds the lock", "writes wait: the one before"];

    protected override Task<IAsyncDisposable> LockAsync() => HoldAsync("BEGIN IMMEDIATE");

    protected override string JobSql => "INSERT INTO job (uuid, machine, started, document) VALUES (@uuid, @machine, @text, @document)";
}

/// <summary>On PostgreSQL.</summary>
public sealed class ClusterHealthTests(SiloCluster silo) : HealthTests(silo), IClassFixture<SiloCluster>
{
    protected override string[] LockTexts => ["has locked tables of the database, so that writes of them wait: machine (for "];

    protected override Task<IAsyncDisposable> LockAsync() => HoldAsync("BEGIN; LOCK TABLE machine IN SHARE MODE");

    protected override string JobSql
        => "INSERT INTO job (uuid, machine, started, document) VALUES (@uuid, @machine, @at, @document::jsonb)";
}
