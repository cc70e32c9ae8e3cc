namespace Anvil.Objects.Access;

/// <summary>
/// Places that are taken and given back, bounded in all and for each of those that a taker counts for (its source, its name). Thread-safe;
/// remembers nobody who holds none.
/// </summary>
/// <param name="most">Places in all.</param>
public sealed class Shares(int most)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>Takes a place.</summary>
    /// <param name="takers">Whom it counts for, each with the most that it may hold.</param>
    /// <param name="full">The taker that has no more, "" when all places are taken; null when one was taken.</param>
    /// <returns>The place, to be disposed; null when there is none.</returns>
    public IDisposable? TryTake(IReadOnlyList<(string Who, int Most)> takers, out string? full)
    {
        lock (_gate)
        {
            full = _all >= most ? "" : null;
            foreach (var (who, bound) in takers)
            {
                if (full is null && _held.GetValueOrDefault(who) >= bound) full = who;
            }

            if (full is not null) return null;
            _all++;
            foreach (var (who, _) in takers) _held[who] = _held.GetValueOrDefault(who) + 1;
            return new Place(this, takers);
        }
    }

    private void GiveBack(IReadOnlyList<(string Who, int Most)> takers)
    {
        lock (_gate)
        {
            _all--;
            foreach (var (who, _) in takers)
            {
                if (--_held[who] == 0) _held.Remove(who);
            }
        }
    }

    private sealed class Place(Shares shares, IReadOnlyList<(string Who, int Most)> takers) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0) shares.GiveBack(takers);
        }
    }
}
