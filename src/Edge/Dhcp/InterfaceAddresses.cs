using System.Net.NetworkInformation;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The IPv4 addresses of an interface, and of all that are listened on, read again after a second: asking the system for each packet would
/// cost more than the answer. Not thread-safe.
/// </summary>
public sealed class InterfaceAddresses(string name, IReadOnlyCollection<string> all, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private long _readAt;

    /// <summary>The interface's addresses, in its order.</summary>
    public IReadOnlyList<uint> Own { get; private set; } = [];

    /// <summary>The addresses of all interfaces that are listened on.</summary>
    public IReadOnlyList<uint> All { get; private set; } = [];

    /// <summary>Reads the addresses, unless that was done just now.</summary>
    public void Refresh()
    {
        if (_readAt != 0 && time.GetElapsedTime(_readAt) < Fresh) return;
        _readAt = time.GetTimestamp();
        try
        {
            var interfaces = NetworkInterface.GetAllNetworkInterfaces();
            Own = [.. interfaces.Where(n => n.Name == name).SelectMany(EdgeInterfaces.Addresses)];
            All = [.. interfaces.Where(n => all.Contains(n.Name)).SelectMany(EdgeInterfaces.Addresses)];
        }
        catch (NetworkInformationException)
        {
            // Interfaces come and go while they are listed: what was known last still holds.
        }
    }
}
