using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Retention;

/// <summary>
/// Drops what is over the bounds of <see cref="RetentionRules"/>, every hour, in pieces between which other writes go: leases wait for
/// the same database. Of a cluster's silos one does it at a time; were it two, each row would go once all the same.
/// </summary>
public sealed partial class RetentionService(
    IRetentionStore store, IJobLogs logs, IMachineQueries queries, UnapprovedMachines unapproved, ICatalog catalog,
    IDatabaseFaults faults, TimeProvider time, ILogger<RetentionService> logger) : BackgroundService
{
    /// <summary>A start has other things to do first.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    /// <summary>How often.</summary>
    public static readonly TimeSpan Each = TimeSpan.FromHours(1);

    /// <summary>How often it is looked whether jobs' logs have grown so much that they cannot wait for the hour.</summary>
    private static readonly TimeSpan Looks = TimeSpan.FromMinutes(1);

    /// <summary>So much of what is kept of logs may come between two trimmings.</summary>
    private const int GrowthPart = 8;

    private static readonly TimeSpan SilosForgotten = TimeSpan.FromDays(1);

    /// <summary>Up to here nothing is left of strangers: what is kept behind it is not looked at again.</summary>
    private long _strangers;

    /// <summary>Trims once.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="logsOnly">Nothing but logs, which cannot wait.</param>
    /// <returns>False when it was another silo's turn.</returns>
    public async Task<bool> TrimAsync(CancellationToken cancellation, bool logsOnly = false)
    {
        await using var turn = await store.TakeTurnAsync(cancellation);
        if (turn is null) return false;
        foreach (var bound in RetentionRules.Of(catalog.Current.Prefs).Where(b => !logsOnly || b.What == RetentionRules.JobLogs))
        {
            try
            {
                await TrimAsync(bound, cancellation);
            }
            catch (Exception e) when (faults.Of(e) is { } fault)
            {
                // What is the matter with one of them keeps the others from nothing.
                LogNotTrimmed(e, bound.What, fault.Text);
            }
        }

        if (!logsOnly) await store.ForgetAsync(time.GetUtcNow() - SilosForgotten, cancellation);
        return true;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(First, time, stoppingToken);
        using var timer = new PeriodicTimer(Looks, time);
        var (trimmed, size) = (0L, 0L);
        do
        {
            try
            {
                // By a clock that nobody sets: what is old is told by one that somebody may, and the less often the better.
                if (trimmed == 0 || time.GetElapsedTime(trimmed) >= Each - (Looks / 2))
                {
                    var (now, grown) = (time.GetTimestamp(), await logs.GrownAsync(stoppingToken));
                    await TrimAsync(stoppingToken);
                    (trimmed, size) = (now, grown);
                }
                else if (await logs.GrownAsync(stoppingToken) is var grown && grown - size > Growth
                    && await TrimAsync(stoppingToken, logsOnly: true)) size = grown;
            }
            catch (Exception e) when (faults.Of(e) is { } fault)
            {
                LogNotTrimmed(e, "anything", fault.Text);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>So many octets of logs may come between two trimmings.</summary>
    private long Growth => RetentionRules.Of(catalog.Current.Prefs, RetentionRules.JobLogs).Most / GrowthPart;

    private async Task TrimAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var rows = bound.What switch
        {
            RetentionRules.JobLogs => await TrimLogsAsync(bound, cancellation),
            RetentionRules.Jobs => await TrimJobsAsync(bound, cancellation),
            RetentionRules.Unapproved => await TrimUnapprovedAsync(bound, cancellation),
            _ => await TrimRowsAsync(bound, cancellation),
        };
        if (rows == 0) return;
        AnvilDiagnostics.Trimmed.Add(rows, new KeyValuePair<string, object?>("what", bound.What));
        LogTrimmed(rows, bound.What, string.Join(", ", bound.Prefs));
    }

    private async Task<long> TrimRowsAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var (rows, isStrangers) = (0L, bound.What == RetentionRules.Strangers);
        long? next = isStrangers ? _strangers : 0;
        while (next is { } after)
        {
            if (isStrangers) _strangers = after;
            var piece = await store.TrimAsync(bound.What, after, time.GetUtcNow() - bound.Age, bound.Most, cancellation);
            rows += piece.Rows;
            next = piece.Next;
            await Task.Yield();
        }

        // One that writes all day pushes nobody else's lines out.
        return bound.What == RetentionRules.Timeline
            ? rows + await store.TrimSharesAsync(RetentionRules.ShareOf(bound), cancellation) : rows;
    }

    private async Task<long> TrimJobsAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var tooMany = Math.Max(0, await store.CountJobsAsync(cancellation) - bound.Most);
        var rows = 0L;
        for (var at = JobPlace.First; at is not null; await Task.Yield())
        {
            var piece = await store.JobsToTrimAsync(at, time.GetUtcNow() - bound.Age, tooMany, cancellation);
            // One at a time: a row takes its log along, and a thousand logs are much for one transaction.
            foreach (var job in piece.Uuids)
            {
                if (Guid.TryParse(job, out var uuid)) await logs.DeleteAsync(uuid, cancellation);
            }

            await store.DropJobsAsync(piece, cancellation);
            rows += piece.Uuids.Count;
            tooMany = Math.Max(0, tooMany - piece.Uuids.Count);
            if (piece.Uuids.Count > 0)
                await store.CountAsync(new TrimmedTotal(bound.What, piece.Uuids.Count, piece.UpTo), cancellation);
            at = piece.Next;
        }

        return rows;
    }

    private async Task<long> TrimUnapprovedAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var rows = await unapproved.TrimAsync(bound, cancellation);
        if (rows > 0) await store.CountAsync(new TrimmedTotal(bound.What, rows, time.GetUtcNow() - bound.Age), cancellation);
        return rows;
    }

    private async Task<long> TrimLogsAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var (trimmed, upTo) = (0L, DateTimeOffset.UnixEpoch);
        var all = (await logs.ListAsync(cancellation)).ToDictionary(l => l.Job);
        var live = new List<StoredLog>();
        // Which jobs are not over is asked of those alone that would go; what they hold is then not to be had from the others.
        for (var found = -1; found != live.Count;)
        {
            found = live.Count;
            var octets = live.Sum(l => l.Octets);
            foreach (var (log, why) in RetentionRules.LogsToTrim(bound, [.. all.Values], time.GetUtcNow(), logs.Room, octets))
            {
                all.Remove(log.Job);
                if (await IsLiveAsync(log.Job, cancellation)) live.Add(log);
                else await DropAsync(log, why);
            }
        }

        // All that could go is gone: what is still too much, those have.
        foreach (var (log, why) in RetentionRules.LiveLogsToTrim(bound, live, logs.Room)) await DropAsync(log, why);
        if (trimmed > 0) await store.CountAsync(new TrimmedTotal(bound.What, trimmed, upTo), cancellation);
        return trimmed;

        async Task DropAsync(StoredLog log, string why)
        {
            await logs.TrimAsync(
                log.Job, $"[the first {log.Octets} octets of this log were dropped at {time.GetUtcNow():u}: {why}]\n", cancellation);
            trimmed++;
            upTo = log.At > upTo ? log.At : upTo;
        }
    }

    private async Task<bool> IsLiveAsync(Guid uuid, CancellationToken cancellation)
        => await queries.FindJobAsync(uuid.ToString(), cancellation) is { Current: true } job
            && job.State is not (JobState.Finished or JobState.Failed) && await queries.FindAsync(job.Machine, cancellation) is not null;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Rows} of {What} were dropped: over the bounds of {Prefs}")]
    private partial void LogTrimmed(long rows, string what, string prefs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "what is old of {What} could not be dropped, and the next hour goes on: {Fault}")]
    private partial void LogNotTrimmed(Exception exception, string what, string fault);
}
