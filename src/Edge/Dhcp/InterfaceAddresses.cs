using System.Net.NetworkInformation;

namespace Anvil.Edge.Dhcp;

/// <summary>
/// The IPv4 addresses of an interface, read again after a second: asking the system for each packet would cost more than the answer. Not
/// thread-safe.
/// </summary>
public sealed class InterfaceAddresses(string name, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private IReadOnlyList<uint> _addresses = [];
    private long _readAt;

    /// <summary>The addresses, in the interface's order.</summary>
    public IReadOnlyList<uint> Read()
    {
        if (_readAt != 0 && time.GetElapsedTime(_readAt) < Fresh) return _addresses;
        _readAt = time.GetTimestamp();
        try
        {
            return _addresses =
                [.. NetworkInterface.GetAllNetworkInterfaces().Where(n => n.Name == name).SelectMany(EdgeInterfaces.Addresses)];
        }
        catch (NetworkInformationException)
        {
            // Interfaces come and go while they are listed: what was known last still holds.
            return _addresses;
        }
    }
}
