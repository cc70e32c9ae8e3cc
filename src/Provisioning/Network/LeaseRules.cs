using System.Collections.Frozen;

namespace Anvil.Provisioning.Network;

/// <summary>
/// Who gets which address (DRP's rules, with their faults mended: ended leases go back to the pool, and reservations' next
/// servers hold). Decisions only: nothing is stored and nothing changed here, the table neither; it applies what was decided.
/// </summary>
public sealed class LeaseRules(Subnet subnet, IReservations reservations, LeaseTable<uint> leases)
{
    /// <summary>Seconds that an offer to a known client is kept for.</summary>
    public const int OfferSeconds = 60;

    /// <summary>
    /// Seconds after an ACK in which a DECLINE is believed: a client declines before it uses its address (RFC 2131 section 3.1.5).
    /// </summary>
    public const int DeclineSeconds = 60;

    /// <summary>Most leases of a subnet whose addresses others give: of each client that asks for one there is a row.</summary>
    public const int MostObserved = 65_536;

    /// <summary>Of them, those that are left to known machines.</summary>
    private const int ObservedOfKnown = MostObserved / 16;

    /// <summary>Addresses of edges: nobody is given them, whatever is reserved or was leased.</summary>
    public IReadOnlySet<uint> Edges { get; init; } = FrozenSet<uint>.Empty;

    private static readonly TimeSpan ObservedFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan InvalidFor = TimeSpan.FromMinutes(10);

    /// <summary>DHCPDISCOVER.</summary>
    public LeaseDecision<uint> Discover(LeaseRequest request, DateTimeOffset now)
    {
        var reservation = ReservationFor(request.Token, request.Requested);
        if (reservation is not null)
        {
            var address = IPv4.Parse(reservation.Addr);
            if (Edges.Contains(address)) return Silence($"{reservation.Addr}, reserved for {request.Token}, is an edge's own address");
            var held = leases.At(address);
            if (held is null || held.Token == request.Token || !held.IsLive(now))
                return Offer(request, address, reservation, now, $"reserved for {request.Token}");
        }

        if (!subnet.Enabled) return Silence($"subnet {subnet.Name} is disabled", LeaseCause.Disabled);
        var own = leases.Of(request.Token);
        // Whose lease is over has no more than who comes for the first time.
        var isStranger = !request.IsKnown && reservation is null && (own is not { State: Lease.Ack } || !own.IsLive(now));
        if (isStranger && Crowd(request, own is { State: Lease.Offer } && own.IsLive(now), now) is { } crowd) return crowd;
        if (own is not null && reservation is null && own.State != Lease.Invalid && leases.InRange(IPv4.Parse(own.Addr))
            && !IsReserved(IPv4.Parse(own.Addr)) && !Edges.Contains(IPv4.Parse(own.Addr))
            && (own.IsLive(now) || !IsLeftToAnother(own, request.Token))
            && (request.Requested == 0 || request.Requested == IPv4.Parse(own.Addr) || own.IsLive(now)))
            return Offer(request, IPv4.Parse(own.Addr), null, now, "had this address before");
        foreach (var picker in subnet.Pickers)
        {
            var (address, stop) = Pick(picker, request, now);
            if (address is { } found && !Edges.Contains(found))
                return Offer(request, found, null, now, $"picked by {picker}") with { Picked = true };
            if (stop) return Silence($"picker {picker} gives no address", LeaseCause.Picker);
        }

        // What is on offer to somebody that nobody knows is not taken yet.
        if (!isStranger && leases.OldestOfStrangers(now) is { } taken)
            return Offer(request, taken, null, now, $"{IPv4.Format(taken)} was on offer to a stranger") with { Picked = true };
        return Silence($"subnet {subnet.Name} has no free address", LeaseCause.Exhausted);
    }

    /// <summary>
    /// DHCPINFORM (RFC 2131 section 4.3.5): no lease; what is reserved for the client tells the options, whatever address it has.
    /// </summary>
    public LeaseDecision<uint> Inform(string token, uint address)
        => new(LeaseVerdict.Give, null, ReservationFor(token, address), "asks for options alone", []);

    /// <summary>DHCPREQUEST; the caller has checked option 54.</summary>
    public LeaseDecision<uint> Request(LeaseRequest request, DateTimeOffset now)
    {
        if (!IPv4.IsGlobalUnicast(request.Requested)) return Refuse("no usable address was asked for");
        var address = request.Requested;
        if (!subnet.Cidr.Contains(address)) return Refuse($"{IPv4.Format(address)} is not in subnet {subnet.Name}");
        if (Edges.Contains(address)) return Refuse($"{IPv4.Format(address)} is an edge's own address");
        var held = leases.At(address);
        if (held is not null && (held.Token != request.Token || held.State == Lease.Invalid) && held.IsLive(now))
            return Refuse(held.State == Lease.Invalid
                ? $"{held.Addr} is in use by somebody unknown" : $"{held.Addr} is leased to {held.Token}");
        var reservation = ReservationFor(request.Token, address);
        if ((reservation is not null && IPv4.Parse(reservation.Addr) != address) || ReservedForOther(address, request.Token))
        {
            return held is not null && held.Token == request.Token
                ? Refuse("a reservation says otherwise") with { Changed = [Over(held, now)] }
                : Refuse("a reservation says otherwise");
        }

        var own = held is not null && (held.Token == request.Token
            || (held.GivesNothing() && held.Former == request.Token && !held.IsLive(now))) ? held : null;
        if (own is null && !TakesLostOffer(request, address, reservation, now))
        {
            // What lies in our range is ours alone to give, and who names us as its server means nobody else (RFC 2131 section 4.3.2):
            // the client starts again. Elsewhere in the network another server may have given it, and would be undone by a NAK.
            return held is not null || reservation is not null || leases.InRange(address) || request.IsChosen
                ? Refuse($"{IPv4.Format(address)} is not leased to {request.Token}")
                : Silence($"{IPv4.Format(address)} is outside the range that Anvil gives: another server's", LeaseCause.Foreign);
        }

        if (own is not null && IsTooLate(request, own, reservation, now) is { } late) return Refuse(late);
        var lease = Make(request, address, reservation, Lease.Ack, now);
        var how = own is null ? "leased; its offer was not kept" : own.State == Lease.Ack && own.IsLive(now) ? "renewed" : "leased";
        return new LeaseDecision<uint>(LeaseVerdict.Give, lease, reservation, how, [.. Ended(request.Token, address, now), lease]);
    }

    /// <summary>DHCPRELEASE: the lease ends now. Nobody can prove it: the address stays its client's while others are free.</summary>
    public LeaseDecision<uint> Release(LeaseRequest request, DateTimeOffset now)
    {
        var held = leases.At(request.Requested);
        if (held is null || held.Token != request.Token) return Silence("releases an address that it does not hold", LeaseCause.NotHeld);
        if (Doubt(request, held) is { } doubt) return Silence(doubt, LeaseCause.Doubtful);
        if (held.State == Lease.Offer) return Silence("releases what it was only offered", LeaseCause.NotHeld);
        return Silence("released") with { Changed = [held with { State = Lease.Expired, ExpireTime = now }] };
    }

    /// <summary>DHCPDECLINE: somebody else uses the address.</summary>
    public LeaseDecision<uint> Decline(LeaseRequest request, DateTimeOffset now)
    {
        var held = leases.At(request.Requested);
        if (held is null || held.Token != request.Token) return Silence("declines an address that it does not hold", LeaseCause.NotHeld);
        if (Doubt(request, held) is { } doubt) return Silence(doubt, LeaseCause.Doubtful);
        if (held.State is Lease.Ack && held.ExpireTime.AddSeconds(-held.Duration) < now.AddSeconds(-DeclineSeconds))
            return Silence($"declines an address that it has used for more than {DeclineSeconds} s: not believed", LeaseCause.Doubtful);
        if (held.State is not (Lease.Ack or Lease.Offer)) return Silence("declines an address that it does not hold", LeaseCause.NotHeld);
        // A known machine's files stay with the address until it has another one: it may be another's word.
        var isMachines = request.IsKnown && held.State == Lease.Ack;
        var freed = held with { State = Lease.Expired, Token = "", ExpireTime = now };
        // Somebody who declines whatever he is given would set the whole pool aside; a card that is known is known to all on its link.
        if (leases.SetAside(now) >= (request.IsKnown ? new StrangerBounds(leases.Size).SetAsideInAll
            : new StrangerBounds(leases.Size).SetAside))
            return Silence("declined; too many addresses are set aside already, so it is free", LeaseCause.Doubtful) with
            {
                Changed = [isMachines ? freed with { Former = held.Token, FormerUntil = now, FormerReleased = true } : freed],
            };
        return Silence("declined") with
        {
            Changed = [held with { State = Lease.Invalid, Token = isMachines ? held.Token : "", ExpireTime = now + InvalidFor }],
        };
    }

    /// <summary>A probe was answered: somebody uses an address that is free, or offered and not yet taken.</summary>
    public LeaseDecision<uint> InUse(uint address, DateTimeOffset now)
    {
        var held = leases.At(address);
        if (held is not null && held.State != Lease.Offer && held.IsLive(now))
            return Silence("the address is leased meanwhile", LeaseCause.NotHeld);
        // Anybody on the link can answer for every address: the whole pool is not set aside.
        if (leases.SetAside(now) >= new StrangerBounds(leases.Size).SetAsideInAll)
            return Silence("somebody answers for it; too many addresses are set aside already, so it is free", LeaseCause.Doubtful);
        // Who had it last may be who has answered.
        var lease = ((held ?? Make(new LeaseRequest("", address, 0), address, null, Lease.Invalid, now)) with { Token = "" })
            .After(held) with
        {
            State = Lease.Invalid,
            ExpireTime = now + InvalidFor,
        };
        return Silence("in use by somebody unknown") with { Changed = [lease] };
    }

    /// <summary>
    /// A client of another server takes an address: noted for a day, so that its boot files can be found by it. Whether that server gave
    /// it the address is not known, and anybody can say so: who had it until then is kept beside it, for as long as that was noted.
    /// </summary>
    public LeaseDecision<uint> Observe(LeaseRequest request, DateTimeOffset now)
    {
        var held = leases.At(request.Requested);
        if (held is { State: Lease.Invalid, Available: false })
            return Silence("another server's client; its address has a damaged lease here", LeaseCause.Doubtful);
        var isFull = held is null && leases.Count >= MostObserved - (request.IsKnown ? 0 : ObservedOfKnown);
        var gone = isFull ? leases.OldestObserved(now) : null;
        if (isFull && gone is null)
            return Silence($"another server's client; {leases.Count} of them are noted in {subnet.Name} already", LeaseCause.Strangers);
        var lease = Make(request, request.Requested, null, Lease.Fake, now) with
        {
            Duration = (int)ObservedFor.TotalSeconds,
            ExpireTime = now + ObservedFor
        };
        var (former, until) = Before(held, request.Token, now);
        return Silence(former.Length == 0 ? "another server's client" : $"another server's client; {former} had the address until now")
            with
        {
            Changed = [lease with { Former = former, FormerUntil = until }],
            Removed = gone is null ? [] : [gone],
        };
    }

    /// <summary>
    /// Who had an observed address before a client that asks for it, and until when: of several the first, nobody where that one comes
    /// back.
    /// </summary>
    private static (string Former, DateTimeOffset Until) Before(Lease? held, string token, DateTimeOffset now)
    {
        if (held is null) return ("", default);
        if (held.Former.Length > 0 && held.FormerUntil > now)
            return held.Former == token ? ("", default) : (held.Former, held.FormerUntil);
        return held.Token != token && held.State is (Lease.Ack or Lease.Fake) && held.IsLive(now) ? (held.Token, held.ExpireTime)
            : ("", default);
    }

    /// <summary>Addresses that are likely to be picked next, for probing them in advance.</summary>
    public IReadOnlyList<uint> Upcoming(int most)
        => subnet.Enabled && subnet.Pickers.Contains("nextFree", StringComparer.Ordinal) ? leases.Upcoming(most) : [];

    /// <summary>Why a stranger is offered nothing now; null when it may be.</summary>
    private LeaseDecision<uint>? Crowd(LeaseRequest request, bool isOffered, DateTimeOffset now)
    {
        var bounds = new StrangerBounds(leases.Size);
        if (isOffered || bounds.Offers == 0) return null;
        var (via, count) = (IPv4.Format(request.Via), leases.Offers(now));
        if (count >= bounds.Offers || leases.Offers(via, "", now) >= bounds.OffersOfRelay
            || (request.Link.Length > 0 && leases.Offers(via, request.Link, now) >= StrangerBounds.OffersOfLink))
            return Silence($"{count} addresses of {subnet.Name} are on offer to strangers", LeaseCause.Strangers);
        if (count >= bounds.OffersAtOnce && !request.IsPatient)
            return Silence($"{count} addresses of {subnet.Name} are on offer to strangers: who asks again is served",
                LeaseCause.Strangers);
        return AreTheLast(now) is { } last ? Silence(last, LeaseCause.Strangers) : null;
    }

    /// <summary>What is said to a stranger where only the last addresses are left; null while there are more.</summary>
    private string? AreTheLast(DateTimeOffset now)
        => new StrangerBounds(leases.Size).Kept is var kept and > 0 && !leases.HasMoreThan(kept, now)
            ? $"the last {kept} addresses of {subnet.Name} are for machines that are known" : null;

    /// <summary>
    /// Why a stranger whose lease or offer is over does not have it back: its address is one of the last again. Null where it may.
    /// </summary>
    private string? IsTooLate(LeaseRequest request, Lease own, Reservation? reservation, DateTimeOffset now)
        => request.IsKnown || reservation is not null || own.IsLive(now) || !leases.InRange(request.Requested) ? null
            : AreTheLast(now) is { } last ? $"{own.Addr} is not leased to {request.Token} any more, and {last}" : null;

    /// <summary>
    /// True for an address that another client had last, while there are some that nobody had: it may still be in use, and what is served
    /// there is that client's.
    /// </summary>
    private bool IsLeftToAnother(Lease held, string token)
        => (held.GivesNothing() ? held.Former : held.Token) is { Length: > 0 } last && last != token
            && subnet.Pickers.Contains("nextFree", StringComparer.Ordinal) && leases.NextFree() is not null;

    /// <summary>Why it is doubtful that a word about a lease comes from who holds it; null when nothing speaks against it.</summary>
    private static string? Doubt(LeaseRequest request, Lease held)
    {
        if (request.IsRelayed && held.Via != IPv4.Format(request.Via))
            return $"came by {IPv4.Format(request.Via)}, and the lease is known by {held.Via}: not believed";
        if (request.IsRelayed && request.Link != held.Link) return "came from another port than the lease's: not believed";
        return !request.IsRelayed && request.Source != 0 && request.Source != IPv4.Parse(held.Addr)
            ? $"came from {IPv4.Format(request.Source)}, and the lease is of {held.Addr}: not believed" : null;
    }

    private (uint? Address, bool Stop) Pick(string picker, LeaseRequest request, DateTimeOffset now)
    {
        switch (picker)
        {
            case "hint":
                if (!leases.InRange(request.Requested) || IsReserved(request.Requested)) return (null, false);
                var held = leases.At(request.Requested);
                return held is null || ((held.Token == request.Token || !held.IsLive(now)) && !IsLeftToAnother(held, request.Token))
                    ? (request.Requested, false) : (null, false);
            case "nextFree": return (leases.NextFree(), false);
            case "mostExpired": return (leases.MostExpired(now), false);
            case "point2point":
                var peer = request.Via ^ 1;
                return (leases.InRange(peer) ? peer : null, false);
            default: return (null, true);
        }
    }

    private LeaseDecision<uint> Offer(LeaseRequest request, uint address, Reservation? reservation, DateTimeOffset now, string reason)
    {
        var isStranger = !request.IsKnown && reservation is null;
        var held = leases.At(address);
        var keep = held is not null && held.Token == request.Token && held.State == Lease.Ack && held.IsLive(now);
        var lease = Make(request, address, reservation, keep ? Lease.Ack : Lease.Offer, now);
        var seconds = isStranger ? StrangerBounds.OfferSeconds : OfferSeconds;
        lease = keep ? lease with { ExpireTime = held!.ExpireTime } : lease.After(held) with { ExpireTime = now.AddSeconds(seconds) };
        var changed = Ended(request.Token, address, now);
        if (!keep) changed.Add(lease);
        return new LeaseDecision<uint>(LeaseVerdict.Give, lease, reservation, reason, changed)
        {
            Offered = address,
            ToStranger = isStranger && !keep,
        };
    }

    /// <summary>
    /// True for a client that takes an offer of which nothing is known: who made it was ended before it was stored. It is leased what it
    /// would be offered now.
    /// </summary>
    private bool TakesLostOffer(LeaseRequest request, uint address, Reservation? reservation, DateTimeOffset now)
    {
        // Who speaks past its relay has an address, and takes no offer.
        if (!request.IsChosen || !request.MayLackOffers || request.Via == 0) return false;
        if (reservation is not null) return true;
        // Who has an address is offered that one, and no other.
        if (!subnet.Enabled || !leases.InRange(address) || leases.Of(request.Token) is { } own && own.IsLive(now)) return false;
        return IsPickable(address, request.Via) && (request.IsKnown || Crowd(request, isOffered: false, now) is null);
    }

    /// <summary>True for an address that nobody has had and that a picker may give, before one that stops the search.</summary>
    private bool IsPickable(uint address, uint via)
    {
        if (leases.At(address) is not null) return false;
        foreach (var picker in subnet.Pickers)
        {
            switch (picker)
            {
                case "hint" or "nextFree": return true;
                case "mostExpired": continue;
                case "point2point" when address == (via ^ 1): return true;
                case "point2point": continue;
                default: return false;
            }
        }

        return false;
    }

    /// <summary>A client's lease of another address, which ends with its next one.</summary>
    private List<Lease> Ended(string token, uint address, DateTimeOffset now)
        => leases.Of(token) is { } old && IPv4.Parse(old.Addr) != address && old.State is not (Lease.Expired or Lease.Invalid)
            ? [Over(old, now)] : [];

    /// <summary>A lease that ends. An offer that nobody took leaves the address to who had it last.</summary>
    private static Lease Over(Lease held, DateTimeOffset now)
        => (held is { State: Lease.Offer, Former.Length: > 0 } ? held with { Token = "" } : held) with
        {
            State = Lease.Expired,
            ExpireTime = now,
        };

    private Lease Make(LeaseRequest request, uint address, Reservation? reservation, string state, DateTimeOffset now)
    {
        var seconds = reservation is null ? subnet.ActiveLeaseTime
            : reservation.Duration > 0 ? reservation.Duration : subnet.ReservedLeaseTime;
        // Who speaks to us past its relay is still on the link that it was on.
        var past = request.Via == 0 && leases.At(address) is { } held && held.Token == request.Token ? held : null;
        return new Lease
        {
            Addr = IPv4.Format(address),
            Token = request.Token,
            Strategy = "MAC",
            State = state,
            Via = past is null ? IPv4.Format(request.Via) : past.Via,
            Link = past is null ? request.Link : past.Link,
            Duration = seconds,
            ExpireTime = now.AddSeconds(seconds),
            SkipBoot = subnet.Unmanaged,
            Validated = true,
            Available = true,
            NextServer = reservation?.NextServer is { Length: > 0 } own ? own : subnet.NextServer,
        };
    }

    private Reservation? ReservationFor(string token, uint requested)
    {
        var own = reservations.Of(token).Where(r => subnet.Cidr.Contains(IPv4.Parse(r.Addr))).ToList();
        return own.Find(r => IPv4.Parse(r.Addr) == requested) ?? own.Find(r => r.Scoped) ?? own.FirstOrDefault();
    }

    private bool IsReserved(uint address) => reservations.At(address) is not null;

    private bool ReservedForOther(uint address, string token)
        => reservations.At(address) is { } other && other.Token != token;

    private static LeaseDecision<uint> Silence(string reason, LeaseCause cause = LeaseCause.None)
        => new(LeaseVerdict.Silence, null, null, reason, []) { Cause = cause };

    private static LeaseDecision<uint> Refuse(string reason) => new(LeaseVerdict.Refuse, null, null, reason, []);
}
