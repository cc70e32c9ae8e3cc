using System.Data.Common;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Storage.Postgres;
using Anvil.Storage.Sqlite;

namespace Anvil.Storage.Tests;

/// <summary>
/// A list of the database and one in memory are the same, whatever is asked for: the property that holds the two together.
/// </summary>
public abstract class ListTests
{
    private const int Machines = 60;
    private const int Lists = 250;
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>An empty database.</summary>
    protected abstract Database Store { get; }

    /// <summary>Its boot records.</summary>
    protected abstract IBootStateStore Boots { get; }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task AListOfTheDatabaseIsTheListInMemory(int seed)
    {
        var random = new Random(seed);
        var lists = new RandomLists(random);
        var machines = Enumerable.Range(0, Machines).Select(lists.Machine).ToList();
        await using (var connection = await Store.ConnectAsync(None))
        {
            foreach (var machine in machines) await MachineRows.StoreAsync(connection, new MachineState { Machine = machine });
        }

        // Half of them have moved on since their documents were written.
        for (var i = 0; i < machines.Count; i += 2)
        {
            var since = lists.Machine(i);
            var record = new BootRecord { Address = since.Address, Boot = since.Boot };
            Assert.Single(await Boots.WriteAsync([new BootWrite(machines[i].Uuid, 1, record, [])], None));
            machines[i] = record.Over(machines[i]);
        }

        var queries = new MachineQueries(Store, TimeProvider.System);
        var memory = new ListEvaluator(TimeProvider.System);
        var (understood, withRows) = (0, 0);
        for (var n = 0; n < Lists; n++)
        {
            var words = lists.Words(machines);
            var said = $"seed {seed}, list {n}: {string.Join("&", words.SelectMany(w => w.Value.Select(v => $"{w.Key}={v}")))}";
            ListQuery query;
            try
            {
                query = ListParser.Query(MachineFields.Table, words, _ => ParamUse.Known);
            }
            catch (ApiException e)
            {
                Assert.Equal(406, e.Error.Code);
                continue;
            }

            understood++;
            for (var pages = 0; pages < 3; pages++)
            {
                var expected = memory.Page(query, machines);
                var page = await Run(() => queries.PageAsync(query, None), said);
                Same(expected.Rows.Select(m => m.Uuid), page.Rows.Select(m => m.Uuid), said);
                Assert.True((expected.Total, expected.Filtered, expected.Next) == (page.Total, page.Filtered, page.Next),
                    $"{said}: {expected.Filtered} {expected.Next}, but {page.Filtered} {page.Next}");
                Same(expected.Rows.Select(m => m.Uuid), (await queries.ListAsync(query, None)).Select(m => m.Uuid), said);
                if (page.Rows.Count > 0) withRows++;
                if (page.Next is null) break;
                query = query with { Offset = 0, After = ListCursor.Read(query, page.Next) };
            }

            if (!MachineFields.Table.TryFind(lists.FieldName(), _ => ParamUse.Known, out var field)) continue;
            var counted = memory.Facet(query, field, machines).Select(f => $"{f.Value} {f.Count}");
            Same(counted, (await Run(() => queries.FacetAsync(query, field, None), said)).Select(f => $"{f.Value} {f.Count}"),
                $"{said}, values of {field.Name}");
        }

        Assert.True(understood > Lists / 3 && withRows > Lists / 4,
            $"{understood} lists of {Lists} were understood, and {withRows} pages had rows: the test says little");
    }

    private static async Task<T> Run<T>(Func<Task<T>> ask, string said)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is DbException or FormatException or InvalidCastException or ArgumentException or ApiException)
        {
            throw new InvalidOperationException($"{said}: {e.Message}", e);
        }
    }

    private static void Same(IEnumerable<string> expected, IEnumerable<string> found, string said)
        => Assert.True(expected.SequenceEqual(found),
            $"{said}\nmemory:   {string.Join(' ', expected)}\ndatabase: {string.Join(' ', found)}");
}

/// <summary>On SQLite.</summary>
public sealed class SqliteListTests : ListTests, IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-lists-");
    private readonly SqliteDatabase _database;

    public SqliteListTests() => _database = new SqliteDatabase(Path.Combine(_folder.FullName, "anvil.db"));

    protected override Database Store => _database;

    protected override IBootStateStore Boots => new SqliteBootStateStore(_database);

    public async ValueTask InitializeAsync() => await _database.MigrateAsync(CancellationToken.None);

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class PostgresListTests(PostgresFixture postgres) : ListTests, IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    protected override Database Store => _database;

    protected override IBootStateStore Boots => new PostgresBootStateStore(_database);

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await postgres.Server.CreateDatabaseAsync());
        await _database.MigrateAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
