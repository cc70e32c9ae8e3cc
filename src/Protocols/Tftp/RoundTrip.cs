namespace Anvil.Protocols.Tftp;

/// <summary>
/// How long to wait for an acknowledgement: what the client asked for (RFC 2349), else learned from the round trips (RFC 6298's
/// formula, with shorter limits: boot networks are near), and twice as long after each silence.
/// </summary>
public sealed class RoundTrip(TimeSpan? asked)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(2);
    private TimeSpan _mean;
    private TimeSpan _deviation;
    private int _silences;

    /// <summary>The time to wait now.</summary>
    public TimeSpan Timeout
    {
        get
        {
            if (asked is { } fixedTime) return fixedTime;
            var learned = _mean == TimeSpan.Zero ? First : _mean + (4 * _deviation);
            return Clamp((learned < Shortest ? Shortest : learned) * (1 << Math.Min(_silences, 6)));
        }
    }

    /// <summary>Before this no answer to what was just sent can have come.</summary>
    public TimeSpan Least => _mean / 2 > Grain ? _mean / 2 : Grain;

    /// <summary>A round trip was measured.</summary>
    public void Measured(TimeSpan time)
    {
        _silences = 0;
        if (_mean == TimeSpan.Zero)
        {
            (_mean, _deviation) = (time, time / 2);
            return;
        }

        _deviation = (0.75 * _deviation) + (0.25 * (_mean - time).Duration());
        _mean = (0.875 * _mean) + (0.125 * time);
    }

    /// <summary>Nothing came in time.</summary>
    public void TimedOut() => _silences++;

    private static TimeSpan Clamp(TimeSpan time) => time > Longest ? Longest : time;
}
