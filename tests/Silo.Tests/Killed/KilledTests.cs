using System.Data.Common;
using System.Globalization;
using Anvil.Contracts.Events;
using Anvil.Contracts.Subnets;
using Anvil.Storage;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;
using Dapper;

namespace Anvil.Silo.Tests.Killed;

/// <summary>
/// A silo that is killed (SIGKILL) in the middle of every kind of write, again and again, and started on the same store: what was
/// confirmed is there, once, and nothing is half there.
/// </summary>
public abstract class KilledTests(ITestOutputHelper output)
{
    private const int Kills = 4;
    private const int FewestWrites = 100;
    private const int MostWrites = 220;

    /// <summary>What only the projections of the database can say: rows without what they were made from, or otherwise than it.</summary>
    private static readonly string[] MustBeEmpty =
    [
        "SELECT mac FROM machine_mac WHERE uuid NOT IN (SELECT uuid FROM machine)",
        "SELECT name FROM machine_folded WHERE uuid NOT IN (SELECT uuid FROM machine)",
        "SELECT m.uuid FROM machine AS m LEFT JOIN machine_folded AS f ON f.uuid = m.uuid AND f.name = lower(m.name) WHERE f.uuid IS NULL",
        "SELECT key FROM reservation WHERE key NOT IN (SELECT key FROM document WHERE prefix = 'reservations')",
        "SELECT key FROM document WHERE prefix = 'reservations' AND key NOT IN (SELECT key FROM reservation)",
        "SELECT key FROM document WHERE (prefix, key) IN (SELECT prefix, key FROM document_gone)",
        "SELECT key FROM document WHERE revision > (SELECT revision FROM catalog_revision)",
        "SELECT key FROM document WHERE prefix <> 'prefs' AND key LIKE 'killed%' AND key NOT IN (SELECT key FROM event)",
    ];

    /// <summary>Arguments by which the silo finds its store.</summary>
    protected abstract Task<IReadOnlyList<string>> StoreAsync();

    /// <summary>The store, read beside the silo.</summary>
    protected abstract (Database Database, IEventStore Events, ILeaseStore Leases) Open(string dataFolder);

    [Fact]
    public async Task WhatWasConfirmedIsThereAndNothingIsHalfThere()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("ANVIL_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given : Environment.TickCount;
        output.WriteLine($"ANVIL_SEED={seed}");
        var random = new Random(seed);
        await using var silo =
            new SiloProgram([.. await StoreAsync(), "--Edge:Interfaces:0=lo", "--Edge:ProbeMilliseconds=0", "--Edge:DhcpPerMac=0"]);
        await silo.StartAsync();
        var (database, events, leases) = Open(silo.DataFolder);
        try
        {
            var run = new KillRun(silo, database, events, leases);
            run.Begin(int.MaxValue);
            foreach (var (name, network) in new[] { ("dhcp", "10.60"), ("sheet", "10.200") })
            {
                var body =
                    $$"""
                    {"Name":"{{name}}","Subnet":"{{network}}.0.0/16","Enabled":true,"ActiveStart":"{{network}}.250.10",
                    "ActiveEnd":"{{network}}.254.250","ActiveLeaseTime":3600,"ReservedLeaseTime":7200}
                    """;
                Assert.Equal(201, (await run.AskAsync("POST", "subnets", body))!.Value.Status);
            }

            Assert.Equal(201, (await run.AskAsync("POST", "tasks", """{"Name":"killed"}"""))!.Value.Status);
            using LeaseWriter first = new(run, 0), second = new(run, 1);
            List<IKillWriter> writers =
            [
                // There may be few webhooks, and their documents are written as all others.
                .. ObjectKindCase.All.Where(k => k.Kind != "webhooks").Select((k, i) => new ObjectWriter(run, k, i)),
                new ObjectWriter(run, ObjectKindCase.All[^1], 40),
                new PrefWriter(run), new PasswordWriter(run), new JobWriter(run, 0), new JobWriter(run, 1), new SheetWriter(run),
                first, second,
            ];
            for (var kill = 1; kill <= Kills; kill++)
            {
                run.Begin(random.Next(FewestWrites, MostWrites));
                await Task.WhenAll(writers.Select(w => WriteAsync(run, w)));
                await silo.EndAsync();
                output.WriteLine($"kill {kill}, under way: {string.Join(", ", writers.Select(w => w.UnderWay).Where(w => w.Length > 0))}");
                await silo.StartAsync();
                run.Begin(int.MaxValue);
                await CheckAsync(run, writers);
            }

            output.WriteLine(
                "confirmed: " + string.Join(", ",
                    writers.GroupBy(w => w.Kind, StringComparer.Ordinal).Select(g => $"{g.Sum(w => w.Confirmed)} {g.Key}")));
            Assert.All(writers, w => Assert.True(w.Confirmed > 0, $"no write of {w.Kind} was confirmed"));
        }
        finally
        {
            if (database is IAsyncDisposable pool) await pool.DisposeAsync();
            else ((IDisposable)database).Dispose();
        }
    }

    private static async Task WriteAsync(KillRun run, IKillWriter writer)
    {
        try
        {
            while (!run.IsOver) await writer.StepAsync();
        }
        catch
        {
            // The others shall not go on for ever.
            run.Begin(1);
            run.Confirmed();
            throw;
        }
    }

    private static async Task CheckAsync(KillRun run, IReadOnlyList<IKillWriter> writers)
    {
        await run.ReadEventsAsync();
        foreach (var writer in writers) await writer.CheckAsync();
        await using var connection = await run.Database.ConnectAsync(CancellationToken.None);
        foreach (var sql in MustBeEmpty) Assert.True(!(await connection.QueryAsync<string>(sql)).Any(), sql);
        await CheckRowsAsync(connection);
    }

    /// <summary>The row that lists read is what the document says.</summary>
    private static async Task CheckRowsAsync(DbConnection connection)
    {
        foreach (var (key, body, row) in await connection.QueryAsync<(string, string, string)>(
            "SELECT d.key, CAST(d.body AS text), CAST(r.document AS text) FROM document AS d JOIN reservation AS r ON r.key = d.key WHERE "
                + "d.prefix = 'reservations'"))
            Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(body),
                System.Text.Json.Nodes.JsonNode.Parse(row)), $"reservation {key}: {body} and {row}");
    }
}

/// <summary>On SQLite.</summary>
public sealed class SingleKilledTests(ITestOutputHelper output) : KilledTests(output)
{
    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string>> StoreAsync() => Task.FromResult<IReadOnlyList<string>>([]);

    /// <inheritdoc/>
    protected override (Database Database, IEventStore Events, ILeaseStore Leases) Open(string dataFolder)
    {
        var database = new SqliteDatabase(Path.Combine(dataFolder, "anvil.db"));
        return (database, new SqliteEventStore(database), new SqliteLeaseStore(database));
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class ClusterKilledTests(PostgresFixture postgres, ITestOutputHelper output) : KilledTests(output)
{
    private string _connection = "";

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> StoreAsync()
        => [$"--Silo:Postgres={_connection = await postgres.Server.CreateDatabaseAsync()}", "--Silo:ClusterAddress=127.0.0.1"];

    /// <inheritdoc/>
    protected override (Database Database, IEventStore Events, ILeaseStore Leases) Open(string dataFolder)
    {
        var database = new PostgresDatabase(_connection);
        return (database, new PostgresEventStore(database), new PostgresLeaseStore(database));
    }
}
