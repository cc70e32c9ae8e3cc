namespace Anvil.Provisioning.Network;

/// <summary>
/// Which packets come from a relay. Whoever names himself one (giaddr) can ask for addresses of any network, so his packet has to come
/// from where that relay sends from: its own address, or the other one that it is known by.
/// </summary>
public static class RelayRules
{
    /// <summary>The preference: learn, or listed.</summary>
    public const string Pref = "relays";

    /// <summary>
    /// Relays of a subnet that an edge learns; one and its stand-in. Further ones wait until the subnet lists them: any address of a
    /// network that nobody uses could be one.
    /// </summary>
    public const int MostLearned = 2;

    /// <summary>Relays are believed as they are first heard, and then held to it.</summary>
    public const string Learn = "learn";

    /// <summary>Only relays that their subnet lists are believed.</summary>
    public const string Listed = "listed";

    /// <summary>
    /// Meta of a subnet: the addresses of its relays, and those that they send from, with commas between. Where it is set
    /// nothing is learned.
    /// </summary>
    public const string SubnetMeta = "relays";

    /// <summary>RFC 2132 section 3.5.</summary>
    private const byte RouterOption = 3;

    private static readonly char[] Between = [',', ' '];

    /// <summary>A subnet's relays; null where it lists none.</summary>
    public static IReadOnlyList<string>? ListOf(Subnet subnet)
        => subnet.Meta.TryGetValue(SubnetMeta, out var text)
            && text.Split(Between, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } all ? all : null;

    /// <summary>What is wrong with a subnet's list.</summary>
    public static IEnumerable<string> Problems(Subnet subnet)
        => (ListOf(subnet) ?? []).Where(r => !IPv4.TryParse(r, out _)).Select(r => $"Meta {SubnetMeta}: {r} is not an IPv4 address");

    /// <summary>True for a router that the subnet tells its clients (option 3).</summary>
    private static bool IsRouterOf(Subnet subnet, uint address) => subnet.Options.Where(o => o.Code == RouterOption)
        .SelectMany(o => o.Value.Split(Between, StringSplitOptions.RemoveEmptyEntries))
        .Any(text => IPv4.TryParse(text, out var router) && router == address);

    /// <summary>Why a packet is not believed to come from a relay; null when it is.</summary>
    /// <param name="subnet">The subnet that it is for.</param>
    /// <param name="mode">The preference.</param>
    /// <param name="relay">The relay that it names.</param>
    /// <param name="source">Address that it came from.</param>
    /// <param name="known">Address that this relay sends from, as learned; 0 when it is new.</param>
    /// <param name="learned">Other relays of the subnet that are learned.</param>
    /// <param name="isRouter">
    /// True for an address that is not on the link that the packet came in by, and for the router there that leads to the relay.
    /// </param>
    /// <param name="isLeased">True for an address that clients are given.</param>
    /// <param name="isEdge">True for an address of an edge.</param>
    public static string? Doubt(Subnet subnet, string mode, uint relay, uint source, uint known, int learned,
        Func<uint, bool> isRouter, Func<uint, bool> isLeased, Func<uint, bool> isEdge)
    {
        if (isEdge(relay)) return $"{IPv4.Format(relay)} is an edge's own address, no relay's";
        if (IPv4.IsLoopback(relay) && !IPv4.IsLoopback(source)) return $"{IPv4.Format(relay)} is on no wire, and so no relay's";
        if (ListOf(subnet) is { } list)
        {
            return list.Contains(IPv4.Format(relay), StringComparer.Ordinal)
                && (source == relay || list.Contains(IPv4.Format(source), StringComparer.Ordinal))
                ? null : $"{IPv4.Format(source)} is not among the relays of {subnet.Name} for {IPv4.Format(relay)}";
        }

        if (mode == Listed) return $"{subnet.Name} lists no relays, and the preference {Pref} says {Listed}";
        if (source == 0 || isLeased(source)) return $"{IPv4.Format(source)} is a client's address, no relay's";
        if (isLeased(relay)) return $"{IPv4.Format(relay)} is a client's address, no relay's";
        if (known != 0)
        {
            return source == relay || source == known
                ? null : $"relay {IPv4.Format(relay)} sends from {IPv4.Format(known)}, not from {IPv4.Format(source)}";
        }

        // Any host on the link could name an address of another network, and have the answers by its own.
        if (source != relay && !isRouter(source))
        {
            return $"{IPv4.Format(source)} is not relay {IPv4.Format(relay)} itself, nor the router that leads to it from here: "
                + $"{subnet.Name} has to list both (Meta {SubnetMeta})";
        }

        // Clients' router is where their relay is: made-up ones do not keep it out.
        return learned < MostLearned || IsRouterOf(subnet, relay) ? null
            : $"{MostLearned} relays of {subnet.Name} are learned already: {IPv4.Format(relay)} waits until it is listed "
                + $"(Meta {SubnetMeta})";
    }
}
