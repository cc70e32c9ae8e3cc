using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Orleans.CodeGeneration;

namespace Anvil.Contracts.Subnets;

/// <summary>What a client wants of a subnet.</summary>
[GenerateSerializer, Alias("anvil.LeaseAct")]
public enum LeaseAct
{
    /// <summary>DHCPDISCOVER.</summary>
    Discover,

    /// <summary>DHCPREQUEST.</summary>
    Request,

    /// <summary>DHCPRELEASE.</summary>
    Release,

    /// <summary>DHCPDECLINE.</summary>
    Decline,

    /// <summary>A DHCPREQUEST to another server, seen beside it in a proxy subnet.</summary>
    Observe,
}

/// <summary>A DHCP message, as far as the lease goes.</summary>
[GenerateSerializer, Immutable, Alias("anvil.LeaseCall")]
public sealed record LeaseCall([property: Id(0)] LeaseAct Act, [property: Id(1)] string Token, [property: Id(2)] uint Requested,
    [property: Id(3)] uint Via)
{
    /// <summary>The edge can probe addresses on the client's network.</summary>
    [Id(4)]
    public bool CanProbe { get; init; }

    /// <summary>The client's link as its relay names it (RFC 3046); "" where no relay says.</summary>
    [Id(5)]
    public string Link { get => field ?? ""; init; }

    /// <summary>A relay passed the message on.</summary>
    [Id(6)]
    public bool IsRelayed { get; init; }

    /// <summary>Address that the client sent from, when no relay did; 0 for none.</summary>
    [Id(7)]
    public uint Source { get; init; }

    /// <summary>The edge says who is known: one of the version before does not, and nobody is a stranger to it.</summary>
    [Id(9)]
    public bool TellsStrangers { get; init; }

    /// <summary>A machine with this MAC address is known.</summary>
    [Id(8)]
    public bool IsKnown { get; init; }

    /// <summary>The client takes an offer of this server: it names it (option 54).</summary>
    [Id(10)]
    public bool IsChosen { get; init; }
}

/// <summary>How DHCP answers; the lease is durable when this arrives.</summary>
/// <param name="Verdict">What to answer.</param>
/// <param name="LeaseJson">The lease as JSON, for silos of the version that knew no other form.</param>
/// <param name="ReservationJson">The reservation as JSON, for the same.</param>
/// <param name="Reason">One line for the timeline.</param>
[GenerateSerializer, Immutable, Alias("anvil.LeaseAnswer")]
public sealed record LeaseAnswer([property: Id(0)] LeaseVerdict Verdict, [property: Id(1)] string? LeaseJson,
    [property: Id(2)] string? ReservationJson, [property: Id(3)] string Reason) : IRepeatable
{
    /// <inheritdoc/>
    [Id(4)]
    public bool Again { get; init; }

    /// <summary>Why there is no answer.</summary>
    [Id(5)]
    public LeaseCause Cause { get; init; }

    /// <summary>
    /// Addresses to be probed: the offered one first, when it was picked and not probed lately, then those that are picked next.
    /// </summary>
    [Id(6)]
    public IReadOnlyList<uint> ToProbe { get; init; } = [];

    /// <summary>The lease that is given; null for none. A silo of the version before sends its JSON alone.</summary>
    [Id(7)]
    public Lease? Lease { get => field ?? (LeaseJson is null ? null : Json.Read<Lease>(LeaseJson)); init; }

    /// <summary>The reservation that it is given by; null for none. A silo of the version before sends its JSON alone.</summary>
    [Id(8)]
    public Reservation? Reservation { get => field ?? (ReservationJson is null ? null : Json.Read<Reservation>(ReservationJson)); init; }

    /// <summary>The answer that was decided.</summary>
    public static LeaseAnswer Of(LeaseDecision<uint> decision)
        => new(decision.Verdict, decision.Lease is null ? null : Json.Write(decision.Lease),
            decision.Reservation is null ? null : Json.Write(decision.Reservation), decision.Reason)
        {
            Cause = decision.Cause,
            Lease = decision.Lease,
            Reservation = decision.Reservation,
        };
}

/// <summary>What a client is to a subnet, where several share its link and one has to be chosen.</summary>
/// <param name="IsReserved">An address of the subnet is reserved for it.</param>
/// <param name="Address">The address that it has or had here; 0 for none.</param>
[GenerateSerializer, Immutable, Alias("anvil.ClientStanding")]
public sealed record ClientStanding([property: Id(0)] bool IsReserved, [property: Id(1)] uint Address);

/// <summary>One subnet: the single writer of its leases.</summary>
[Alias("anvil.ISubnetGrain"), Version(1)]
public interface ISubnetGrain : IGrainWithStringKey
{
    /// <summary>Handles one DHCP message.</summary>
    [Alias("Handle")]
    Task<LeaseAnswer> Handle(LeaseCall call);

    /// <summary>MAC address of the client that holds an address now; null when nobody does.</summary>
    [Alias("HolderOf")]
    Task<string?> HolderOf(uint address);

    /// <summary>
    /// MAC address of the client that an address was leased to until its lease ran out; null when it was given back, or is leased.
    /// </summary>
    [Alias("LapsedHolderOf")]
    Task<string?> LapsedHolderOf(uint address);

    /// <summary>
    /// The client that an address is leased to, or was until its lease ran out; null when it was given back, or never leased.
    /// </summary>
    [Alias("WhoHas")]
    Task<AddressHolder?> WhoHas(uint address);

    /// <summary>The address that a client has or had here; 0 for none.</summary>
    [Alias("AddressOf")]
    Task<uint> AddressOf(string token);

    /// <summary>
    /// Which of some clients DHCP has given an address on the same link as another client: the same relay or interface and, where relays
    /// name links (RFC 3046), the same circuit. Silos of the version before do not know this call.
    /// </summary>
    [Alias("OnLinkOf")]
    Task<IReadOnlyList<string>> OnLinkOf(string token, IReadOnlyList<string> others);

    /// <summary>What a client is to this subnet. Silos of the version before do not know this call.</summary>
    [Alias("StandingOf")]
    Task<ClientStanding> StandingOf(string token);

    /// <summary>
    /// What a client that has its address is told beside the subnet's options (DHCPINFORM): its reservation, and no lease. Silos of the
    /// version before do not know this call.
    /// </summary>
    [Alias("Inform")]
    Task<LeaseAnswer> Inform(string token, uint address);

    /// <summary>What a probe of an address found: whether somebody uses it.</summary>
    [Alias("Probed")]
    Task Probed(uint address, bool inUse);

    /// <summary>
    /// Takes reservations over that were just written, so that they hold for the very next packet. Silos of the version before do not know
    /// this call: they follow the catalog.
    /// </summary>
    /// <returns>True.</returns>
    [Alias("TakeReservations")]
    Task<bool> TakeReservations(ReservationNotice notice);

    /// <summary>Deletes a lease, and says who did. Silos of the version before do not know this call.</summary>
    /// <returns>404 where there is none; 412 where it has changed.</returns>
    [Alias("Remove")]
    Task<Reply> Remove(LeaseRemoval removal);

    /// <summary>
    /// Says whether <see cref="Remove"/> would delete a lease, and does not (<see cref="Catalog.ICatalogGrain.Try"/> says why it is a call
    /// of its own).
    /// </summary>
    [Alias("TryRemove")]
    Task<Reply> TryRemove(LeaseRemoval removal);

    /// <summary>Deletes the lease at an address, for silos of the version before, which do not say who asks.</summary>
    [Alias("DeleteLease")]
    Task<Reply> DeleteLease(uint address);
}
