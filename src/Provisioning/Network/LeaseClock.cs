namespace Anvil.Provisioning.Network;

/// <summary>
/// The time that leases are counted in: the wall clock while it runs as time itself does. When it jumps (somebody sets it, a
/// time server corrects it), the leases have to be moved along, or they would all end at once, or not for years, while their
/// clients still count their own seconds.
/// </summary>
public sealed class LeaseClock
{
    /// <summary>What is still taken as drift, and followed.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private DateTimeOffset _wall;
    private long _timestamp;

    /// <summary>A clock that starts now.</summary>
    public LeaseClock(TimeProvider time)
    {
        _time = time;
        (_wall, _timestamp) = (time.GetUtcNow(), time.GetTimestamp());
    }

    /// <summary>Reads the clock.</summary>
    /// <param name="jump">How far the wall clock jumped since it was last read: what the ends of all leases have to be moved by; zero for
    /// none.</param>
    public DateTimeOffset Read(out TimeSpan jump)
    {
        var now = _time.GetUtcNow();
        var timestamp = _time.GetTimestamp();
        var deviation = now - _wall - _time.GetElapsedTime(_timestamp, timestamp);
        jump = deviation.Duration() > Tolerance ? deviation : TimeSpan.Zero;
        // Drift adds up between readings far apart, so each reading starts anew.
        (_wall, _timestamp) = (now, timestamp);
        return now;
    }
}
