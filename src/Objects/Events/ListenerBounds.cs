namespace Anvil.Objects.Events;

/// <summary>What those who listen to events can take of a gateway; how many they may be is the gateway's setting.</summary>
public static class ListenerBounds
{
    /// <summary>Events that wait for one listener; the objects that they tell of do not wait with them.</summary>
    public const int MostWaiting = 4096;

    /// <summary>Patterns of one listener.</summary>
    public const int MostPatterns = 1000;

    /// <summary>Characters of one listener's patterns together.</summary>
    public const int PatternLength = 64 << 10;

    /// <summary>Octets of the texts of events that are being sent, or are kept for the next listener, together.</summary>
    public const long FrameOctets = 64 << 20;

    /// <summary>While there is no room for another text, who has been reading one for longer than this is ended.</summary>
    public static readonly TimeSpan Pressed = TimeSpan.FromSeconds(1);
}
