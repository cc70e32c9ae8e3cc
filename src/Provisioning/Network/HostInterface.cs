using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Network;

/// <summary>A network interface of an edge (DRP's Interface): what subnets are made for. It is seen, and never stored.</summary>
public sealed record HostInterface : Document
{
    /// <summary>The Meta that names the edge.</summary>
    public const string EdgeMeta = "edge";

    /// <summary>The host's name of it; with `@` and the edge behind where several edges tell of theirs.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The host's number of it.</summary>
    public int Index { get; init; }

    /// <summary>Its IPv4 addresses with the lengths of their networks (10.0.0.1/24).</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>The first of them.</summary>
    public string ActiveAddress { get; init => field = value ?? ""; } = "";

    /// <summary>The router that leads from it to other networks; "" for none.</summary>
    public string Gateway { get; init => field = value ?? ""; } = "";

    /// <summary>Name servers that the host asks.</summary>
    public IReadOnlyList<string> DnsServers { get; init => field = value ?? []; } = [];

    /// <summary>The domain that the host is in; "" for none.</summary>
    public string DnsDomain { get; init => field = value ?? ""; } = "";

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "interfaces";
}
