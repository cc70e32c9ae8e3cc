namespace Anvil.Provisioning.Network;

/// <summary>
/// Who gets which address (DRP's rules, with their faults mended: ended leases go back to the pool, and reservations' next
/// servers hold). Decisions only: nothing is stored and nothing changed here, the table neither; it applies what was decided.
/// </summary>
public sealed class LeaseRules(Subnet subnet, IReservations reservations, LeaseTable<uint> leases)
{
    /// <summary>Seconds that an offer is kept for.</summary>
    public const int OfferSeconds = 60;

    private static readonly TimeSpan ObservedFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan InvalidFor = TimeSpan.FromMinutes(10);

    /// <summary>DHCPDISCOVER.</summary>
    public LeaseDecision<uint> Discover(LeaseRequest request, DateTimeOffset now)
    {
        var reservation = ReservationFor(request.Token, request.Requested);
        if (reservation is not null)
        {
            var address = IPv4.Parse(reservation.Addr);
            var held = leases.At(address);
            if (held is null || held.Token == request.Token || !held.IsLive(now))
                return Offer(request, address, reservation, now, $"reserved for {request.Token}");
        }

        if (!subnet.Enabled) return Silence($"subnet {subnet.Name} is disabled", LeaseCause.Disabled);
        var own = leases.Of(request.Token);
        if (own is not null && reservation is null && own.State != Lease.Invalid && leases.InRange(IPv4.Parse(own.Addr))
            && !IsReserved(IPv4.Parse(own.Addr))
            && (request.Requested == 0 || request.Requested == IPv4.Parse(own.Addr) || own.IsLive(now)))
            return Offer(request, IPv4.Parse(own.Addr), null, now, "had this address before");
        foreach (var picker in subnet.Pickers)
        {
            var (address, stop) = Pick(picker, request, now);
            if (address is { } found) return Offer(request, found, null, now, $"picked by {picker}") with { Picked = true };
            if (stop) return Silence($"picker {picker} gives no address", LeaseCause.Picker);
        }

        return Silence($"subnet {subnet.Name} has no free address", LeaseCause.Exhausted);
    }

    /// <summary>DHCPREQUEST; the caller has checked option 54.</summary>
    public LeaseDecision<uint> Request(LeaseRequest request, DateTimeOffset now)
    {
        if (!IPv4.IsGlobalUnicast(request.Requested)) return Refuse("no usable address was asked for");
        var address = request.Requested;
        if (!subnet.Cidr.Contains(address)) return Refuse($"{IPv4.Format(address)} is not in subnet {subnet.Name}");
        var held = leases.At(address);
        if (held is not null && held.Token != request.Token && held.IsLive(now))
            return Refuse(held.State == Lease.Invalid
                ? $"{held.Addr} is in use by somebody unknown" : $"{held.Addr} is leased to {held.Token}");
        var reservation = ReservationFor(request.Token, address);
        if ((reservation is not null && IPv4.Parse(reservation.Addr) != address) || ReservedForOther(address, request.Token))
        {
            return held is not null && held.Token == request.Token
                ? Refuse("a reservation says otherwise") with { Changed = [held with { State = Lease.Expired, ExpireTime = now }] }
                : Refuse("a reservation says otherwise");
        }

        if (held is null || held.Token != request.Token)
        {
            // What lies in our range is ours alone to give, so the client starts again. Elsewhere in the network another server may have
            // given it, and would be undone by a NAK.
            return held is not null || reservation is not null || leases.InRange(address)
                ? Refuse($"{IPv4.Format(address)} is not leased to {request.Token}")
                : Silence($"{IPv4.Format(address)} is outside the range that Anvil gives: another server's", LeaseCause.Foreign);
        }

        var lease = Make(request, address, reservation, Lease.Ack, now);
        return new LeaseDecision<uint>(LeaseVerdict.Give, lease, reservation,
            held.State == Lease.Ack && held.IsLive(now) ? "renewed" : "leased", [lease]);
    }

    /// <summary>DHCPRELEASE: the lease ends now.</summary>
    public LeaseDecision<uint> Release(LeaseRequest request, DateTimeOffset now)
    {
        var held = leases.At(request.Requested);
        if (held is null || held.Token != request.Token) return Silence("releases an address that it does not hold", LeaseCause.NotHeld);
        return Silence("released") with { Changed = [held with { State = Lease.Expired, ExpireTime = now }] };
    }

    /// <summary>DHCPDECLINE: somebody else uses the address.</summary>
    public LeaseDecision<uint> Decline(LeaseRequest request, DateTimeOffset now)
    {
        var held = leases.At(request.Requested);
        if (held is null || held.Token != request.Token) return Silence("declines an address that it does not hold", LeaseCause.NotHeld);
        return Silence("declined") with { Changed = [held with { State = Lease.Invalid, Token = "", ExpireTime = now + InvalidFor }] };
    }

    /// <summary>A probe was answered: somebody uses an address that is free, or offered and not yet taken.</summary>
    public LeaseDecision<uint> InUse(uint address, DateTimeOffset now)
    {
        var held = leases.At(address);
        if (held is not null && held.State != Lease.Offer && held.IsLive(now))
            return Silence("the address is leased meanwhile", LeaseCause.NotHeld);
        var lease = (held ?? Make(new LeaseRequest("", address, 0), address, null, Lease.Invalid, now)) with
        {
            State = Lease.Invalid,
            Token = "",
            ExpireTime = now + InvalidFor
        };
        return Silence("in use by somebody unknown") with { Changed = [lease] };
    }

    /// <summary>A client of another server takes an address: noted for a day, so that its boot files can be found by it.</summary>
    public LeaseDecision<uint> Observe(LeaseRequest request, DateTimeOffset now)
    {
        var lease = Make(request, request.Requested, null, Lease.Fake, now) with
        {
            Duration = (int)ObservedFor.TotalSeconds,
            ExpireTime = now + ObservedFor
        };
        return Silence("another server's client") with { Changed = [lease] };
    }

    /// <summary>Addresses that are likely to be picked next, for probing them in advance.</summary>
    public IReadOnlyList<uint> Upcoming(int most)
        => subnet.Enabled && subnet.Pickers.Contains("nextFree", StringComparer.Ordinal) ? leases.Upcoming(most) : [];

    private (uint? Address, bool Stop) Pick(string picker, LeaseRequest request, DateTimeOffset now)
    {
        switch (picker)
        {
            case "hint":
                if (!leases.InRange(request.Requested) || IsReserved(request.Requested)) return (null, false);
                var held = leases.At(request.Requested);
                return held is null || held.Token == request.Token || !held.IsLive(now) ? (request.Requested, false) : (null, false);
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
        var held = leases.At(address);
        var keep = held is not null && held.Token == request.Token && held.State == Lease.Ack && held.IsLive(now);
        var lease = Make(request, address, reservation, keep ? Lease.Ack : Lease.Offer, now);
        lease = lease with { ExpireTime = keep ? held!.ExpireTime : now.AddSeconds(OfferSeconds) };
        var changed = new List<Lease>();
        if (leases.Of(request.Token) is { } old && IPv4.Parse(old.Addr) != address && old.State != Lease.Expired)
            changed.Add(old with { State = Lease.Expired, ExpireTime = now });
        if (!keep) changed.Add(lease);
        return new LeaseDecision<uint>(LeaseVerdict.Give, lease, reservation, reason, changed) { Offered = address };
    }

    private Lease Make(LeaseRequest request, uint address, Reservation? reservation, string state, DateTimeOffset now)
    {
        var seconds = reservation is null ? subnet.ActiveLeaseTime
            : reservation.Duration > 0 ? reservation.Duration : subnet.ReservedLeaseTime;
        return new Lease
        {
            Addr = IPv4.Format(address),
            Token = request.Token,
            Strategy = "MAC",
            State = state,
            Via = IPv4.Format(request.Via),
            Link = request.Link,
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
