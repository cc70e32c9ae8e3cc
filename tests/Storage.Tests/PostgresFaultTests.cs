using Anvil.Contracts;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Storage.Postgres;
using Dapper;
using Npgsql;

namespace Anvil.Storage.Tests;

/// <summary>What a real server refuses, and why, is named.</summary>
public sealed class PostgresFaultTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task AReadOnlyServerAndLockedTablesAreNamed()
    {
        await using var database = await OpenAsync();
        Assert.Null(await database.ProbeAsync("s", Patience, None));
        await using (var other = await database.OpenAsync(None))
        {
            await using var transaction = await other.BeginTransactionAsync();
            await other.ExecuteAsync("LOCK TABLE machine IN EXCLUSIVE MODE", transaction: transaction);
            DatabaseFault? locked = null;
            await Wait.UntilAsync(async () => (locked = await database.ProbeAsync("s", Patience, None)) is not null,
                TimeSpan.FromSeconds(30), () => "the lock is not told");
            Assert.Equal(DatabaseFaultKind.Locked, locked!.Kind);
            Assert.Contains("machine (for ", locked.Text, StringComparison.Ordinal);
            await other.ExecuteAsync("LOCK TABLE health IN EXCLUSIVE MODE", transaction: transaction);
            Assert.Equal(DatabaseFaultKind.Locked, (await database.ProbeAsync("s", Patience, None))?.Kind);
        }

        Assert.Null(await database.ProbeAsync("s", Patience, None));
        await using (var other = await database.OpenAsync(None))
            await other.ExecuteAsync($"ALTER DATABASE {other.Database} SET default_transaction_read_only = on");
        NpgsqlConnection.ClearAllPools();
        await using var readOnly = new PostgresDatabase(database.ConnectionString);
        var fault = await readOnly.ProbeAsync("s", Patience, None);
        Assert.Equal((DatabaseFaultKind.ReadOnly, "the database is read-only: it is a standby, or default_transaction_read_only is on"),
            (fault?.Kind, fault?.Text));
        Assert.Equal(fault, readOnly.Seen?.Fault);
    }

    [Fact]
    public async Task AListThatTakesTooLongIsToldFromAServerThatIsAway()
    {
        await using var database = await OpenAsync(TimeSpan.FromSeconds(1));
        var queries = new MachineQueries(database, TimeProvider.System);
        var query = new ListQuery(MachineFields.Table);
        await using (var other = await database.OpenAsync(None))
        {
            await using var transaction = await other.BeginTransactionAsync();
            await other.ExecuteAsync("LOCK TABLE machine IN ACCESS EXCLUSIVE MODE", transaction: transaction);
            var refused = await Assert.ThrowsAsync<ApiException>(() => queries.PageAsync(query, None));
            Assert.Equal(406, refused.Error.Code);
            Assert.Contains("took longer than 1 s: narrow it", refused.Error.Messages[0], StringComparison.Ordinal);
        }

        await using var nowhere = new PostgresDatabase("Host=/nowhere;Username=anvil;Database=none");
        var away = await Assert.ThrowsAnyAsync<Exception>(
            () => new MachineQueries(nowhere, TimeProvider.System).PageAsync(query, None));
        Assert.Equal(DatabaseFault.Away, StorageFaults.Of(away));
    }

    [Fact]
    public async Task StatementsThatFailAreToldApart()
    {
        await using var database = await OpenAsync();
        async Task<DatabaseFault?> FailAsync(string sql)
        {
            await using var connection = await database.OpenAsync(None);
            return StorageFaults.Of(await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.ExecuteAsync(sql)));
        }

        var slow = await FailAsync("SET statement_timeout = 100; SELECT pg_sleep(60)");
        Assert.Equal((DatabaseFaultKind.Slow, "the database took longer over a statement than it may"), (slow?.Kind, slow?.Text));
        var rule = await FailAsync("INSERT INTO catalog_revision (one, revision) VALUES (1, 1)");
        Assert.Equal((409, "the database refuses it: the rule catalog_revision_pkey is broken"), (rule?.Status, rule?.Text));
        Assert.Equal((500, "the database does not take a statement (SQLSTATE 42703); see the server's log"),
            await FailAsync("SELECT nothing") is { } program ? (program.Status, program.Text) : default);
        await using (var connection = await database.OpenAsync(None))
            await connection.ExecuteAsync($"CREATE ROLE few_{connection.Database} LOGIN CONNECTION LIMIT 1");
        var few = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        few.Username = $"few_{few.Database}";
        few.Pooling = false;
        await using var first = new NpgsqlConnection(few.ToString());
        await first.OpenAsync();
        await using var second = new NpgsqlConnection(few.ToString());
        var crowded = StorageFaults.Of(await Assert.ThrowsAnyAsync<NpgsqlException>(() => second.OpenAsync()));
        Assert.Equal(DatabaseFaultKind.Crowded, crowded?.Kind);
        Assert.Contains("takes no more connections", crowded!.Text, StringComparison.Ordinal);
        var denied = StorageFaults.Of(await Assert.ThrowsAnyAsync<NpgsqlException>(() => first.ExecuteAsync("SELECT 1 FROM machine")));
        Assert.Equal(DatabaseFaultKind.Denied, denied?.Kind);
    }

    [Fact]
    public async Task AFullDiskIsNamed()
    {
        await using var database = await OpenAsync();
        await using var connection = await database.OpenAsync(None);
        var disk = Directory.CreateTempSubdirectory("anvil-small-");
        Commands.Run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", disk.FullName);
        try
        {
            var space = Path.Combine(disk.FullName, "space");
            Directory.CreateDirectory(space);
            Commands.Run("chown", "postgres:postgres", space);
            var name = $"small_{connection.Database}";
            await connection.ExecuteAsync($"CREATE TABLESPACE {name} LOCATION '{space}'");
            await connection.ExecuteAsync($"CREATE TABLE filled (text text) TABLESPACE {name}");
            var full = await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.ExecuteAsync(
                "INSERT INTO filled SELECT md5(n::text) || md5((n + 1)::text) FROM generate_series(1, 100000) AS n"));
            Assert.Equal((DatabaseFaultKind.Full, "the database's disk is full: nothing can be written until there is room"),
                database.Of(full) is { } fault ? (fault.Kind, fault.Text) : default);
            await connection.ExecuteAsync("DROP TABLE filled");
            await connection.ExecuteAsync($"DROP TABLESPACE {name}");
        }
        finally
        {
            Commands.Run("umount", "-l", disk.FullName);
            disk.Delete();
        }
    }

    [Fact]
    public void WhatWasTheMatterReachesASiloThatDoesNotKnowTheException()
    {
        var told = new DatabaseFault(DatabaseFaultKind.Full, "the disk is full").On(new InvalidOperationException("x"));
        Assert.Equal(new DatabaseFault(DatabaseFaultKind.Full, "the disk is full"),
            StorageFaults.Of(new InvalidOperationException("around", told)));
    }

    private async Task<PostgresDatabase> OpenAsync(TimeSpan? time = null)
    {
        var database = new PostgresDatabase(await postgres.Server.CreateDatabaseAsync())
        { QueryTime = time ?? TimeSpan.FromSeconds(10) };
        await database.MigrateAsync(None);
        return database;
    }
}
