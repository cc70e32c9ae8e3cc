using System.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge.Sightings;

/// <summary>Tells machines' grains what this edge saw of them, after the packet was answered: no answer waits for it.</summary>
public sealed partial class SightingWriter(GrainFinder grains, TimeProvider time, ILogger<SightingWriter> logger) : BackgroundService
{
    /// <summary>Sightings that may wait; over it the oldest are shed, and counted.</summary>
    public const int MostWaiting = 20_000;

    /// <summary>Machines that are told at once.</summary>
    private const int AtOnce = 64;

    /// <summary>
    /// A DISCOVER that has waited longer is not told any more: it would void the tokens of the boot that has gone on since, perhaps by
    /// another edge.
    /// </summary>
    private static readonly TimeSpan DiscoverHolds = TimeSpan.FromSeconds(4);

    /// <summary>A file's render waits so long at most.</summary>
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    /// <summary>The log says of each machine once in so much time: anybody can send packets in its name.</summary>
    private static readonly TimeSpan ToldEach = TimeSpan.FromMinutes(1);
    private const int MostTold = 256;
    private readonly Seldom _told = new(ToldEach, MostTold, time);
    private readonly SightingQueue _queue = new(MostWaiting);

    /// <summary>Notes what was seen of a machine; returns at once.</summary>
    public void Add(string machine, Sighting sighting)
    {
        var seen = new WaitingSighting(machine, sighting, time.GetTimestamp(), Activity.Current?.Context ?? default);
        if (_queue.Add(seen) is not null) Lost("shed");
    }

    /// <summary>Waits until what this edge has seen of a machine up to now was told, ten seconds at most.</summary>
    public async Task SettledAsync(string machine)
    {
        var settled = _queue.SettledAsync(machine);
        if (settled.IsCompleted) return;
        try
        {
            await settled.WaitAsync(SettlePatience, time);
        }
        catch (TimeoutException)
        {
            if (_told.Tells(machine)) LogUnsettled(machine);
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Close();
        var workers = ExecuteTask ?? Task.CompletedTask;
        await workers.WaitAsync(DrainTime, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => TellAllAsync(stoppingToken)));

    private async Task TellAllAsync(CancellationToken cancellation)
    {
        while (await _queue.NextAsync(cancellation) is { } seen)
        {
            try
            {
                if (seen.Sighting.What == SightingKind.Discover && time.GetElapsedTime(seen.At) > DiscoverHolds) Lost("late");
                else await TellAsync(seen);
            }
            catch (Exception e)
            {
                Lost("failed");
                if (_told.Tells(seen.Machine)) LogFailed(e, seen.Machine);
            }
            finally
            {
                _queue.Done(seen);
            }
        }
    }

    private async Task TellAsync(WaitingSighting seen)
    {
        using var activity = AnvilDiagnostics.Source.StartActivity($"sighting {seen.Sighting.What}", ActivityKind.Internal, seen.Packet);
        activity?.SetTag("anvil.machine", seen.Machine);
        var reply = await GrainCalls.AskAsync(
            () => grains.Machine(seen.Machine).Sighted(seen.Sighting));
        // A machine that was deleted meanwhile has nothing to be told of.
        if (reply.Error is { Code: not 404 }) Lost("refused");
    }

    private static void Lost(string reason) => AnvilDiagnostics.SightingsLost.Add(1, new KeyValuePair<string, object?>("reason", reason));

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid} could not be told that it was seen")]
    private partial void LogFailed(Exception exception, string uuid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid} is not told yet that it was seen; its file does not wait")]
    private partial void LogUnsettled(string uuid);
}
