namespace Anvil.Provisioning.Access;

/// <summary>
/// Who was right and who was wrong of late, by user and source: from that follow the order in which passwords are looked at, and how
/// long a source that was wrong has to wait. What others do from elsewhere never makes a user wait. Not for several threads at once.
/// </summary>
public sealed class SignInBook
{
    /// <summary>Wrong passwords for one user from one source before a wait.</summary>
    public const int FreeOfPair = 3;

    /// <summary>Wrong passwords from one source, for whichever users, before a wait.</summary>
    public const int FreeOfSource = 20;

    /// <summary>Most users with a source, sources, and users that were right with their source, that are remembered: each.</summary>
    public const int MostRemembered = 10_000;

    /// <summary>Longest wait of one user from one source.</summary>
    public static readonly TimeSpan LongestOfPair = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait of one source.</summary>
    public static readonly TimeSpan LongestOfSource = TimeSpan.FromSeconds(4);

    /// <summary>After so long without a wrong password nothing is remembered of those before.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    /// <summary>So long after it was right a user with its source goes first.</summary>
    public static readonly TimeSpan MemoryOfRight = TimeSpan.FromDays(7);

    private static readonly TimeSpan FirstOfPair = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstOfSource = TimeSpan.FromMilliseconds(250);
    private readonly Dictionary<(string User, string Source), Wrongs> _pairs = [];
    private readonly Dictionary<string, Wrongs> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<(string User, string Source), DateTimeOffset> _right = [];

    /// <summary>How a try is to be taken.</summary>
    /// <param name="user">Name that was given, of a user or not.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="isProven">This very password was right of late.</param>
    /// <param name="now">The time.</param>
    /// <returns>Its rank; and how long it has to wait, zero for not at all.</returns>
    public (SignInRank Rank, TimeSpan Wait) Admit(string user, string source, bool isProven, DateTimeOffset now)
    {
        if (isProven) return (SignInRank.Known, TimeSpan.Zero);
        var pair = Of(_pairs, (user, source), now);
        var known = _right.TryGetValue((user, source), out var at) && now - at < MemoryOfRight;
        // Who was right from there does not wait for what others there do; one of several behind one address would be locked out.
        var all = known ? default : Of(_sources, source, now);
        var until = pair.Until > all.Until ? pair.Until : all.Until;
        var rank = pair.Count == 0 && all.Count == 0 ? known ? SignInRank.Known : SignInRank.Fresh : SignInRank.Erring;
        // A clock that was set back must not make anybody wait for what was to be over long ago.
        var wait = until - now;
        return (rank, wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < LongestOfPair ? wait : LongestOfPair);
    }

    /// <summary>A password was wrong.</summary>
    public void Wrong(string user, string source, DateTimeOffset now)
    {
        Count(_pairs, (user, source), FreeOfPair, FirstOfPair, LongestOfPair, now);
        Count(_sources, source, FreeOfSource, FirstOfSource, LongestOfSource, now);
    }

    /// <summary>A password was right.</summary>
    public void Right(string user, string source, DateTimeOffset now)
    {
        _pairs.Remove((user, source));
        if (_right.Count >= MostRemembered && !_right.ContainsKey((user, source))) Thin(_right, t => t);
        _right[(user, source)] = now;
    }

    private static Wrongs Of<TKey>(Dictionary<TKey, Wrongs> all, TKey key, DateTimeOffset now)
        where TKey : notnull
        => all.TryGetValue(key, out var wrongs) && (now - wrongs.Last).Duration() < Memory ? wrongs : default;

    private static void Count<TKey>(Dictionary<TKey, Wrongs> all, TKey key, int free, TimeSpan first, TimeSpan longest, DateTimeOffset now)
        where TKey : notnull
    {
        var count = Of(all, key, now).Count + 1;
        var wait = count <= free ? TimeSpan.Zero : first * Math.Pow(2, Math.Min(count - free - 1, 16));
        if (all.Count >= MostRemembered && !all.ContainsKey(key)) Thin(all, w => w.Last);
        all[key] = new Wrongs(count, now, now + (wait < longest ? wait : longest));
    }

    /// <summary>Forgets the older half.</summary>
    private static void Thin<TKey, TValue>(Dictionary<TKey, TValue> all, Func<TValue, DateTimeOffset> last)
        where TKey : notnull
    {
        foreach (var key in all.OrderBy(p => last(p.Value)).Take(all.Count / 2).Select(p => p.Key).ToList()) all.Remove(key);
    }

    /// <summary>Wrong passwords.</summary>
    /// <param name="Count">How many.</param>
    /// <param name="Last">When the last one was.</param>
    /// <param name="Until">Until when the next one waits.</param>
    private readonly record struct Wrongs(int Count, DateTimeOffset Last, DateTimeOffset Until);
}
