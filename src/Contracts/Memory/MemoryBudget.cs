namespace Anvil.Contracts.Memory;

/// <summary>
/// Memory that large requests may take together, and each requester of it: half, as long as it has more than one request. What does not
/// fit waits in line, or is refused. One request always fits when there is no other, whatever it takes. Thread-safe.
/// </summary>
/// <param name="most">Octets in all.</param>
/// <param name="time">The clock of those who wait.</param>
public sealed class MemoryBudget(long most, TimeProvider time)
{
    /// <summary>Requests in line.</summary>
    public const int MostWaiting = 256;

    /// <summary>Requests in line of one requester.</summary>
    public const int MostWaitingOfOne = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiting> _line = [];
    private long _all;

    /// <summary>Octets that are taken.</summary>
    public long Taken
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>The share of one request: nothing yet.</summary>
    /// <param name="who">Whose request it is.</param>
    public MemoryShare Open(string who) => new(this, who);

    internal bool TryTake(string who, long octets)
    {
        lock (_gate)
        {
            // Those in line come first, but who waits for room of its own half.
            if (!Holds(who) && _line.Any(w => Refusal(w.Who, w.Octets) == "all")) return false;
            if (Refusal(who, octets) is not null) return false;
            Take(who, octets);
            return true;
        }
    }

    internal async Task<bool> TakeAsync(string who, long octets, TimeSpan patience, CancellationToken cancellation)
    {
        Waiting waiting;
        lock (_gate)
        {
            if (_line.Count == 0 && Refusal(who, octets) is null)
            {
                Take(who, octets);
                return true;
            }

            if (_line.Count >= MostWaiting || _line.Count(w => w.Who == who) >= MostWaitingOfOne) return false;
            _line.AddLast(waiting = new Waiting(who, octets));
            Admit();
        }

        try
        {
            await waiting.Taken.Task.WaitAsync(patience, time, cancellation);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (_line.Remove(waiting)) Admit();
                // Its turn came at the same moment: nobody would give it back.
                else if (e is OperationCanceledException) GiveBackLocked(who, octets);
                else return true;
            }

            if (e is OperationCanceledException) throw;
            return false;
        }

        return true;
    }

    internal void GiveBack(string who, long octets)
    {
        lock (_gate) GiveBackLocked(who, octets);
    }

    private void GiveBackLocked(string who, long octets)
    {
        _all -= octets;
        if ((_held[who] -= octets) == 0) _held.Remove(who);
        Admit();
    }

    /// <summary>
    /// Those in line whose turn it is, in their order; who has enough itself is passed over, who needs more room is waited for.
    /// </summary>
    private void Admit()
    {
        for (var node = _line.First; node is not null;)
        {
            var next = node.Next;
            var refusal = Refusal(node.Value.Who, node.Value.Octets);
            if (refusal == "all") return;
            if (refusal is null)
            {
                _line.Remove(node);
                Take(node.Value.Who, node.Value.Octets);
                node.Value.Taken.TrySetResult();
            }

            node = next;
        }
    }

    private bool Holds(string who) => _held.ContainsKey(who);

    private string? Refusal(string who, long octets)
    {
        if (_all > 0 && _all + octets > most) return "all";
        return _held.TryGetValue(who, out var own) && own + octets > most / 2 ? "own" : null;
    }

    private void Take(string who, long octets)
    {
        _all += octets;
        _held[who] = _held.GetValueOrDefault(who) + octets;
    }

    private sealed class Waiting(string who, long octets)
    {
        public string Who { get; } = who;

        public long Octets { get; } = octets;

        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
