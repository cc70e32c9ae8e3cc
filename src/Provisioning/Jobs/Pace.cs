namespace Anvil.Provisioning.Jobs;

/// <summary>So many at once, and so many in each hour from then on. Times are those of a clock that only goes forward.</summary>
/// <param name="atOnce">Most at once.</param>
/// <param name="perHour">Most in an hour from then on.</param>
public sealed class Pace(int atOnce, int perHour)
{
    private readonly TimeSpan _each = TimeSpan.FromHours(1) / perHour;
    private TimeSpan _paidUntil;

    /// <summary>How long the next one has to wait; null when it may come.</summary>
    public TimeSpan? Wait(TimeSpan now) => _paidUntil - now - (_each * atOnce) is { Ticks: > 0 } wait ? wait : null;

    /// <summary>Nothing of it is used.</summary>
    public bool IsWhole(TimeSpan now) => _paidUntil <= now;

    /// <summary>Counts what has come.</summary>
    public void Count(int number, TimeSpan now)
    {
        if (_paidUntil < now) _paidUntil = now;
        _paidUntil += _each * number;
    }
}
