namespace Anvil.Edge;

/// <summary>
/// What is told of a kind once in a while, however often it comes about: whoever is on the wire writes no lines of the log without end.
/// Bounded: where too many kinds wait, further ones are not told. Thread-safe.
/// </summary>
/// <param name="each">Once in so much time.</param>
/// <param name="most">Kinds that wait.</param>
/// <param name="time">The time.</param>
public sealed class Seldom(TimeSpan each, int most, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>True when a kind is to be told of now; then not again for a while.</summary>
    public bool Tells(string kind)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_told.TryGetValue(kind, out var at) && time.GetElapsedTime(at, now) < each) return false;
            if (_told.Count >= most)
            {
                foreach (var old in _told.Where(t => time.GetElapsedTime(t.Value, now) >= each).Select(t => t.Key).ToList())
                    _told.Remove(old);
                if (_told.Count >= most) return false;
            }

            _told[kind] = now;
            return true;
        }
    }
}
