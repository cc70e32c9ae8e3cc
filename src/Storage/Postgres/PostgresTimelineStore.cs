using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Machines;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Anvil.Storage.Postgres;

/// <summary>Timelines in PostgreSQL; a batch is one COPY.</summary>
public sealed class PostgresTimelineStore(PostgresDatabase database) : ITimelineStore
{
    /// <inheritdoc/>
    public async Task AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var copy =
            await connection.BeginBinaryImportAsync(
                "COPY timeline (time, machine, mac, source, what, outcome, detail) FROM STDIN (FORMAT BINARY)", cancellation);
        foreach (var entry in entries)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(entry.Time.UtcDateTime, NpgsqlDbType.TimestampTz, cancellation);
            foreach (var text in new[] { entry.Machine, entry.Mac, entry.Source, entry.What, entry.Outcome, entry.Detail })
                await copy.WriteAsync(text, NpgsqlDbType.Text, cancellation);
        }

        await copy.CompleteAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineEntry>> ReadAsync(string machine, IReadOnlyCollection<string> macs, int most,
        CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            """
            SELECT time, machine, mac, source, what, outcome, detail FROM timeline WHERE id IN (
                (SELECT id FROM timeline WHERE machine = @machine AND machine <> '' ORDER BY id DESC LIMIT @most) UNION
                (SELECT id FROM timeline WHERE mac = ANY(@macs) AND mac <> '' ORDER BY id DESC LIMIT @most)
                ORDER BY id DESC LIMIT @most) ORDER BY time, id
            """, new { machine, macs = macs.ToArray(), most }, cancellationToken: cancellation));
        return [.. rows.Select(
            r => new TimelineEntry(new DateTimeOffset(r.Time), r.Machine, r.Mac, r.Source, r.What, r.Outcome, r.Detail))];
    }

    private sealed record Row(DateTime Time, string Machine, string Mac, string Source, string What, string Outcome, string Detail);
}
