namespace Anvil.Provisioning.Access;

/// <summary>
/// Tries that wait for their password to be looked at: bounded in all, by source and by user; the better rank goes first, but every third
/// turn is the next one's and every ninth the last one's, and within a rank sources take turns. Not for several threads at once.
/// </summary>
/// <typeparam name="T">A try.</typeparam>
public sealed class SignInLine<T>
    where T : class
{
    /// <summary>Most tries that wait.</summary>
    public const int Most = 64;

    /// <summary>Most tries of one source.</summary>
    public const int MostOfSource = 8;

    /// <summary>Most tries for one user.</summary>
    public const int MostOfUser = 16;

    private readonly List<Place> _waiting = [];
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal);
    private long _turn;

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Takes a try, if need be in the place of one that less speaks for.</summary>
    /// <param name="user">Name that was given.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="rank">What speaks for it.</param>
    /// <param name="item">The try.</param>
    /// <param name="displaced">The tries that had to give way.</param>
    /// <returns>False when there is no place for it.</returns>
    public bool TryJoin(string user, string source, SignInRank rank, T item, out IReadOnlyList<T> displaced)
    {
        // What is known has places of its own: others behind the same address cannot take them.
        var isKnown = rank == SignInRank.Known;
        var gone = new List<Place>();
        displaced = [];
        if (!Fits(w => w.Source == source && w.Rank == SignInRank.Known == isKnown, MostOfSource, rank, gone)
            || !Fits(w => w.User == user && w.Rank == SignInRank.Known == isKnown, MostOfUser, rank, gone)
            || !Fits(_ => true, Most, rank, gone)) return false;
        _waiting.RemoveAll(gone.Contains);
        displaced = [.. gone.Select(w => w.Item)];
        _waiting.Add(new Place(user, source, rank, item));
        return true;
    }

    /// <summary>The try whose turn it is; null when none waits.</summary>
    public T? Next()
    {
        if (_waiting.Count == 0)
        {
            // Whose turn it was matters only while somebody waits.
            _served.Clear();
            return null;
        }

        var ranks = _waiting.Select(w => w.Rank).Distinct().Order().ToList();
        // Whoever is known could come again and again: nobody waits for ever.
        var rank = (_turn + 1) % 9 == 0 ? ranks[^1] : (_turn + 1) % 3 == 0 && ranks.Count > 1 ? ranks[1] : ranks[0];
        var place = _waiting.Where(w => w.Rank == rank).MinBy(Served)!;
        _waiting.Remove(place);
        if (_served.Count > Most * 4) _served.Clear();
        _served[place.Source] = ++_turn;
        return place.Item;
    }

    private bool Fits(Func<Place, bool> bounded, int most, SignInRank rank, List<Place> gone)
    {
        var all = _waiting.Where(w => bounded(w) && !gone.Contains(w)).ToList();
        if (all.Count < most) return true;
        var worst = all.Max(w => w.Rank);
        if (worst <= rank) return false;
        gone.Add(all.Last(w => w.Rank == worst));
        return true;
    }

    private long Served(Place place) => _served.GetValueOrDefault(place.Source);

    private sealed record Place(string User, string Source, SignInRank Rank, T Item);
}
