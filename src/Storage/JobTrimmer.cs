using System.Globalization;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Jobs;
using Dapper;

namespace Anvil.Storage;

/// <summary>Drops rows of jobs, the oldest first, by the index of the order in which they are listed.</summary>
internal static class JobTrimmer
{
    /// <summary>As <see cref="IRetentionStore.TrimJobsAsync"/>.</summary>
    public static async Task<TrimmedJobs> TrimAsync(Database database, JobPlace after, DateTimeOffset before, long tooMany,
        CancellationToken cancellation)
    {
        var started = database.Lists.Compared(ListTable.Jobs, JobFields.Table["StartTime"]);
        var isCurrent = database.Lists.Compared(ListTable.Jobs, JobFields.Table["Current"]);
        await using var connection = await database.ConnectAsync(cancellation);
        // A machine that is there has its last job in its own state, too: that stays.
        var rows = (await connection.QueryAsync<(string Uuid, string Started, long Stays)>(new CommandDefinition(
            $"""
            SELECT uuid, {started} AS started, CASE WHEN {isCurrent} = 1 AND EXISTS (SELECT 1 FROM machine AS m WHERE m.uuid = job.machine)
                THEN 1 ELSE 0 END AS stays
            FROM job WHERE ({started}, uuid) > (@Started, @Uuid) ORDER BY {started}, uuid LIMIT {IRetentionStore.Piece}
            """, new { after.Started, after.Uuid }, cancellationToken: cancellation))).AsList();
        var old = before.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        bool IsOld(string time) => string.CompareOrdinal(time, old) < 0;
        var dropped = new List<(string Uuid, string Started)>();
        foreach (var row in rows)
        {
            if (!IsOld(row.Started) && dropped.Count >= tooMany) break;
            if (row.Stays == 0) dropped.Add((row.Uuid, row.Started));
        }

        if (dropped.Count > 0)
        {
            using var turn = await database.WriteTurnAsync(cancellation);
            await connection.ExecuteAsync(new CommandDefinition(
                $"DELETE FROM job WHERE {database.IsAmong("uuid", "@uuids")}", new { uuids = dropped.Select(d => d.Uuid).ToArray() },
                cancellationToken: cancellation));
        }

        var goesOn = rows.Count == IRetentionStore.Piece && (IsOld(rows[^1].Started) || dropped.Count < tooMany);
        return new TrimmedJobs([.. dropped.Select(d => d.Uuid)],
            dropped.Count == 0 ? DateTimeOffset.UnixEpoch : TimeOf(dropped[^1].Started),
            goesOn ? new JobPlace(rows[^1].Started, rows[^1].Uuid) : null);
    }

    /// <summary>A damaged row's time is none.</summary>
    private static DateTimeOffset TimeOf(string started)
        => DateTimeOffset.TryParse(started, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : DateTimeOffset.UnixEpoch;
}
