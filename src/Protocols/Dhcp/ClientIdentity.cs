namespace Anvil.Protocols.Dhcp;

/// <summary>
/// What a client without a hardware address in its messages is known by: on InfiniBand, whose addresses are longer than the field, it
/// has an identifier alone (RFC 4390 section 2.1). Firmware, iPXE and an operating system each make another one of the same port; where
/// the port's GUID stands in it, the GUID is what the client is known by.
/// </summary>
public static class ClientIdentity
{
    private const int InfiniBand = 32;
    private const int GuidLength = 8;
    private const int Longest = 32;

    /// <summary>An identifier of a type, an IAID and a DUID (RFC 4361 section 6.1).</summary>
    private const byte WithDuid = 255;

    /// <summary>Where the DUID begins: behind the type and the IAID.</summary>
    private const int DuidAt = 5;

    /// <summary>DUID-EN of Mellanox, and DUID-LLT and DUID-LL of InfiniBand (RFC 8415 section 11).</summary>
    private static ReadOnlySpan<byte> Vendor => [0, 2, 0, 0, 2, 0xC9];

    private static ReadOnlySpan<byte> LinkLayerTime => [0, 1, 0, InfiniBand];

    private static ReadOnlySpan<byte> LinkLayer => [0, 3, 0, InfiniBand];

    /// <summary>True when an identifier of a length can tell a client from others.</summary>
    public static bool Holds(int length) => length >= 2;

    /// <summary>
    /// The octets that stand for a client: its port's GUID, or the identifier as it is, of which a long one is shortened to its hash.
    /// </summary>
    /// <param name="hardwareType">Hardware type (htype).</param>
    /// <param name="identifier">Option 61.</param>
    public static byte[] Of(byte hardwareType, byte[] identifier)
    {
        if (hardwareType == InfiniBand && HasGuid(identifier)) return identifier[^GuidLength..];
        return identifier.Length <= Longest ? identifier : System.Security.Cryptography.SHA256.HashData(identifier);
    }

    private static bool HasGuid(ReadOnlySpan<byte> id)
    {
        const int HardwareAddress = 21, Guid = 9;
        if (id.Length is HardwareAddress or Guid && id[0] == InfiniBand) return true;
        if (id.Length < DuidAt + Vendor.Length + GuidLength || id[0] != WithDuid) return false;
        var duid = id[DuidAt..];
        return duid.StartsWith(Vendor) || duid.StartsWith(LinkLayer)
            || (duid.StartsWith(LinkLayerTime) && duid.Length >= LinkLayerTime.Length + 4 + GuidLength);
    }
}
