using System.Globalization;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Jobs;
using Dapper;

namespace Anvil.Storage;

/// <summary>Finds rows of jobs to drop, the oldest first, by the index of the order in which they are listed, and drops them.</summary>
internal static class JobTrimmer
{
    /// <summary>A job without a time of its own is listed by this one: it is damaged, and nobody knows how old it is.</summary>
    private const string NoTime = "0001-01-01";

    /// <summary>As <see cref="IRetentionStore.JobsToTrimAsync"/>.</summary>
    public static async Task<JobsToTrim> FindAsync(Database database, JobPlace after, DateTimeOffset before, long tooMany,
        CancellationToken cancellation)
    {
        var started = database.Lists.Compared(ListTable.Jobs, JobFields.Table["StartTime"]);
        await using var connection = await database.ConnectAsync(cancellation);
        // A machine that is there has its last job in its own state, too: that stays, and what is damaged counts as that.
        var rows = (await connection.QueryAsync<(string Uuid, string Started, long Stays)>(new CommandDefinition(
            $"""
            SELECT uuid, {started} AS started, CASE WHEN {database.IsFalse("document", "Current")}
                OR NOT EXISTS (SELECT 1 FROM machine AS m WHERE m.uuid = job.machine) THEN 0 ELSE 1 END AS stays
            FROM job WHERE ({started}, uuid) > (@Started, @Uuid) ORDER BY {started}, uuid LIMIT {IRetentionStore.Piece}
            """, new { after.Started, after.Uuid }, cancellationToken: cancellation))).AsList();
        var old = before.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        bool IsOld(string time) => string.CompareOrdinal(time, old) < 0 && !HasNoTime(time);
        var dropped = new List<(string Uuid, string Started)>();
        foreach (var row in rows)
        {
            if (!IsOld(row.Started) && dropped.Count >= tooMany) break;
            if (row.Stays == 0) dropped.Add((row.Uuid, row.Started));
        }

        var goesOn = rows.Count == IRetentionStore.Piece
            && (IsOld(rows[^1].Started) || HasNoTime(rows[^1].Started) || dropped.Count < tooMany);
        return new JobsToTrim([.. dropped.Select(d => d.Uuid)],
            dropped.Count == 0 ? DateTimeOffset.UnixEpoch : TimeOf(dropped[^1].Started),
            goesOn ? new JobPlace(rows[^1].Started, rows[^1].Uuid) : null);
    }

    /// <summary>As <see cref="IRetentionStore.DropJobsAsync"/>.</summary>
    public static async Task DropAsync(Database database, JobsToTrim jobs, CancellationToken cancellation)
    {
        if (jobs.Uuids.Count == 0) return;
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            $"DELETE FROM job WHERE {database.IsAmong("uuid", "@uuids")}", new { uuids = jobs.Uuids.ToArray() },
            cancellationToken: cancellation));
    }

    private static bool HasNoTime(string started) => started.StartsWith(NoTime, StringComparison.Ordinal);

    /// <summary>A damaged row's time is none.</summary>
    private static DateTimeOffset TimeOf(string started)
        => DateTimeOffset.TryParse(started, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : DateTimeOffset.UnixEpoch;
}
