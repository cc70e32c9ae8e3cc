namespace Anvil.Provisioning.Network;

/// <summary>
/// What clients that nobody knows can take of a pool. A MAC address costs nothing, so whoever is on the wire has as many as there are:
/// without bounds a flood of DISCOVERs takes every address, by offers alone.
/// </summary>
/// <param name="size">Addresses of the pool.</param>
public readonly struct StrangerBounds(int size)
{
    /// <summary>Seconds that an offer to a stranger is kept for; UEFI collects offers for four.</summary>
    public const int OfferSeconds = 10;

    /// <summary>Offers that are out on one link that a relay names: a port of a switch, behind which few machines stand.</summary>
    public const int OffersOfLink = 8;

    /// <summary>Up to this size a pool is never too much on offer: its addresses are offered anew each ten seconds.</summary>
    private const int Small = 32;

    private const int MostOffers = 4096;

    /// <summary>Offers that may be out at once.</summary>
    public int Offers => size <= Small ? size : Math.Min(size / 2, MostOffers);

    /// <summary>Of them, those by one relay, or directly from one link.</summary>
    public int OffersOfRelay => size <= Small ? size : Offers * 3 / 4;

    /// <summary>With so many out a stranger has to ask twice: who makes addresses up does not.</summary>
    public int OffersAtOnce => size <= Small ? size : Offers / 2;

    /// <summary>Addresses that strangers never get: the last ones are for machines that are known.</summary>
    public int Kept => Math.Min(size / 16, 64);

    /// <summary>Addresses that are set aside at once because clients said that somebody else uses them.</summary>
    public int SetAside => Math.Max(2, size / 8);

    /// <summary>With those that clients said that are known, and those that probes found.</summary>
    public int SetAsideInAll => SetAside * 2;
}
