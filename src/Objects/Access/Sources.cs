using System.Net;
using System.Net.Sockets;

namespace Anvil.Objects.Access;

/// <summary>What counts as one sender where bounds go by source.</summary>
public static class Sources
{
    /// <summary>
    /// The source that bounds go by: an IPv4 address; of IPv6 the network of 64 bits, whose addresses one host can have all; "local" for a
    /// local socket (null).
    /// </summary>
    public static string Of(IPAddress? address)
    {
        if (address is null) return "local";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
