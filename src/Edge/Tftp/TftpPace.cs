namespace Anvil.Edge.Tftp;

/// <summary>
/// Whether a client takes its file: what it acknowledges pays for the time that it holds a place, 1 KiB for a second as by HTTP. It may be
/// half a minute ahead and no more, so that who took much at first does not rest on that for hours. One thread tells, others ask.
/// </summary>
public sealed class TftpPace(TimeProvider time)
{
    /// <summary>Octets of a second.</summary>
    public const int LeastRate = 1024;

    /// <summary>What a client has in advance, and at most.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromSeconds(30);

    private readonly long _ahead = (long)(Ahead.TotalSeconds * time.TimestampFrequency);
    private long _until = long.MaxValue;

    /// <summary>Until when it has paid, as a timestamp; what is past is what it owes.</summary>
    public long Until => Volatile.Read(ref _until);

    /// <summary>True for a client that is behind.</summary>
    public bool IsBehind => Until < time.GetTimestamp();

    /// <summary>The client is there: its time begins.</summary>
    public void Begin() => Volatile.Write(ref _until, time.GetTimestamp() + _ahead);

    /// <summary>It has acknowledged so many octets.</summary>
    public void Took(long octets)
        => Volatile.Write(ref _until, Math.Min(time.GetTimestamp() + _ahead, Until + (octets * time.TimestampFrequency / LeastRate)));
}
