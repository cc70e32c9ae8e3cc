using System.Collections.Concurrent;
using System.Diagnostics;

namespace Anvil.Swarm;

/// <summary>What the machines of a swarm share: the port, the clock, the book of leases and the counters.</summary>
public sealed class SwarmState(DhcpPort port)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _waits = new(StringComparer.Ordinal);
    private long _boots;
    private long _renewals;
    private long _requests;
    private long _refused;

    /// <summary>Port 68.</summary>
    public DhcpPort Port { get; } = port;

    /// <summary>Leases as the clients know them.</summary>
    public LeaseBook Leases { get; } = new();

    /// <summary>What each machine is doing, by MAC address.</summary>
    public ConcurrentDictionary<string, string> Doing { get; } = new(StringComparer.Ordinal);

    /// <summary>Uuids by MAC address.</summary>
    public ConcurrentDictionary<string, string> Uuids { get; } = new(StringComparer.Ordinal);

    /// <summary>Params that a server accepted, by MAC address.</summary>
    public ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>Waits that outlasted a firmware's patience.</summary>
    public ConcurrentBag<string> GaveUp { get; } = [];

    /// <summary>Accepted changes that were gone later.</summary>
    public ConcurrentBag<string> Lost { get; } = [];

    /// <summary>Time since the swarm began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>A boot began.</summary>
    public void Booted() => Interlocked.Increment(ref _boots);

    /// <summary>A lease was renewed.</summary>
    public void Renewed() => Interlocked.Increment(ref _renewals);

    /// <summary>An API request was answered; false: with 5xx, or not at all.</summary>
    public void Answered(bool well)
    {
        if (well) Interlocked.Increment(ref _requests);
        else Interlocked.Increment(ref _refused);
    }

    /// <summary>Notes how long a step was waited for.</summary>
    public void Waited(string step, TimeSpan time) => _waits.GetOrAdd(step, _ => []).Add(time.TotalSeconds);

    /// <summary>The swarm so far.</summary>
    public SwarmReport Report(int machines) => new(
        machines, Doing.Count(d => d.Value == SimulatedMachine.AtRest), Uuids.ToDictionary(), Leases.Doubles, [.. GaveUp], [.. Lost], Accepted.ToDictionary(),
        _waits.ToDictionary(w => w.Key, w => Math.Round(w.Value.Max(), 2)), _waits.ToDictionary(w => w.Key, w => Math.Round(w.Value.Order().ElementAt(w.Value.Count / 2), 3)),
        Interlocked.Read(ref _boots), Interlocked.Read(ref _renewals), Interlocked.Read(ref _requests), Interlocked.Read(ref _refused), _clock.Elapsed.TotalSeconds);
}
