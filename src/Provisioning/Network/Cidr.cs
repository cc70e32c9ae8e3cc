using System.Globalization;

namespace Anvil.Provisioning.Network;

/// <summary>An IPv4 network: first address and prefix length.</summary>
public readonly record struct Cidr(uint Network, int PrefixLength)
{
    /// <summary>The subnet mask.</summary>
    public uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>The broadcast address.</summary>
    public uint Broadcast => Network | ~Mask;

    /// <summary>Parses `a.b.c.d/n`; host bits are dropped.</summary>
    public static bool TryParse(string? text, out Cidr cidr)
    {
        cidr = default;
        var parts = (text ?? "").Split('/');
        if (parts.Length != 2 || !IPv4.TryParse(parts[0], out var address)) return false;
        if (parts[1].Length is 0 or > 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > 32) return false;
        var mask = length == 0 ? 0 : uint.MaxValue << (32 - length);
        cidr = new Cidr(address & mask, length);
        return true;
    }

    /// <summary>True when the address lies in the network.</summary>
    public bool Contains(uint address) => (address & Mask) == Network;

    /// <summary>True when the two networks share an address.</summary>
    public bool Overlaps(Cidr other) => Contains(other.Network) || other.Contains(Network);

    /// <inheritdoc/>
    public override string ToString() => $"{IPv4.Format(Network)}/{PrefixLength}";
}
