namespace Anvil.Edge.Dhcp;

/// <summary>
/// Clients whose DISCOVER or REQUEST was answered a moment ago, each by the subnet that it was answered in: a packet from elsewhere, in
/// its name, says nothing of it there. Thread-safe.
/// </summary>
public sealed class HeardClients(TimeProvider time)
{
    /// <summary>
    /// From the answer to the boot script there are seconds; firmware that loads a large boot program by a slow way takes minutes.
    /// </summary>
    public static readonly TimeSpan For = TimeSpan.FromMinutes(15);

    private const int Most = 65_536;
    private readonly Acquaintances _heard = new(Most, For, time);

    /// <summary>A client was answered in a subnet.</summary>
    public void Hear(string subnet, string mac) => _heard.Meet(Key(subnet, mac));

    /// <summary>True for a client that was answered there a moment ago.</summary>
    public bool Knows(string subnet, string mac) => _heard.Knows(Key(subnet, mac));

    private static string Key(string subnet, string mac) => $"{subnet} {mac}";
}
