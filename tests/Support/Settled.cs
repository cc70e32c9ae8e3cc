using Npgsql;

namespace Anvil.Support;

/// <summary>
/// Waits for what events in PostgreSQL wait for: that each transaction of the server that began before has ended. Transactions of other
/// databases count as well, and tests share a server.
/// </summary>
public static class Settled
{
    /// <summary>Waits until what was written before can be read as events, and does not come after the log's end any more.</summary>
    /// <param name="connectionString">The database's.</param>
    /// <exception cref="SetupException">An earlier transaction still ran after two minutes.</exception>
    public static async Task WaitAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var begin = new NpgsqlCommand("SELECT pg_current_xact_id()::text::bigint", connection);
        var mine = (long)(await begin.ExecuteScalarAsync())!;
        await using var ended = new NpgsqlCommand("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > @mine", connection);
        ended.Parameters.AddWithValue("mine", mine);
        await Wait.UntilAsync(async () => (bool)(await ended.ExecuteScalarAsync())!,
            TimeSpan.FromMinutes(2), () => $"a transaction before {mine} still runs");
    }
}
