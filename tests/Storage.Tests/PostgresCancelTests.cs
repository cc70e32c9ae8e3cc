using System.Text.RegularExpressions;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Storage.Postgres;
using Dapper;

namespace Anvil.Storage.Tests;

/// <summary>
/// What is read to its end is not called off: PostgreSQL is told so by a connection of its own, for which the server makes a process.
/// </summary>
public sealed partial class PostgresCancelTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task OnlyWhatIsNotReadToItsEndIsCalledOff()
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var database = new PostgresDatabase(await server.CreateDatabaseAsync());
        await database.MigrateAsync(None);
        await using (var connection = await database.OpenAsync(None))
        {
            for (var i = 1; i <= 5; i++)
            {
                var machine = new Machine { Uuid = MachineRows.Id(i), Name = $"m{i}", HardwareAddrs = [$"52:54:00:00:00:0{i}"] };
                await MachineRows.StoreAsync(connection, new MachineState { Machine = machine });
            }

            await connection.ExecuteAsync("ALTER SYSTEM SET log_connections = on");
            await connection.ExecuteAsync("SELECT pg_reload_conf()");
        }

        await CalledOffAsync(server, database);
        var queries = new MachineQueries(database, TimeProvider.System);
        var before = await CalledOffAsync(server, database);
        Assert.Equal(5, (await queries.PageAsync(Query(), None)).Rows.Count);
        Assert.Equal(2, (await queries.PageAsync(Query(("limit", "2")), None)).Rows.Count);
        Assert.Equal(5, (await queries.PageAsync(Query(("Name", "Re(m)")), None)).Rows.Count);
        Assert.Equal(2, await queries.FindEachAsync(["m1"], ["52:54:00:00:00:02"], None).CountAsync());
        Assert.True(MachineFields.Table.TryFind("Name", _ => ParamUse.Known, out var field));
        Assert.Equal(5, (await queries.FacetAsync(Query(), field, None)).Count);
        await new CatalogStore(database, TimeProvider.System).ChangesSinceAsync(0, None);
        Assert.Equal(before, await CalledOffAsync(server, database));
        // Of the same rows one, found by a regular expression: the others are not sent.
        Assert.Single(await queries.ListAsync(Query(("Name", "Re(m)"), ("limit", "1")), None));
        Assert.Equal(before + 1, await CalledOffAsync(server, database));
    }

    /// <summary>Connections that asked for no database so far, which only those that call something off do.</summary>
    private static async Task<int> CalledOffAsync(PostgresServer server, PostgresDatabase database)
    {
        // One more connection: what came before it is in the log when its own line is.
        await using var mark = new Npgsql.NpgsqlConnection(new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Pooling = false,
            ApplicationName = $"mark-{Guid.NewGuid():N}",
        }.ToString());
        await mark.OpenAsync();
        var name = new Npgsql.NpgsqlConnectionStringBuilder(mark.ConnectionString).ApplicationName!;
        var log = "";
        await Wait.UntilAsync(async () => (log = await ReadAsync(server.LogFile)).Contains(name, StringComparison.Ordinal),
            TimeSpan.FromMinutes(1), () => $"the server does not log the connection {name}");
        return Received().Count(log) - Authorized().Count(log);
    }

    private static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static ListQuery Query(params (string Name, string Value)[] words)
        => ListParser.Query(MachineFields.Table, words.ToDictionary(w => w.Name, w => (IReadOnlyList<string>)[w.Value]),
            _ => ParamUse.Known);

    [GeneratedRegex("connection received")]
    private static partial Regex Received();

    [GeneratedRegex("connection authorized")]
    private static partial Regex Authorized();
}
