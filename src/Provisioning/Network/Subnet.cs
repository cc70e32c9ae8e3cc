using System.Text.Json.Serialization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Network;

/// <summary>One DHCP option as configured: its code, and a template whose text becomes the option's bytes.</summary>
public sealed record DhcpOptionSetting(byte Code, string Value)
{
    /// <summary>The template; "" for none.</summary>
    public string Value { get; init => field = value ?? ""; } = Value ?? "";
}

/// <summary>A network on which Anvil answers DHCP (DRP's Subnet).</summary>
public sealed record Subnet : Document
{
    /// <summary>The pickers that an address can be chosen by.</summary>
    public static readonly IReadOnlyList<string> KnownPickers = ["hint", "nextFree", "mostExpired", "none", "point2point"];

    /// <summary>Unique name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>False: no new leases; those that exist are renewed.</summary>
    public bool Enabled { get; init; }

    /// <summary>Give boot answers only (proxyDHCP); another server gives addresses.</summary>
    public bool Proxy { get; init; }

    /// <summary>Give addresses, never a boot answer.</summary>
    public bool Unmanaged { get; init; }

    /// <summary>The network in CIDR form; cannot change.</summary>
    [JsonPropertyName("Subnet")]
    public string Network { get; init => field = value ?? ""; } = "";

    /// <summary>Overrides the next server (siaddr).</summary>
    public string NextServer { get; init => field = value ?? ""; } = "";

    /// <summary>First address that is given to machines without a reservation.</summary>
    public string ActiveStart { get; init => field = value ?? ""; } = "";

    /// <summary>Last such address.</summary>
    public string ActiveEnd { get; init => field = value ?? ""; } = "";

    /// <summary>Seconds of a lease from the active range.</summary>
    public int ActiveLeaseTime { get; init; }

    /// <summary>Seconds of a lease by reservation.</summary>
    public int ReservedLeaseTime { get; init; }

    /// <summary>Strangers get nothing.</summary>
    public bool OnlyReservations { get; init; }

    /// <summary>Options sent to every client of the subnet.</summary>
    public IReadOnlyList<DhcpOptionSetting> Options { get; init => field = value ?? []; } = [];

    /// <summary>How a client is told from another; only MAC.</summary>
    public string Strategy { get; init => field = value ?? ""; } = "";

    /// <summary>How an address is picked, in order.</summary>
    public IReadOnlyList<string> Pickers { get; init => field = value ?? []; } = [];

    /// <inheritdoc/>
    public override string Key => Name;

    /// <inheritdoc/>
    public override string Prefix => "subnets";

    /// <summary>The network as numbers; default when it does not parse.</summary>
    [JsonIgnore]
    public Cidr Cidr => Cidr.TryParse(Network, out var cidr) ? cidr : default;
}
