using System.Collections.Concurrent;
using System.Diagnostics;

namespace Anvil.Swarm;

/// <summary>What the machines of a swarm share: the port, the clock, the book of leases and the counters.</summary>
/// <param name="port">Port 68.</param>
/// <param name="mostTurns">Turns that a wait may last, beside a firmware's patience; 0: the patience alone counts.</param>
public sealed class SwarmState(DhcpPort port, int mostTurns = 0)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _waits = new(StringComparer.Ordinal);
    private long _boots;
    private long _renewals;
    private long _requests;
    private long _refused;
    private long _steps;
    private int _turns;

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

    /// <summary>Waits that were too long (<see cref="IsTooLong"/>).</summary>
    public ConcurrentBag<string> GaveUp { get; } = [];

    /// <summary>Accepted changes that were gone later.</summary>
    public ConcurrentBag<string> Lost { get; } = [];

    /// <summary>Time since the swarm began.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>Steps that machines have made: leases, files, answers of the API, renewals.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>Machines at rest.</summary>
    public int AtRest => Doing.Count(d => d.Value == SimulatedMachine.AtRest);

    /// <summary>The state of all in a line, for who drives the swarm.</summary>
    public string Line
    {
        get
        {
            var doing = string.Join(", ",
                Doing.Values.GroupBy(d => d).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"));
            var requests = $"{Interlocked.Read(ref _requests)} requests ({Interlocked.Read(ref _refused)} sent again)";
            return $"{Now.TotalSeconds,6:F0} s  {doing}; {Interlocked.Read(ref _boots)} boots, {Interlocked.Read(ref _renewals)} "
                + $"renewals, {requests}, "
                + $"{Steps} steps, turn {_turns}, {GaveUp.Count} gave up, {Leases.Doubles.Count} doubles";
        }
    }

    /// <summary>The servers were all there again and machines have gone on: a turn of who drives the swarm is over.</summary>
    public void Turned() => Interlocked.Increment(ref _turns);

    /// <summary>A wait that begins now.</summary>
    public SwarmWait Begin() => new(Now, Volatile.Read(ref _turns));

    /// <summary>True for a wait that outlasts a firmware's patience and the most turns: others were served that often meanwhile.</summary>
    public bool IsTooLong(SwarmWait wait, TimeSpan patience)
        => Now - wait.Since >= patience && Volatile.Read(ref _turns) - wait.Turn >= mostTurns;

    /// <summary>A boot began.</summary>
    public void Booted() => Interlocked.Increment(ref _boots);

    /// <summary>A lease was renewed.</summary>
    public void Renewed()
    {
        Interlocked.Increment(ref _renewals);
        Interlocked.Increment(ref _steps);
    }

    /// <summary>An API request was answered; false: with 5xx, or not at all.</summary>
    public void Answered(bool well)
    {
        if (well) Interlocked.Increment(ref _requests);
        else Interlocked.Increment(ref _refused);
    }

    /// <summary>Notes how long a step was waited for.</summary>
    public void Waited(string step, TimeSpan time)
    {
        Interlocked.Increment(ref _steps);
        _waits.GetOrAdd(step, _ => []).Add(time.TotalSeconds);
    }

    /// <summary>The swarm so far.</summary>
    public SwarmReport Report(int machines) => new(
        machines, AtRest, Uuids.ToDictionary(), Leases.Doubles, [.. GaveUp], [.. Lost], Accepted.ToDictionary(),
        _waits.ToDictionary(w => w.Key, w => Math.Round(w.Value.Max(), 2)),
        _waits.ToDictionary(w => w.Key, w => Math.Round(w.Value.Order().ElementAt(w.Value.Count / 2), 3)),
        Interlocked.Read(ref _boots), Interlocked.Read(ref _renewals), Interlocked.Read(ref _requests), Interlocked.Read(ref _refused),
        _clock.Elapsed.TotalSeconds);
}
