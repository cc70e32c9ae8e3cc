namespace Anvil.Edge.Dhcp;

/// <summary>
/// A token bucket for each key: so many a second, and so many at once after a pause. Keys that were quiet are forgotten; when
/// there are more keys than it keeps, the oldest are, so that made-up addresses take no memory. Not thread-safe.
/// </summary>
/// <param name="perSecond">Allowed a second; 0 allows everything.</param>
/// <param name="burst">Allowed at once.</param>
/// <param name="mostKeys">Keys that are kept.</param>
/// <param name="time">The time.</param>
public sealed class RateLimiter<TKey>(int perSecond, int burst, int mostKeys, TimeProvider time)
    where TKey : notnull
{
    private readonly Dictionary<TKey, (double Tokens, long At)> _buckets = [];

    /// <summary>Number of keys that are remembered.</summary>
    public int Count => _buckets.Count;

    /// <summary>Takes one from a key's bucket; false when it is empty.</summary>
    public bool TryTake(TKey key)
    {
        if (perSecond == 0) return true;
        var now = time.GetTimestamp();
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            if (_buckets.Count >= mostKeys) Forget(now);
            bucket = (burst, now);
        }

        var tokens = Math.Min(burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
        var taken = tokens >= 1;
        _buckets[key] = (taken ? tokens - 1 : tokens, now);
        return taken;
    }

    /// <summary>Drops the buckets that are full again, and if those are too few, the older half.</summary>
    private void Forget(long now)
    {
        foreach (var (key, bucket) in _buckets.ToList())
        {
            if (bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond) >= burst) _buckets.Remove(key);
        }

        if (_buckets.Count < mostKeys / 2) return;
        foreach (var key in _buckets.OrderBy(b => b.Value.At).Take(_buckets.Count / 2).Select(b => b.Key).ToList()) _buckets.Remove(key);
    }
}
