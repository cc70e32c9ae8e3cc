using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Catalog;
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
    private const int Documents = 60;
    private const int Lists = 250;
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>An empty database.</summary>
    protected abstract Database Store { get; }

    /// <summary>Its boot records.</summary>
    protected abstract IBootStateStore Boots { get; }

    /// <summary>Its leases.</summary>
    protected abstract ILeaseStore Leases { get; }

    /// <summary>Each kind that is rows of a table, with a seed.</summary>
    public static TheoryData<string, int> Kinds
    {
        get
        {
            var all = new TheoryData<string, int>();
            foreach (var kind in new[] { "machines", "jobs", "leases", "reservations" })
            {
                for (var seed = 1; seed <= 3; seed++) all.Add(kind, seed);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task AListOfTheDatabaseIsTheListInMemory(string kind, int seed) => CompareAsync(kind, seed, n => n < Lists);

    /// <summary>The same, by the seed of the clock, for ANVIL_FUZZ_MINUTES (10) a kind.</summary>
    [Theory(Explicit = true)]
    [InlineData("machines")]
    [InlineData("jobs")]
    [InlineData("leases")]
    [InlineData("reservations")]
    public async Task SoItIsWithoutEnd(string kind)
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("ANVIL_FUZZ_MINUTES"), CultureInfo.InvariantCulture, out var set)
            ? set : 10;
        var clock = Stopwatch.StartNew();
        await CompareAsync(kind, Environment.TickCount, _ => clock.Elapsed.TotalMinutes < minutes);
    }

    private Task CompareAsync(string kind, int seed, Func<int, bool> goOn) => kind switch
    {
        "machines" => MachinesAsync(seed, goOn),
        "jobs" => JobsAsync(seed, goOn),
        "leases" => LeasesAsync(seed, goOn),
        _ => ReservationsAsync(seed, goOn),
    };

    private async Task MachinesAsync(int seed, Func<int, bool> goOn)
    {
        var lists = new RandomLists(new Random(seed), MachineFields.Table);
        var machines = Enumerable.Range(0, Documents).Select(lists.Machine).ToList();
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
        await CompareAsync(seed, goOn, lists, MachineFields.Table, machines, q => queries.PageAsync(q, None), async q =>
            {
                var list = await queries.ListAsync(q, None);
                Same(list.Select(m => m.Uuid), await queries.UuidsAsync(q, None), $"seed {seed}, uuids alone");
                return list;
            }, (q, f) => queries.FacetAsync(q, f, None));
    }

    private async Task JobsAsync(int seed, Func<int, bool> goOn)
    {
        var lists = new RandomLists(new Random(seed), JobFields.Table);
        var jobs = Enumerable.Range(0, Documents).Select(lists.Job).ToList();
        await using (var connection = await Store.ConnectAsync(None))
        {
            var machine = new Machine { Uuid = MachineRows.Id(1), Name = "m" };
            await MachineRows.StoreAsync(connection, new MachineState { Machine = machine, ChangedJobs = jobs });
        }

        var queries = new MachineQueries(Store, TimeProvider.System);
        await CompareAsync(seed, goOn, lists, JobFields.Table, jobs, q => queries.PageJobsAsync(q, None), null,
            (q, f) => queries.FacetJobsAsync(q, f, None));
    }

    private async Task LeasesAsync(int seed, Func<int, bool> goOn)
    {
        var lists = new RandomLists(new Random(seed), CatalogFields.Leases);
        var leases = Enumerable.Range(0, Documents).Select(lists.Lease).ToList();
        for (var i = 0; i < 2; i++)
        {
            var (epoch, _) = await Leases.OpenAsync($"net{i}", None);
            await Leases.WriteAsync($"net{i}", epoch, [.. leases.Where((_, n) => n % 2 == i)], None);
        }

        await CompareAsync(seed, goOn, lists, CatalogFields.Leases, leases, q => Leases.PageAsync(q, None));
    }

    private async Task ReservationsAsync(int seed, Func<int, bool> goOn)
    {
        var table = CatalogRules.Kinds["reservations"].Fields;
        var lists = new RandomLists(new Random(seed), table);
        var reservations = Enumerable.Range(0, Documents).Select(lists.Reservation).ToList();
        var catalog = new CatalogStore(Store, TimeProvider.System);
        Assert.NotNull(await catalog.WriteAsync(await catalog.RevisionAsync(None),
            [.. reservations.Select(r => new CatalogChange(r.Prefix, r.Key, r) { IsNew = true })], "", None));
        var store = new ReservationStore(Store, TimeProvider.System);
        await CompareAsync(seed, goOn, lists, table, reservations, q => store.PageAsync(q, None));
    }

    private static async Task CompareAsync<T>(int seed, Func<int, bool> goOn, RandomLists lists, FieldTable table,
        IReadOnlyList<T> documents, Func<ListQuery, Task<ListPage<T>>> pageAsync,
        Func<ListQuery, Task<IReadOnlyList<T>>>? listAsync = null,
        Func<ListQuery, Field, Task<IReadOnlyList<FacetCount>>>? facetAsync = null)
        where T : Document
    {
        var memory = new ListEvaluator(TimeProvider.System);
        var (asked, understood, withRows) = (0, 0, 0);
        for (; goOn(asked); asked++)
        {
            var words = lists.Words(documents);
            var said = $"{table.Model}, seed {seed}, list {asked}: "
                + string.Join("&", words.SelectMany(w => w.Value.Select(v => $"{w.Key}={v}")));
            ListQuery query;
            try
            {
                query = ListParser.Query(table, words, _ => ParamUse.Known);
            }
            catch (ApiException e)
            {
                Assert.Equal(406, e.Error.Code);
                continue;
            }

            understood++;
            for (var pages = 0; pages < 3; pages++)
            {
                var expected = memory.Page(query, documents);
                var page = await Run(() => pageAsync(query), said);
                Same(expected.Rows.Select(d => d.Key), page.Rows.Select(d => d.Key), said);
                Assert.True((expected.Total, expected.Filtered, expected.Next) == (page.Total, page.Filtered, page.Next),
                    $"{said}: {expected.Filtered} {expected.Next}, but {page.Filtered} {page.Next}");
                if (listAsync is not null) Same(expected.Rows.Select(d => d.Key), (await listAsync(query)).Select(d => d.Key), said);
                if (page.Rows.Count > 0) withRows++;
                if (page.Next is null) break;
                query = query with { Offset = 0, After = ListCursor.Read(query, page.Next) };
            }

            if (facetAsync is null || !table.TryFind(lists.FieldName(), _ => ParamUse.Known, out var field)) continue;
            var counted = memory.Facet(query, field, documents).Select(f => $"{f.Value} {f.Count}");
            Same(counted, (await Run(() => facetAsync(query, field), said)).Select(f => $"{f.Value} {f.Count}"),
                $"{said}, values of {field.Name}");
        }

        Assert.True(understood > asked / 3 && withRows > asked / 4,
            $"{understood} lists of {asked} were understood, and {withRows} pages had rows: the test says little");
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

    protected override ILeaseStore Leases => new SqliteLeaseStore(_database);

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

    protected override ILeaseStore Leases => new PostgresLeaseStore(_database);

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await postgres.Server.CreateDatabaseAsync());
        await _database.MigrateAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
