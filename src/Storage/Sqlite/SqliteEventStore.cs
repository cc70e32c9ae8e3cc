using System.Globalization;
using Anvil.Contracts.Events;
using Anvil.Provisioning.Jobs;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>Events in SQLite, which has one writer: their numbers are their order.</summary>
public sealed class SqliteEventStore(SqliteDatabase database) : IEventStore
{
    private const string Columns = "id, time, type, action, key, detail, principal";

    /// <inheritdoc/>
    public async Task<EventPlace> EndAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return new EventPlace(0, await connection.ExecuteScalarAsync<long>("SELECT ifnull(max(id), 0) FROM event"));
    }

    /// <inheritdoc/>
    public async Task<EventPlace?> OldestAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long?>("SELECT min(id) FROM event") is { } id ? new EventPlace(0, id) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(
            $"SELECT {Columns} FROM event WHERE id > @id ORDER BY id LIMIT @most", new { id = after.Id, most });
        return [.. rows.Select(r => r.Event())];
    }

    /// <inheritdoc/>
    public async Task<EventsFound> FindAsync(EventSearch search, CancellationToken cancellation)
    {
        var (beyond, within, order) = search.Backwards ? ("<", ">=", "DESC") : (">", "<=", "ASC");
        var from = search.From?.Id ?? (search.Backwards ? long.MaxValue : 0);
        await using var connection = await database.OpenAsync(cancellation);
        var edge = await connection.ExecuteScalarAsync<long?>(
            $"SELECT id FROM event WHERE id {beyond} @from ORDER BY id {order} LIMIT 1 OFFSET @last",
            new { from, last = search.Scan - 1 });
        var where = $"id {beyond} @from"
            + (edge is null ? "" : $" AND id {within} @edge")
            + (search.Types is null ? "" : " AND type IN @Types")
            + (search.Keys is null ? "" : " AND key IN @Keys")
            + (search.Principals is null ? "" : " AND principal IN @Principals")
            // Times are texts with more or fewer digits of a second: what is left of one is told apart below.
            + (search.Since is null ? "" : " AND substr(time, 1, 19) >= @since")
            + (search.Until is null ? "" : " AND substr(time, 1, 19) <= @until");
        var rows = (await connection.QueryAsync<Row>(
            $"SELECT {Columns} FROM event WHERE {where} ORDER BY id {order} LIMIT @Most",
            new
            {
                from,
                edge,
                search.Types,
                search.Keys,
                search.Principals,
                since = Second(search.Since),
                until = Second(search.Until),
                search.Most,
            })).Select(r => r.Event()).ToList();
        return new EventsFound(
            [.. rows.Where(r => (search.Since is not { } since || r.Time >= since) && (search.Until is not { } until || r.Time < until))],
            rows.Count == search.Most ? rows[^1].Place : edge is { } id ? new EventPlace(0, id) : null);
    }

    /// <inheritdoc/>
    public Task AppendAsync(MachineEvent told, CancellationToken cancellation)
        => database.WriteAsync(isForTheWire: false, statements =>
        {
            SqliteEventRows.Tell(statements, [told]);
            return 0;
        }, cancellation);

    private static string? Second(DateTimeOffset? time)
        => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private sealed record Row(long Id, string Time, string Type, string Action, string Key, string Detail, string Principal)
    {
        public StoredEvent Event() => new(new EventPlace(0, Id),
            DateTimeOffset.Parse(Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), Type, Action, Key, Detail)
        { Principal = Principal };
    }
}
