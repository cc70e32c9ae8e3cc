namespace Anvil.Provisioning.Network;

/// <summary>How DHCP answers.</summary>
public enum LeaseVerdict
{
    /// <summary>Say nothing.</summary>
    Silence,

    /// <summary>Give the lease: OFFER or ACK.</summary>
    Give,

    /// <summary>Refuse: NAK.</summary>
    Refuse,
}

/// <summary>The answer, its lease, why, and the leases to store before it is given.</summary>
/// <param name="Verdict">What to answer.</param>
/// <param name="Lease">The lease that is given; null for none.</param>
/// <param name="Reservation">The reservation that it is given by; null for none.</param>
/// <param name="Reason">One line for the timeline.</param>
/// <param name="Changed">What has to be durable before the answer leaves.</param>
public sealed record LeaseDecision<TAddress>(LeaseVerdict Verdict, Lease? Lease, Reservation? Reservation, string Reason,
    IReadOnlyList<Lease> Changed)
    where TAddress : struct
{
    /// <summary>Why there is no answer.</summary>
    public LeaseCause Cause { get; init; }

    /// <summary>Leases that make room for what changes.</summary>
    public IReadOnlyList<Lease> Removed { get; init; } = [];

    /// <summary>The address was picked from the pool: somebody unknown may be using it.</summary>
    public bool Picked { get; init; }

    /// <summary>The address that is offered, behind which the next search begins; null for none.</summary>
    public TAddress? Offered { get; init; }

    /// <summary>It is offered to a client that nobody knows.</summary>
    public bool ToStranger { get; init; }
}
