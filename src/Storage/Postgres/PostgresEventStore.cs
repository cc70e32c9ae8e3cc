using Anvil.Contracts.Events;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>Events in PostgreSQL, in the order of the transactions that wrote them, as far as all of those have ended.</summary>
public sealed class PostgresEventStore(PostgresDatabase database) : IEventStore
{
    /// <inheritdoc/>
    public async Task<EventPlace> EndAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var horizon = await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", cancellationToken: cancellation));
        return new EventPlace(horizon - 1, long.MaxValue);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<(long Transaction, long Id, DateTime Time, string Type, string Action, string Key,
            string Detail, string Principal)>(new CommandDefinition(
            """
            SELECT transaction, id, time, type, action, key, detail, principal FROM event
            WHERE (transaction, id) > (@Transaction, @Id) AND transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            ORDER BY transaction, id LIMIT @most
            """, new { after.Transaction, after.Id, most }, cancellationToken: cancellation));
        return [.. rows.Select(
            r => new StoredEvent(new EventPlace(r.Transaction, r.Id), new DateTimeOffset(r.Time), r.Type, r.Action, r.Key,
                r.Detail) { Principal = r.Principal })];
    }
}
