using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Machines;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>Timelines in SQLite.</summary>
public sealed class SqliteTimelineStore(SqliteDatabase database) : ITimelineStore
{
    /// <inheritdoc/>
    public async Task AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellation)
    {
        await database.WriteAsync(isForTheWire: false, statements =>
        {
            foreach (var e in entries)
            {
                statements.Execute(
                    """
                    INSERT INTO timeline (time, machine, mac, source, what, outcome, detail)
                    VALUES ($time, $machine, $mac, $source, $what, $outcome, $detail)
                    """, ("$time", e.Time.ToUnixTimeMilliseconds()), ("$machine", e.Machine), ("$mac", e.Mac), ("$source", e.Source),
                    ("$what", e.What), ("$outcome", e.Outcome), ("$detail", e.Detail));
            }

            return entries.Count;
        }, cancellation);
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

    private sealed record Row(long Time, string Machine, string Mac, string Source, string What, string Outcome, string Detail);
}
