using System.Globalization;
using Anvil.Contracts.Events;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>Events in SQLite, which has one writer: their numbers are their order.</summary>
public sealed class SqliteEventStore(SqliteDatabase database) : IEventStore
{
    /// <inheritdoc/>
    public async Task<EventPlace> EndAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return new EventPlace(0, await connection.ExecuteScalarAsync<long>("SELECT ifnull(max(id), 0) FROM event"));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<(long Id, string Time, string Type, string Action, string Key, string Detail,
            string Principal)>(
            "SELECT id, time, type, action, key, detail, principal FROM event WHERE id > @id ORDER BY id LIMIT @most",
            new { id = after.Id, most });
        return [.. rows.Select(
            r => new StoredEvent(new EventPlace(0, r.Id),
                DateTimeOffset.Parse(r.Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), r.Type, r.Action, r.Key,
                r.Detail) { Principal = r.Principal })];
    }
}
