namespace Anvil.Contracts.Placement;

/// <summary>A network interface, as an edge tells of it.</summary>
[GenerateSerializer, Immutable, Alias("anvil.EdgeInterface")]
public sealed record EdgeInterface
{
    /// <summary>The host's name of it.</summary>
    [Id(0)]
    public string Name { get => field ?? ""; init; }

    /// <summary>The host's number of it.</summary>
    [Id(1)]
    public int Index { get; init; }

    /// <summary>IPv4 addresses with the lengths of their networks; at least one.</summary>
    [Id(2)]
    public IReadOnlyList<string> Addresses { get => field ?? []; init; }

    /// <summary>The router that leads on from it; "" for none.</summary>
    [Id(3)]
    public string Gateway { get => field ?? ""; init; }

    /// <summary>Name servers that the host asks.</summary>
    [Id(4)]
    public IReadOnlyList<string> DnsServers { get => field ?? []; init; }

    /// <summary>The domain that the host is in; "" for none.</summary>
    [Id(5)]
    public string DnsDomain { get => field ?? ""; init; }
}
