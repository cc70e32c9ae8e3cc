using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Anvil.Storage.Postgres;
using Dapper;
using Npgsql;

namespace Anvil.Storage.Tests;

/// <summary>Connections that lists and documents take are not those of leases.</summary>
public sealed class PostgresConnectionTests(PostgresFixture postgres)
{
    private const int All = 4;

    [Fact]
    public async Task LeasesAreWrittenWhileEveryOtherConnectionIsTakenAndListsTakeHalf()
    {
        var given = new NpgsqlConnectionStringBuilder(await postgres.Server.CreateDatabaseAsync()) { MaxPoolSize = All, Timeout = 2 };
        await using var database = new PostgresDatabase(given.ToString()) { QueryTime = TimeSpan.FromSeconds(0.3) };
        await database.MigrateAsync(CancellationToken.None);
        Assert.Equal(All / 2, database.ListsAtOnce);
        var leases = new PostgresLeaseStore(database);
        var (epoch, _) = await leases.OpenAsync("s", CancellationToken.None);
        var taken = new List<NpgsqlConnection>();
        try
        {
            while (taken.Count < All) taken.Add(await database.OpenAsync(CancellationToken.None));
            await leases.WriteAsync("s", epoch, [new Lease { Addr = "10.0.0.9", Token = "t" }], CancellationToken.None);
            await leases.OpenAsync("s", CancellationToken.None);
        }
        finally
        {
            foreach (var connection in taken) await connection.DisposeAsync();
        }

        // Lists that hang, as many as may be: one more is refused in time, and whoever writes has a connection.
        await using var locks = await database.OpenAsync(CancellationToken.None);
        await using var transaction = await locks.BeginTransactionAsync();
        await locks.ExecuteAsync("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE", transaction: transaction);
        var query = new ListQuery(CatalogFields.Leases) { Limit = 5 };
        var hanging = Enumerable.Range(0, database.ListsAtOnce).Select(_ => leases.PageAsync(query, CancellationToken.None)).ToList();
        var refused = await Assert.ThrowsAsync<ApiException>(() => leases.PageAsync(query, CancellationToken.None));
        Assert.Equal(503, refused.Error.Code);
        await using (var other = await database.OpenAsync(CancellationToken.None))
            Assert.Equal(1, await other.ExecuteScalarAsync<int>("SELECT 1"));
        await transaction.RollbackAsync();
        foreach (var list in hanging) await list.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal("10.0.0.9", (await leases.PageAsync(query, CancellationToken.None)).Rows.Single().Addr);
    }
}
