using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Network;

/// <summary>An address kept for one client (DRP's Reservation). Its key is the address as upper-case hex.</summary>
public sealed record Reservation : Document
{
    /// <summary>The reserved address.</summary>
    public string Addr { get; init => field = value ?? ""; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>For people, long.</summary>
    public string Documentation { get; init => field = value ?? ""; } = "";

    /// <summary>The client: its MAC address.</summary>
    public string Token { get; init => field = ReservationToken.Port(value ?? ""); } = "";

    /// <summary>Subnet of a scoped reservation; filled by the server.</summary>
    public string Subnet { get; init => field = value ?? ""; } = "";

    /// <summary>Overrides the subnet's next server.</summary>
    public string NextServer { get; init => field = value ?? ""; } = "";

    /// <summary>Options that win over the subnet's.</summary>
    public IReadOnlyList<DhcpOptionSetting> Options { get; init => field = value ?? []; } = [];

    /// <summary>How the token is made; only MAC.</summary>
    public string Strategy { get; init => field = value ?? ""; } = "";

    /// <summary>True: holds only within the subnet that holds the address.</summary>
    public bool Scoped { get; init; }

    /// <summary>Lease seconds; 0 takes the subnet's.</summary>
    public int Duration { get; init; }

    /// <inheritdoc/>
    public override string Key => IPv4.TryParse(Addr, out var address) ? IPv4.Hex(address) : Addr;

    /// <inheritdoc/>
    public override string Prefix => "reservations";
}
