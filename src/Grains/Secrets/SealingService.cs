using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Secrets;

/// <summary>
/// Seals what was stored in clear before its param became secure: after a start, whenever a param becomes secure, and once in a while,
/// for silos of a version that did not seal may have written meanwhile. The objects' own grains write, so that several silos may do it at
/// once: what is sealed already is left as it is. It goes in small pieces, between which other writes go.
/// </summary>
public sealed partial class SealingService(
    IClearValues values, GrainFinder grains, ICatalog catalog, TimeProvider time, ILogger<SealingService> logger)
    : BackgroundService
{
    /// <summary>How often it is looked whether a param has become secure.</summary>
    public static readonly TimeSpan Looks = TimeSpan.FromSeconds(1);

    /// <summary>After how long it is tried again, while anything is left: twice as long each time, and at most an hour.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>After how long it is done again, though nothing was left.</summary>
    public static readonly TimeSpan Each = TimeSpan.FromHours(1);

    private const int MostAtOnce = 500;

    private readonly ClearTally _tally = new();

    /// <summary>
    /// Objects that are known to hold a secure value in clear, one at least until a pass has ended with nothing left; 0 for none.
    /// </summary>
    public int Left => _tally.Left;

    /// <summary>Seals once what there is.</summary>
    /// <returns>True when nothing is left, and nothing was found: a write that was under way while it ran would be.</returns>
    public async Task<bool> SealAsync(CancellationToken cancellation)
    {
        var sealedNow = 0;
        var reason = "";
        _tally.Begin(catalog.Current.Secure().Count > 0);
        if (SecureValues.InClear(catalog.Current).Any())
        {
            var before = 0L;
            while (true)
            {
                var answer = await GrainCalls.ActAsync(() => grains.Catalog.Seal());
                if (answer.Error is { Code: not 404 } error)
                {
                    _tally.Failed(SecureValues.InClear(catalog.Current).Count());
                    reason = error.Messages[0];
                }

                if (answer.Error is not null || answer.Revision == before) break;
                before = answer.Revision;
                sealedNow++;
            }

            if (before > 0) await catalog.AtLeastAsync(before, cancellation);
        }

        var secure = catalog.Current.Secure();
        for (var after = ""; secure.Count > 0;)
        {
            var (found, last) = await values.MachinesAsync(secure, after, MostAtOnce, cancellation);
            _tally.Found(found.Count);
            foreach (var uuid in found)
            {
                var reply = await GrainCalls.ActAsync(() => grains.Machine(uuid).Seal());
                sealedNow++;
                if (reply.Error is not { Code: not 404 } error) continue;
                _tally.Failed();
                reason = error.Messages[0];
            }

            if (last.Length == 0) break;
            after = last;
        }

        var failed = _tally.End();
        if (failed > 0) LogLeft(failed, reason);
        else if (sealedNow > 0) LogSealed(sealedNow);
        return failed == 0 && sealedNow == 0;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Looks, time);
        IReadOnlyList<string> secure = [];
        var (revision, next) = (0L, 0L);
        var pause = Each;
        var hasFailed = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var snapshot = catalog.Current;
                // Before the store was read nothing of it is known.
                if (snapshot.Revision == 0) continue;
                if (snapshot.Revision != revision)
                {
                    var now = snapshot.Secure();
                    if (now.Except(secure, StringComparer.Ordinal).Any())
                    {
                        (pause, next) = (Retry, 0);
                        _tally.Doubt();
                    }

                    (secure, revision) = (now, snapshot.Revision);
                }

                if (next != 0 && time.GetElapsedTime(next) < pause) continue;
                pause = await SealAsync(stoppingToken) ? Each : Longer(pause);
                hasFailed = false;
                next = time.GetTimestamp();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is, also that a silo of the version before knows no such call: it is tried again.
                (pause, next) = (Longer(pause), time.GetTimestamp());
                // How many there are is not known: one at least may be.
                _tally.Doubt();
                if (!hasFailed) LogFailed(e);
                hasFailed = true;
            }
        }
    }

    private static TimeSpan Longer(TimeSpan pause)
        => pause >= Each ? Retry : TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, Each.Ticks - 1));

    [LoggerMessage(Level = LogLevel.Information, Message = "secure params that were stored in clear were sealed in {Count} writes")]
    private partial void LogSealed(int count);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} objects still hold secure params in clear, and are tried again soon: {Reason}")]
    private partial void LogLeft(int count, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "secure params that are stored in clear could not be sealed, and are tried again soon")]
    private partial void LogFailed(Exception exception);
}
