using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge.Machines;

/// <summary>
/// Which machine has a MAC address, and what it boots: in memory, for all machines of the site. Whoever changes a machine tells this edge
/// before the change is answered (<see cref="IMachineDirectory"/>); four times a second the site's events tell what was missed. When they
/// do not come, this edge knows that its view may be old, and asks the machine's grain for each packet; where that does not answer either,
/// the memory does.
/// </summary>
public sealed partial class KnownMachines(IMachineFeed feed, GrainFinder grains, TimeProvider time, ILogger<KnownMachines> logger)
    : BackgroundService, IMachineWatcher
{
    /// <summary>Machines, and events, that are read at once.</summary>
    private const int MostAtOnce = 2000;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>A read that takes longer is given up: its answer would be old.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(10);

    /// <summary>A packet waits so long for a machine's grain, and for the database: its client asks again after four seconds.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(1);

    /// <summary>How long nobody asks the database again after a failure: a packet shall not wait for a connection that will
    /// fail.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>At first others may not know yet that this edge is to be told.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>After so long without the database all machines are read again: events are not kept for ever.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromHours(1);

    private readonly MachineTable _table = new(time);
    private readonly long _made = time.GetTimestamp();

    /// <summary>Timestamp of the last read that was complete, as of its begin; 0 before the first.</summary>
    private long _asOf;
    private long _pausedAt;
    private bool _isAway;
    private EventPlace _place;

    /// <summary>True when the view may be older than <see cref="IMachineDirectory.OldestView"/>.</summary>
    public bool IsBehind => Interlocked.Read(ref _asOf) is var asOf
        && (asOf == 0 || time.GetElapsedTime(asOf) > IMachineDirectory.OldestView || time.GetElapsedTime(_made) < Settling);

    /// <summary>Number of MAC addresses that are known.</summary>
    public int Count => _table.Count;

    /// <summary>
    /// The machine with a MAC address; null when there is none, or when none is known while the database is away. At once, unless the view
    /// may be old.
    /// </summary>
    public ValueTask<KnownMachine?> FindAsync(string mac, CancellationToken cancellation)
    {
        AnvilDiagnostics.Step()?.Dispose();
        // In this order: what was taken in before the view was found to be new is seen.
        var isBehind = IsBehind;
        var held = _table.Find(mac);
        return isBehind || held.Count > 1 ? new(AskAsync(mac, held, cancellation)) : new(held.Count == 0 ? null : held[0]);
    }

    /// <summary>True when a machine with this MAC address is in memory that waits for no approval; asks nobody.</summary>
    public bool Knows(string mac) => _table.Knows(mac);

    /// <summary>A machine's whole document, from its grain; null when there is no machine any more.</summary>
    public async Task<Machine?> ReadAsync(string uuid) => (await GrainCalls.AskAsync(() => Grain(uuid).Read())).Machine;

    /// <inheritdoc/>
    public void Changed(MachineNews change) => _table.Put(change);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await ReadAsync(stoppingToken);
                if (_isAway) LogBack();
                _isAway = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: packets go on, and ask the grains.
                if (!_isAway) LogAway(e);
                _isAway = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var asOf = Interlocked.Read(ref _asOf);
        if (asOf == 0 || time.GetElapsedTime(asOf) > LongestGap)
        {
            await ReadAllAsync(cancellation);
            return;
        }

        using var patience = Patience(ReadPatience, cancellation);
        while (true)
        {
            var began = time.GetTimestamp();
            var page = await feed.ChangedAsync(_place, MostAtOnce, patience.Token);
            if (page.Uuids.Count > 0)
            {
                foreach (var change in await feed.ReadAsync(page.Uuids, patience.Token)) _table.Put(change);
            }

            var moved = page.Place.IsAfter(_place);
            _place = page.Place;
            if (page.Whole)
            {
                Interlocked.Exchange(ref _asOf, began);
                return;
            }

            // One transaction holds more than a page of others back: what is beyond the page is not seen until it ends.
            if (!moved) return;
        }
    }

    private async Task ReadAllAsync(CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var place = await feed.EndAsync(cancellation);
        var read = new HashSet<string>(StringComparer.Ordinal);
        var last = "";
        IReadOnlyList<MachineNews> page;
        do
        {
            page = await feed.PageAsync(last, MostAtOnce, cancellation);
            foreach (var change in page)
            {
                read.Add(change.Uuid);
                _table.Put(change);
                last = change.Uuid;
            }
        }
        while (page.Count == MostAtOnce);
        _table.Keep(read, began);
        _place = place;
        Interlocked.Exchange(ref _asOf, began);
        LogRead(read.Count);
    }

    /// <summary>Asks the grains of the machines that have or had the address, then the database.</summary>
    private async Task<KnownMachine?> AskAsync(string mac, IReadOnlyList<KnownMachine> held, CancellationToken cancellation)
    {
        AnvilDiagnostics.AskedBehind.Add(1);
        KnownMachine? remembered = null;
        foreach (var machine in held)
        {
            var (answered, now) = await AskGrainAsync(machine.Uuid, cancellation);
            if (!answered) remembered ??= machine;
            else if (now?.HardwareAddrs.Contains(mac, StringComparer.Ordinal) == true) return KnownMachine.Of(now);
        }

        return remembered ?? await AskDatabaseAsync(mac, cancellation);
    }

    private async Task<(bool Answered, Machine? Machine)> AskGrainAsync(string uuid, CancellationToken cancellation)
    {
        try
        {
            var answer = await Grain(uuid).Read().WaitAsync(AskPatience, time, cancellation);
            return (answer.Machine is not null || answer.Error?.Code == 404, answer.Machine);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            // The grain is not in memory, and cannot be read.
            return (false, null);
        }
    }

    private async Task<KnownMachine?> AskDatabaseAsync(string mac, CancellationToken cancellation)
    {
        if (Interlocked.Read(ref _pausedAt) is var paused and not 0 && time.GetElapsedTime(paused) < Pause) return null;
        using var patience = Patience(AskPatience, cancellation);
        try
        {
            if (await feed.FindAsync(mac, patience.Token).WaitAsync(patience.Token) is not { } change) return null;
            _table.Put(change);
            return change.Machine;
        }
        catch (Exception e) when ((DatabaseFailure.Is(e) || e is OperationCanceledException) && !cancellation.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _pausedAt, time.GetTimestamp());
            return null;
        }
    }

    private static CancellationTokenSource Patience(TimeSpan longest, CancellationToken cancellation)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(longest);
        return patience;
    }

    private IMachineGrain Grain(string uuid) => grains.Machine(uuid);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} machines are in memory")]
    private partial void LogRead(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "machines' changes cannot be read: their grains are asked, or else memory serves")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "machines' changes can be read again")]
    private partial void LogBack();
}
