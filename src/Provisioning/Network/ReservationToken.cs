namespace Anvil.Provisioning.Network;

/// <summary>
/// What a reservation's client is known by, as DHCP makes it of a client's packets: the octets of its hardware address, of whichever
/// length; where it has none, its InfiniBand port's GUID or its identifier.
/// </summary>
public static class ReservationToken
{
    /// <summary>A hardware address of one octet tells nobody apart; of a longer identifier DHCP takes a hash of this length.</summary>
    private const int Fewest = 2, Most = 32;

    /// <summary>
    /// What an InfiniBand address has behind its flags and its queue pair, unless a fabric's manager sets another prefix (fe80::/64).
    /// </summary>
    private const string LinkLocal = "fe:80:00:00:00:00:00:00:";
    private const int LinkLocalAt = 12;

    /// <summary>
    /// Reads a token in the forms of hardware addresses; other lengths only as octets with colons or dashes. Twenty octets are an
    /// InfiniBand address, whose port is taken, where they have the link-local prefix, else an identifier.
    /// </summary>
    /// <param name="text">What a client wrote.</param>
    /// <param name="token">The one written form; "" when it is none.</param>
    public static bool TryNormalize(string? text, out string token)
    {
        if (!MacAddress.TryRead(text, out token)) return TryJoin(text, out token);
        token = Port(token);
        return true;
    }

    /// <summary>A token, where it is an InfiniBand address its port.</summary>
    /// <param name="token">A token in its one written form.</param>
    public static string Port(string token)
        => token.AsSpan(Math.Min(LinkLocalAt, token.Length)).StartsWith(LinkLocal, StringComparison.Ordinal)
            ? MacAddress.Port(token) : token;

    /// <summary>What keeps a text from being a token; null when nothing does.</summary>
    public static string? Problem(string? text)
        => TryNormalize(text, out var token) ? MacAddress.IsUsable(token, out var problem) ? null : problem : "is no hardware address";

    private static bool TryJoin(string? text, out string token)
    {
        token = "";
        if (text is null || text.Length is < (3 * Fewest) - 1 or > (3 * Most) - 1 || text[2] is not (':' or '-')) return false;
        var octets = text.Split(text[2]);
        if (!octets.All(o => o.Length == 2 && o.All(char.IsAsciiHexDigit))) return false;
        token = string.Join(':', octets).ToLowerInvariant();
        return true;
    }
}
