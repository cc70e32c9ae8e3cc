namespace Anvil.Silo;

/// <summary>
/// The connections of one port: so many in all, so many of one source. When all are taken, one of the source with most gives its place to
/// a source that has fewer: the one without a request for longest, else the one whose request goes on for longest. Thread-safe.
/// </summary>
/// <param name="most">Connections at once.</param>
/// <param name="mostOfSource">Of one source.</param>
internal sealed class ConnectionTable(int most, int mostOfSource)
{
    /// <summary>Sources that are looked at for a connection without a request.</summary>
    private const int MostAsked = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Source> _sources = new(StringComparer.Ordinal);
    private readonly SortedSet<(int Count, string Name)> _bySize = [];
    private int _all;

    /// <summary>Connections that have a place.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>Takes a place.</summary>
    /// <param name="source">Whose connection it is.</param>
    /// <param name="end">Ends the connection; called at most once, when its place is taken away.</param>
    /// <param name="reason">Why there is none: source or all; displaced where another connection was ended for it.</param>
    /// <returns>The place, to be disposed; null where there is none.</returns>
    public ConnectionPlace? TryTake(string source, Action end, out string reason)
    {
        ConnectionPlace place;
        ConnectionPlace? victim = null;
        lock (_gate)
        {
            var own = _sources.GetValueOrDefault(source)?.Count ?? 0;
            reason = own >= mostOfSource ? "source" : "";
            if (reason.Length > 0) return null;
            if (_all >= most)
            {
                victim = Victim(own);
                reason = victim is null ? "all" : "displaced";
                if (victim is null) return null;
                Leave(victim);
            }

            place = new ConnectionPlace(this, source, end);
            Enter(place);
        }

        victim?.End();
        return place;
    }

    internal void Move(ConnectionPlace place, bool isBusy)
    {
        lock (_gate)
        {
            if (place.Node.List is not { } list) return;
            list.Remove(place.Node);
            var source = _sources[place.Source];
            (isBusy ? source.Busy : source.Idle).AddLast(place.Node);
        }
    }

    internal void GiveBack(ConnectionPlace place)
    {
        lock (_gate) Leave(place);
    }

    /// <summary>Whose place goes to a source that has so many; after that it has still no more than the other.</summary>
    private ConnectionPlace? Victim(int own)
    {
        ConnectionPlace? busy = null;
        foreach (var (count, name) in _bySize.Reverse().Take(MostAsked))
        {
            if (own + 1 >= count) break;
            if (_sources[name].Idle.First is { } idle) return idle.Value;
            busy ??= _sources[name].Busy.First?.Value;
        }

        return busy;
    }

    private void Enter(ConnectionPlace place)
    {
        if (!_sources.TryGetValue(place.Source, out var source)) _sources[place.Source] = source = new Source();
        _bySize.Remove((source.Count, place.Source));
        source.Idle.AddLast(place.Node);
        _bySize.Add((source.Count, place.Source));
        _all++;
    }

    private void Leave(ConnectionPlace place)
    {
        if (place.Node.List is not { } list) return;
        var source = _sources[place.Source];
        _bySize.Remove((source.Count, place.Source));
        list.Remove(place.Node);
        if (source.Count == 0) _sources.Remove(place.Source);
        else _bySize.Add((source.Count, place.Source));
        _all--;
    }

    private sealed class Source
    {
        /// <summary>Those without a request, the longest so first.</summary>
        public LinkedList<ConnectionPlace> Idle { get; } = new();

        /// <summary>Those with one under way, the longest first.</summary>
        public LinkedList<ConnectionPlace> Busy { get; } = new();

        public int Count => Idle.Count + Busy.Count;
    }
}
