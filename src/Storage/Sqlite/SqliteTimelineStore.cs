using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Machines;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>Timelines in SQLite.</summary>
public sealed class SqliteTimelineStore(SqliteDatabase database) : ITimelineStore
{
    /// <summary>Lines that are dropped in one transaction.</summary>
    private const int Piece = 5000;

    /// <inheritdoc/>
    public async Task AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync(
            "INSERT INTO timeline (time, machine, mac, source, what, outcome, detail) VALUES (@Time, @Machine, @Mac, @Source, @What, "
                + "@Outcome, @Detail)",
            entries.Select(e => new { Time = e.Time.ToUnixTimeMilliseconds(), e.Machine, e.Mac, e.Source, e.What, e.Outcome, e.Detail }),
            transaction);
        await transaction.CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineEntry>> ReadAsync(string machine, IReadOnlyCollection<string> macs, int most,
        CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(
            """
            SELECT time, machine, mac, source, what, outcome, detail FROM timeline WHERE id IN (
                SELECT id FROM timeline WHERE machine = @machine AND machine <> ''
                UNION SELECT id FROM timeline WHERE mac IN @macs AND mac <> ''
                ORDER BY id DESC LIMIT @most) ORDER BY time, id
            """, new { machine, macs, most });
        return [.. rows.Select(
            r => new TimelineEntry(DateTimeOffset.FromUnixTimeMilliseconds(r.Time), r.Machine, r.Mac, r.Source, r.What, r.Outcome,
                r.Detail))];
    }

    /// <inheritdoc/>
    public async Task<int> TrimAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        await connection.ExecuteAsync("DELETE FROM event WHERE time < @text; DELETE FROM lease_history WHERE ended < @milliseconds",
            new
            {
                text = before.UtcDateTime.ToString("s", System.Globalization.CultureInfo.InvariantCulture),
                milliseconds = before.ToUnixTimeMilliseconds()
            });
        return await connection.ExecuteAsync("DELETE FROM timeline WHERE time < @before",
            new { before = before.ToUnixTimeMilliseconds() });
    }

    /// <inheritdoc/>
    public async Task<int> TrimStrangersAsync(DateTimeOffset from, DateTimeOffset before, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteAsync("DELETE FROM timeline WHERE time >= @from AND time < @before AND machine = ''",
            new { from = from.ToUnixTimeMilliseconds(), before = before.ToUnixTimeMilliseconds() });
    }

    /// <inheritdoc/>
    public async Task<int> TrimToAsync(long most, CancellationToken cancellation)
    {
        var dropped = 0;
        while (true)
        {
            // In pieces: leases wait for the same turn.
            using var turn = await database.WriteTurnAsync(cancellation);
            await using var connection = await database.OpenAsync(cancellation);
            var piece = await connection.ExecuteAsync(
                """
                DELETE FROM timeline WHERE id IN (
                    SELECT id FROM timeline WHERE id <= (SELECT max(id) FROM timeline) - @most ORDER BY id LIMIT @Piece)
                """, new { most, Piece });
            dropped += piece;
            if (piece < Piece) return dropped;
        }
    }

    private sealed record Row(long Time, string Machine, string Mac, string Source, string What, string Outcome, string Detail);
}
