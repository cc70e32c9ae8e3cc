using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

public sealed class LeaseRulesTests
{
    private const string A = "02:00:00:00:00:0a";
    private const string B = "02:00:00:00:00:0b";
    private static readonly uint Via = IPv4.Parse("10.0.0.1");
    private DateTimeOffset _now = TestCatalog.Start;

    [Fact]
    public void DiscoverThenRequestGivesALease()
    {
        var net = new Net(TestCatalog.Subnet());
        Assert.Equal("10.0.0.10", net.Discover(A, _now).Lease!.Addr);
        var ack = net.Request(A, "10.0.0.10", _now);
        Assert.Equal((LeaseVerdict.Give, Lease.Ack, 600), (ack.Verdict, ack.Lease!.State, ack.Lease.Duration));
    }

    [Fact]
    public void TheSameClientKeepsItsAddress()
    {
        var net = new Net(TestCatalog.Subnet());
        net.Lease(A, _now);
        net.Lease(B, _now);
        Assert.Equal("10.0.0.10", net.Discover(A, _now.AddDays(1)).Lease!.Addr);
    }

    [Fact]
    public void APoolRunsDryAndRecovers()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.11"));
        net.Lease(A, _now);
        net.Lease(B, _now);
        Assert.Equal(LeaseVerdict.Silence, net.Discover("02:00:00:00:00:0c", _now).Verdict);
        Assert.Equal("10.0.0.10", net.Discover("02:00:00:00:00:0c", _now.AddSeconds(601)).Lease!.Addr);
    }

    /// <summary>The first had run out when the client was given another one; asking for the first again gives up the other.</summary>
    [Fact]
    public void AClientThatGoesBackToItsFormerAddressLeavesItsPresentOne()
    {
        var net = new Net(TestCatalog.Subnet());
        net.Lease(A, _now);
        _now = _now.AddSeconds(601);
        net.Apply(net.Rules.Discover(new LeaseRequest(A, IPv4.Parse("10.0.0.11"), Via), _now));
        Assert.Equal(LeaseVerdict.Give, net.Request(A, "10.0.0.11", _now).Verdict);
        var back = net.Request(A, "10.0.0.10", _now);
        Assert.Equal((LeaseVerdict.Give, "leased"), (back.Verdict, back.Reason));
        Assert.Equal([("10.0.0.11", Lease.Expired), ("10.0.0.10", Lease.Ack)], back.Changed.Select(l => (l.Addr, l.State)));
    }

    [Fact]
    public void ADamagedLeaseIsGivenToNobodyAndNotWrittenOver()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.10"));
        net.Apply(new LeaseDecision<uint>(LeaseVerdict.Silence, null, null, "",
            [new Lease { Addr = "10.0.0.10", State = Lease.Invalid, ExpireTime = _now.AddYears(1000) }]));
        Assert.Equal(LeaseVerdict.Silence, net.Discover(A, _now).Verdict);
        Assert.Equal(LeaseVerdict.Refuse, net.Request(A, "10.0.0.10", _now).Verdict);
        Assert.Empty(net.Rules.Observe(new LeaseRequest(A, IPv4.Parse("10.0.0.10"), Via), _now).Changed);
        Assert.Empty(net.Rules.InUse(IPv4.Parse("10.0.0.10"), _now).Changed);
    }

    [Fact]
    public void AReleasedAddressIsFreeAtOnce()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.10"));
        net.Lease(A, _now);
        net.Apply(net.Rules.Release(new LeaseRequest(A, IPv4.Parse("10.0.0.10"), Via), _now));
        Assert.Equal("10.0.0.10", net.Discover(B, _now).Lease!.Addr);
    }

    [Fact]
    public void ADeclinedAddressIsLeftAloneForTenMinutes()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.11"));
        net.Lease(A, _now);
        net.Apply(net.Rules.Decline(new LeaseRequest(A, IPv4.Parse("10.0.0.10"), Via), _now));
        net.Lease(A, _now);
        Assert.Equal(LeaseVerdict.Silence, net.Discover(B, _now).Verdict);
        Assert.Equal("10.0.0.11", net.Request(A, "10.0.0.11", _now.AddMinutes(9)).Lease!.Addr);
        Assert.Equal("10.0.0.10", net.Discover(B, _now.AddMinutes(11)).Lease!.Addr);
    }

    [Theory]
    [InlineData("10.0.0.10", "10.0.0.10 is leased to 02:00:00:00:00:0a")]
    [InlineData("10.0.0.15", "10.0.0.15 is not leased to 02:00:00:00:00:0b")]
    [InlineData("10.9.0.15", "10.9.0.15 is not in subnet net")]
    [InlineData("0.0.0.0", "no usable address was asked for")]
    public void ARequestForWhatIsNotTheClientsIsRefused(string address, string reason)
    {
        var net = new Net(TestCatalog.Subnet());
        net.Lease(A, _now);
        var answer = net.Request(B, address, _now);
        Assert.Equal((LeaseVerdict.Refuse, reason), (answer.Verdict, answer.Reason));
    }

    /// <summary>A silo may end before it has written its offer: who takes it is leased what would be offered now, and nothing
    /// else.</summary>
    [Theory]
    [InlineData("10.0.0.15", "nextFree", true)]
    [InlineData("10.0.0.15", "hint", true)]
    [InlineData("10.0.0.15", "mostExpired", false)]
    [InlineData("10.0.0.15", "none", false)]
    [InlineData("10.0.0.15", "none nextFree", false)]
    [InlineData("10.0.0.15", "mostExpired nextFree", true)]
    [InlineData("10.0.0.15", "point2point", false)]
    [InlineData("10.0.0.10", "nextFree", false)]
    [InlineData("10.0.0.16", "nextFree", false)]
    [InlineData("10.0.0.200", "nextFree", false)]
    public void WhoTakesAnOfferThatWasLostIsLeasedIt(string address, string picker, bool isLeased)
    {
        var reservation = new Reservation { Addr = "10.0.0.16", Token = "02:00:00:00:00:0c", Strategy = "MAC" };
        var net = new Net(TestCatalog.Subnet(), reservation);
        net.Lease(A, _now);
        net.Subnet = net.Subnet with { Pickers = picker.Split(' ') };
        var request = new LeaseRequest(B, IPv4.Parse(address), Via) { IsKnown = true, IsChosen = true, MayLackOffers = true };
        var answer = net.Rules.Request(request, _now);
        Assert.Equal(isLeased, answer.Verdict == LeaseVerdict.Give);
        Assert.NotEqual(LeaseVerdict.Give, net.Rules.Request(request with { IsChosen = false }, _now).Verdict);
        if (!isLeased) return;
        Assert.Equal((B, Lease.Ack, address), (answer.Lease!.Token, answer.Lease.State, answer.Lease.Addr));
        Assert.Equal([answer.Lease], answer.Changed);
    }

    /// <summary>One client does not come to several addresses by taking offers that nobody made.</summary>
    [Fact]
    public void WhoHasAnAddressTakesNoLostOffer()
    {
        var net = new Net(TestCatalog.Subnet());
        net.Lease(A, _now);
        foreach (var address in new[] { "10.0.0.12", "10.0.0.13" })
        {
            var lost = new LeaseRequest(A, IPv4.Parse(address), Via) { IsKnown = true, IsChosen = true, MayLackOffers = true };
            var answer = net.Apply(net.Rules.Request(lost, _now));
            Assert.Equal(LeaseVerdict.Refuse, answer.Verdict);
        }

        Assert.Equal("10.0.0.10", net.Discover(A, _now).Lease!.Addr);
    }

    [Fact]
    public void AReservationIsKeptForItsClientAlone()
    {
        var reservation = new Reservation { Addr = "10.0.0.10", Token = A, Strategy = "MAC", NextServer = "10.0.0.9" };
        var net = new Net(TestCatalog.Subnet(), reservation);
        Assert.Equal("10.0.0.11", net.Discover(B, _now).Lease!.Addr);
        var offer = net.Discover(A, _now);
        Assert.Equal(("10.0.0.10", "10.0.0.9"), (offer.Lease!.Addr, offer.Lease.NextServer));
        Assert.Equal(7200, net.Request(A, "10.0.0.10", _now).Lease!.Duration);
    }

    /// <summary>RFC 2131 section 4.3.2: of what another server may have given (an address outside our range) nothing is said.</summary>
    [Fact]
    public void AForeignServersLeaseIsLeftAlone()
    {
        var net = new Net(TestCatalog.Subnet());
        var answer = net.Request(A, "10.0.0.200", _now);
        Assert.Equal((LeaseVerdict.Silence, LeaseCause.Foreign), (answer.Verdict, answer.Cause));
    }

    [Fact]
    public void AnAddressThatAProbeFindsInUseIsNotGiven()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.12"));
        var offer = net.Discover(A, _now);
        Assert.True(offer.Picked);
        Assert.Equal([IPv4.Parse("10.0.0.11"), IPv4.Parse("10.0.0.12")], net.Rules.Upcoming(8));
        net.Apply(net.Rules.InUse(IPv4.Parse("10.0.0.10"), _now));
        net.Apply(net.Rules.InUse(IPv4.Parse("10.0.0.11"), _now));
        Assert.Equal((LeaseVerdict.Refuse, "10.0.0.10 is in use by somebody unknown"),
            (net.Request(A, "10.0.0.10", _now).Verdict, net.Request(A, "10.0.0.10", _now).Reason));
        Assert.Equal("10.0.0.12", net.Discover(A, _now).Lease!.Addr);
        net.Request(A, "10.0.0.12", _now);
        Assert.Empty(net.Rules.InUse(IPv4.Parse("10.0.0.12"), _now).Changed);
        Assert.Equal("10.0.0.10", net.Discover(B, _now.AddMinutes(11)).Lease!.Addr);
    }

    /// <summary>The rules say what is to be done: until it is applied, the same question has the same answer.</summary>
    [Fact]
    public void DecidingChangesNothing()
    {
        var net = new Net(TestCatalog.Subnet());
        var request = new LeaseRequest(A, 0, Via);
        Assert.Equal(net.Rules.Discover(request, _now).Lease!.Addr, net.Rules.Discover(request with { Token = B }, _now).Lease!.Addr);
    }

    [Fact]
    public void TheNetworksOwnAddressAndItsBroadcastAreNeverGiven()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.0", "10.0.0.255"));
        var given = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 256; i++)
        {
            if (net.Apply(net.Rules.Discover(new LeaseRequest($"02:00:00:00:01:{i:x2}", 0, Via) { IsKnown = true }, _now)).Lease
                is { } lease) given.Add(lease.Addr);
        }

        Assert.Equal(254, given.Count);
        Assert.DoesNotContain("10.0.0.0", given);
        Assert.DoesNotContain("10.0.0.255", given);
    }

    [Fact]
    public void OnlyReservationsIgnoresStrangers()
        => Assert.Equal(LeaseVerdict.Silence, new Net(TestCatalog.Subnet(pickers: ["none"])).Discover(A, _now).Verdict);

    [Fact]
    public void ADisabledSubnetRenewsButGivesNothingNew()
    {
        var net = new Net(TestCatalog.Subnet());
        net.Lease(A, _now);
        net.Subnet = net.Subnet with { Enabled = false };
        Assert.Equal(LeaseVerdict.Silence, net.Discover(B, _now).Verdict);
        Assert.Equal(LeaseVerdict.Give, net.Request(A, "10.0.0.10", _now).Verdict);
    }

    [Fact]
    public void NoTwoLiveLeasesEverShareAnAddress()
    {
        var random = new Random(1);
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.25"));
        var holders = new Dictionary<string, (string Mac, DateTimeOffset Until)>(StringComparer.Ordinal);
        for (var i = 0; i < 20_000; i++)
        {
            _now = _now.AddSeconds(random.Next(0, 90));
            var mac = $"02:00:00:00:00:{random.Next(0, 40):x2}";
            var offer = net.Discover(mac, _now);
            if (offer.Lease is null || random.Next(4) == 0) continue;
            var ack = net.Request(mac, offer.Lease.Addr, _now);
            if (ack.Verdict != LeaseVerdict.Give) continue;
            var address = ack.Lease!.Addr;
            if (holders.TryGetValue(address, out var holder))
                Assert.True(holder.Mac == mac || holder.Until <= _now,
                    $"{address} was {holder.Mac}'s until {holder.Until}, and is given to {mac} at {_now}");
            holders[address] = (mac, ack.Lease.ExpireTime);
            if (random.Next(5) != 0) continue;
            net.Apply(net.Rules.Release(new LeaseRequest(mac, IPv4.Parse(address), Via), _now));
            holders.Remove(address);
        }
    }

    /// <summary>Beside another server anybody can ask for anybody's address: who had it first is kept, until it has it again.</summary>
    [Fact]
    public void WhoHadAnObservedAddressIsKeptBesideWhoAsksForIt()
    {
        const string C = "02:00:00:00:00:0c";
        var net = new Net(TestCatalog.Subnet() with { Proxy = true });
        (string Token, string Former) Seen(string mac, int hours)
        {
            var lease = net.Apply(net.Rules.Observe(new LeaseRequest(mac, IPv4.Parse("10.0.0.77"), Via), _now.AddHours(hours))).Changed[0];
            return (lease.Token, lease.Former);
        }

        Assert.Equal((A, ""), Seen(A, 0));
        Assert.Equal((B, A), Seen(B, 1));
        Assert.Equal((B, A), Seen(B, 2));
        Assert.Equal((C, A), Seen(C, 3));
        Assert.Equal((A, ""), Seen(A, 4));
        Assert.Equal((C, A), Seen(C, 5));
        // Its own time is over: who is there now was there for a day.
        Assert.Equal((B, C), Seen(B, 28));
        Assert.Equal((A, ""), Seen(A, 60));
    }

    [Fact]
    public void ObservedLeasesHaveABoundAndKnownMachinesAPartOfIt()
    {
        var net = new Net(TestCatalog.Subnet() with { Proxy = true, Network = "10.0.0.0/8" });
        LeaseDecision<uint> Seen(int number, DateTimeOffset now, bool isKnown = false) => net.Apply(net.Rules.Observe(
            new LeaseRequest($"06:00:00:{number >> 16:x2}:{(number >> 8) & 255:x2}:{number & 255:x2}",
                IPv4.Parse("10.1.0.0") + (uint)number, Via)
            { IsKnown = isKnown }, now));
        var taken = Enumerable.Range(0, 70_000).Count(n => Seen(n, _now).Changed.Count > 0);
        Assert.Equal(LeaseRules.MostObserved * 15 / 16, taken);
        Assert.Equal(LeaseCause.Strangers, Seen(80_000, _now).Cause);
        taken += Enumerable.Range(100_000, 10_000).Count(n => Seen(n, _now, isKnown: true).Changed.Count > 0);
        Assert.Equal(LeaseRules.MostObserved, taken);
        // Who has a row goes on, and what has ended makes room, one for one.
        Assert.Single(Seen(5, _now).Changed);
        var later = Seen(80_000, _now.AddDays(2));
        Assert.Equal((1, 1), (later.Changed.Count, later.Removed.Count));
        Assert.NotEqual("10.1.0.5", later.Removed[0].Addr);
    }

    /// <summary>Who answers for every address that is probed sets no more aside than who declines them.</summary>
    [Fact]
    public void ProbesSetOnlyAPartOfAPoolAside()
    {
        var net = new Net(TestCatalog.Subnet("10.0.0.10", "10.0.0.109"));
        foreach (var n in Enumerable.Range(10, 100)) net.Apply(net.Rules.InUse(IPv4.Parse($"10.0.0.{n}"), _now));
        var most = new StrangerBounds(100).SetAsideInAll;
        Assert.Equal(LeaseCause.Doubtful, net.Rules.InUse(IPv4.Parse("10.0.0.109"), _now).Cause);
        var given = Enumerable.Range(0, 100).Count(n => net.Discover($"02:00:00:00:01:{n:x2}", _now).Verdict == LeaseVerdict.Give
            && net.Request($"02:00:00:00:01:{n:x2}", $"10.0.0.{10 + most + n}", _now).Verdict == LeaseVerdict.Give);
        Assert.Equal(100 - most - new StrangerBounds(100).Kept, given);
        Assert.Single(net.Rules.InUse(IPv4.Parse("10.0.0.10"), _now.AddMinutes(11)).Changed);
    }

    private sealed class Net(Subnet subnet, params Reservation[] reservations)
    {
        private readonly ReservationBook _reservations = new(reservations);

        private readonly LeaseTable<uint> _table = new(IPv4Text.Instance, SubnetRange.Of(subnet), [],
            reservations.Select(r => IPv4.Parse(r.Addr)));

        public Subnet Subnet { get; set; } = subnet;

        public LeaseRules Rules => new(Subnet, _reservations, _table);

        public LeaseDecision<uint> Discover(string mac, DateTimeOffset now) => Apply(Rules.Discover(new LeaseRequest(mac, 0, Via), now));

        public LeaseDecision<uint> Request(string mac, string address, DateTimeOffset now)
            => Apply(Rules.Request(new LeaseRequest(mac, IPv4.Parse(address), Via), now));

        public void Lease(string mac, DateTimeOffset now) => Request(mac, Discover(mac, now).Lease!.Addr, now);

        public LeaseDecision<uint> Apply(LeaseDecision<uint> decision)
        {
            _table.Apply(decision);
            return decision;
        }
    }
}
