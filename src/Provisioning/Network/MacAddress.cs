namespace Anvil.Provisioning.Network;

/// <summary>Hardware addresses in their one written form: lower-case hex octets with colons.</summary>
public static class MacAddress
{
    /// <summary>Reads any usual form (colons, dashes, dots, bare hex) of 6 to 16 octets.</summary>
    public static bool TryNormalize(string? text, out string mac)
    {
        mac = "";
        if (text is null || text.Length > 64) return false;
        var hex = text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal);
        if (hex.Length is not (12 or 16 or 40) || !hex.All(char.IsAsciiHexDigit)) return false;
        mac = string.Join(':', hex.ToLowerInvariant().Chunk(2).Select(pair => new string(pair)));
        return true;
    }

    /// <summary>The written form of the octets of chaddr.</summary>
    public static string Format(ReadOnlySpan<byte> octets)
    {
        var hex = Convert.ToHexStringLower(octets);
        return string.Join(':', hex.Chunk(2).Select(pair => new string(pair)));
    }

    /// <summary>pxelinux's form: hardware type, then octets with dashes.</summary>
    public static string Pxelinux(string mac) => "01-" + mac.Replace(':', '-');
}
