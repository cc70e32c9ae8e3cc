using Anvil.Contracts.Events;
using Anvil.Provisioning.Jobs;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>Events in PostgreSQL, in the order of the transactions that wrote them, as far as all of those have ended.</summary>
public sealed class PostgresEventStore(PostgresDatabase database) : IEventStore
{
    private const string Columns = "transaction, id, time, type, action, key, detail, principal";
    private const string Ended = "transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

    /// <inheritdoc/>
    public async Task<EventPlace> EndAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var horizon = await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", cancellationToken: cancellation));
        return new EventPlace(horizon - 1, long.MaxValue);
    }

    /// <inheritdoc/>
    public async Task<EventPlace?> OldestAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<(long Transaction, long Id)>(new CommandDefinition(
            "SELECT transaction, id FROM event ORDER BY transaction, id LIMIT 1", cancellationToken: cancellation));
        return rows.Select(r => (EventPlace?)new EventPlace(r.Transaction, r.Id)).SingleOrDefault();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            $"""
            SELECT {Columns} FROM event WHERE (transaction, id) > (@Transaction, @Id) AND {Ended}
            ORDER BY transaction, id LIMIT @most
            """, new { after.Transaction, after.Id, most }, cancellationToken: cancellation));
        return [.. rows.Select(r => r.Event())];
    }

    /// <inheritdoc/>
    public async Task<EventsFound> FindAsync(EventSearch search, CancellationToken cancellation)
    {
        var (beyond, within, order) = search.Backwards ? ("<", ">=", "DESC") : (">", "<=", "ASC");
        var from = search.From ?? (search.Backwards ? new EventPlace(long.MaxValue, long.MaxValue) : EventPlace.Start);
        await using var connection = await database.OpenAsync(cancellation);
        var edges = await connection.QueryAsync<(long Transaction, long Id)>(new CommandDefinition(
            $"""
            SELECT transaction, id FROM event WHERE (transaction, id) {beyond} (@Transaction, @Id) AND {Ended}
            ORDER BY transaction {order}, id {order} LIMIT 1 OFFSET @last
            """, new { from.Transaction, from.Id, last = search.Scan - 1 }, cancellationToken: cancellation));
        var edge = edges.Select(e => (EventPlace?)new EventPlace(e.Transaction, e.Id)).SingleOrDefault();
        var where = $"(transaction, id) {beyond} (@Transaction, @Id) AND {Ended}"
            + (edge is null ? "" : $" AND (transaction, id) {within} (@edgeTransaction, @edgeId)")
            + (search.Types is null ? "" : " AND type = ANY(@types)")
            + (search.Keys is null ? "" : " AND key = ANY(@keys)")
            + (search.Principals is null ? "" : " AND principal = ANY(@principals)")
            + (search.Since is null ? "" : " AND time >= @since")
            + (search.Until is null ? "" : " AND time < @until");
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            $"SELECT {Columns} FROM event WHERE {where} ORDER BY transaction {order}, id {order} LIMIT @Most",
            new
            {
                from.Transaction,
                from.Id,
                edgeTransaction = edge?.Transaction,
                edgeId = edge?.Id,
                types = search.Types?.ToArray(),
                keys = search.Keys?.ToArray(),
                principals = search.Principals?.ToArray(),
                since = search.Since?.UtcDateTime,
                until = search.Until?.UtcDateTime,
                search.Most,
            }, cancellationToken: cancellation))).Select(r => r.Event()).ToList();
        return new EventsFound(rows, rows.Count == search.Most ? rows[^1].Place : edge);
    }

    /// <inheritdoc/>
    public async Task AppendAsync(MachineEvent told, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO event (time, type, action, key, detail, principal) VALUES (@time, @Type, @Action, @Key, @Detail, @Principal)",
            new { time = told.Time.UtcDateTime, told.Type, told.Action, told.Key, told.Detail, told.Principal },
            cancellationToken: cancellation));
    }

    private sealed record Row(long Transaction, long Id, DateTime Time, string Type, string Action, string Key, string Detail,
        string Principal)
    {
        public StoredEvent Event()
            => new(new EventPlace(Transaction, Id), new DateTimeOffset(Time), Type, Action, Key, Detail) { Principal = Principal };
    }
}
