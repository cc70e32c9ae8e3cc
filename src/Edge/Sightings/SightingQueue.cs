using System.Threading.Channels;

namespace Anvil.Edge.Sightings;

/// <summary>
/// Sightings that wait: those of one machine are handed out in their order, one at a time; those of several machines side by side. Over
/// its bound the oldest of all is shed. Thread-safe.
/// </summary>
/// <param name="most">Sightings that may wait, beside those that were handed out.</param>
public sealed class SightingQueue(int most)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<WaitingSighting> _waiting = [];
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <summary>Machines whose next sighting may be handed out; each is in it once.</summary>
    private readonly Channel<string> _ready = Channel.CreateUnbounded<string>();
    private bool _isClosed;

    /// <summary>One machine's sightings.</summary>
    private sealed class Line
    {
        public Queue<LinkedListNode<WaitingSighting>> Waiting { get; } = new();

        public WaitingSighting? HandedOut { get; set; }

        /// <summary>The newest that waits; null when none does.</summary>
        public WaitingSighting? Newest { get; set; }
    }

    /// <summary>Number of sightings that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Adds a sighting, unless the machine's newest that waits says the same.</summary>
    /// <returns>What was shed for it, or itself when the queue is closed; else null.</returns>
    public WaitingSighting? Add(WaitingSighting sighting)
    {
        WaitingSighting? shed = null;
        lock (_gate)
        {
            if (_isClosed)
            {
                sighting.Settle();
                return sighting;
            }

            var isNew = !_lines.TryGetValue(sighting.Machine, out var line);
            if (line is { Newest: { } newest } && newest.Sighting == sighting.Sighting) return null;
            if (isNew) _lines[sighting.Machine] = line = new Line();
            if (_waiting.Count >= most) shed = Shed();
            line!.Waiting.Enqueue(_waiting.AddLast(sighting));
            line.Newest = sighting;
            if (isNew) _ready.Writer.TryWrite(sighting.Machine);
        }

        shed?.Settle();
        return shed;
    }

    /// <summary>
    /// Waits for a sighting and hands it out; null when the queue is closed and empty. The machine's next comes after <see cref="Done"/>.
    /// </summary>
    public async ValueTask<WaitingSighting?> NextAsync(CancellationToken cancellation)
    {
        while (await _ready.Reader.WaitToReadAsync(cancellation))
        {
            while (_ready.Reader.TryRead(out var machine))
            {
                lock (_gate)
                {
                    var line = _lines[machine];
                    if (line.Waiting.TryDequeue(out var node))
                    {
                        _waiting.Remove(node);
                        if (line.Newest == node.Value) line.Newest = null;
                        line.HandedOut = node.Value;
                        return node.Value;
                    }

                    // All that the machine had was shed.
                    Drop(machine);
                }
            }
        }

        return null;
    }

    /// <summary>What was handed out was carried out, or never will be.</summary>
    public void Done(WaitingSighting sighting)
    {
        lock (_gate)
        {
            var line = _lines[sighting.Machine];
            line.HandedOut = null;
            if (line.Waiting.Count > 0) _ready.Writer.TryWrite(sighting.Machine);
            else Drop(sighting.Machine);
        }

        sighting.Settle();
    }

    /// <summary>Ends when all that a machine has here now was carried out, or never will be.</summary>
    public Task SettledAsync(string machine)
    {
        lock (_gate)
        {
            var line = _lines.GetValueOrDefault(machine);
            return (line?.Newest ?? line?.HandedOut)?.Settled ?? Task.CompletedTask;
        }
    }

    /// <summary>Takes no more; what waits is still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_lines.Count == 0) _ready.Writer.TryComplete();
        }
    }

    private WaitingSighting Shed()
    {
        var oldest = _waiting.First!;
        _waiting.RemoveFirst();
        var line = _lines[oldest.Value.Machine];
        line.Waiting.Dequeue();
        if (line.Newest == oldest.Value) line.Newest = null;
        return oldest.Value;
    }

    private void Drop(string machine)
    {
        _lines.Remove(machine);
        if (_isClosed && _lines.Count == 0) _ready.Writer.TryComplete();
    }
}
