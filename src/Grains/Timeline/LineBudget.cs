namespace Anvil.Grains.Timeline;

/// <summary>
/// How many lines each one may have kept: so many at once, and so many a minute. Of bounded size: who was quiet is forgotten, then the
/// older half. Not thread-safe.
/// </summary>
/// <param name="perMinute">Lines a minute.</param>
/// <param name="atOnce">Lines at once.</param>
/// <param name="mostKeys">Ones that are remembered.</param>
/// <param name="time">The time.</param>
internal sealed class LineBudget(int perMinute, int atOnce, int mostKeys, TimeProvider time)
{
    private readonly Dictionary<string, (double Lines, long At)> _left = new(StringComparer.Ordinal);

    /// <summary>Takes a line; false when none is left.</summary>
    public bool TryTake(string who)
    {
        var now = time.GetTimestamp();
        if (!_left.ContainsKey(who) && _left.Count >= mostKeys) Forget(now);
        var left = Left(_left.GetValueOrDefault(who, (atOnce, now)), now);
        _left[who] = (left < 1 ? left : left - 1, now);
        return left >= 1;
    }

    private double Left((double Lines, long At) held, long now)
        => Math.Min(atOnce, held.Lines + (time.GetElapsedTime(held.At, now).TotalMinutes * perMinute));

    private void Forget(long now)
    {
        foreach (var (who, held) in _left)
        {
            if (Left(held, now) >= atOnce) _left.Remove(who);
        }

        if (_left.Count < mostKeys / 2) return;
        foreach (var who in _left.OrderBy(h => h.Value.At).Take(_left.Count / 2).Select(h => h.Key).ToList()) _left.Remove(who);
    }
}
