using Dapper;
using Npgsql;

namespace Anvil.Storage.Tests;

/// <summary>Two writes that wait for each other: PostgreSQL ends one of them, which is written after the other.</summary>
public sealed class UndoneTests(PostgresFixture postgres)
{
    [Fact]
    public async Task WhatWasUndoneIsWrittenAgain()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.Server.CreateDatabaseAsync());
        await using (var connection = await source.OpenConnectionAsync())
            await connection.ExecuteAsync(
                "CREATE TABLE pair (id int PRIMARY KEY, v int NOT NULL); INSERT INTO pair VALUES (1, 0), (2, 0)");
        var held = new[] { Source(), Source() };
        var attempts = new int[2];
        await Task.WhenAll(Enumerable.Range(0, 2).Select(me => Undone.AgainAsync(async () =>
        {
            attempts[me]++;
            await using var connection = await source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync("UPDATE pair SET v = v + 1 WHERE id = @id", new { id = 1 + me }, transaction);
            // Both have one before either asks for the other's.
            held[me].TrySetResult();
            await held[1 - me].Task;
            await connection.ExecuteAsync("UPDATE pair SET v = v + 1 WHERE id = @id", new { id = 2 - me }, transaction);
            await transaction.CommitAsync();
            return true;
        })));
        // One of them was undone at least once; a server whose processes wake late may undo one again.
        Assert.InRange(attempts.Sum(), 3, 2 * Undone.Attempts);
        await using var read = await source.OpenConnectionAsync();
        Assert.Equal([2, 2], await read.QueryAsync<int>("SELECT v FROM pair ORDER BY id"));
    }

    [Fact]
    public async Task WhatIsUndoneAgainAndAgainIsToldAndWhatFailsOtherwiseIsToldAtOnce()
    {
        var attempts = 0;
        var undone = new PostgresException("deadlock detected", "ERROR", "ERROR", PostgresErrorCodes.DeadlockDetected);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Undone.AgainAsync<bool>(() =>
        {
            attempts++;
            throw new InvalidOperationException("wrapped", undone);
        }));
        Assert.Equal(Undone.Attempts, attempts);
        attempts = 0;
        await Assert.ThrowsAsync<PostgresException>(() => Undone.AgainAsync<bool>(() =>
        {
            attempts++;
            throw new PostgresException("duplicate", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation);
        }));
        Assert.Equal(1, attempts);
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
