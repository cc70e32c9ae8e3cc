using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

/// <summary>What somebody on the wire can do to a pool by MAC addresses that nobody knows, and by words in others' names.</summary>
public sealed class StrangerTests
{
    private const string Victim = "02:00:00:00:00:0a";
    private static readonly uint Via = IPv4.Parse("10.0.0.1");
    private DateTimeOffset _now = TestCatalog.Start;

    private static LeaseTable<uint> Table(Subnet subnet, params Reservation[] reservations)
        => new(IPv4Text.Instance, SubnetRange.Of(subnet), [], reservations.Select(r => IPv4.Parse(r.Addr)));

    private static string Random(Random random) => $"06:{random.Next(256):x2}:{random.Next(256):x2}:{random.Next(256):x2}:00:01";

    [Fact]
    public void OffersToStrangersAreFewAndShort()
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", "10.0.0.109");
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var random = new Random(3);
        var given = new List<Lease>();
        for (var i = 0; i < 5000; i++)
        {
            var decision = rules.Discover(new LeaseRequest(Random(random), 0, Via), _now);
            table.Apply(decision);
            if (decision.Lease is { } lease) given.Add(lease);
            else Assert.Equal(LeaseCause.Strangers, decision.Cause);
        }

        Assert.Equal(25, given.Count);
        Assert.All(given, l => Assert.Equal(_now.AddSeconds(10), l.ExpireTime));

        // Who asks again after a while is served, up to the bound of one relay, and no further.
        while (rules.Discover(new LeaseRequest(Random(random), 0, Via) { IsPatient = true }, _now) is { Lease: { } lease } decision)
        {
            table.Apply(decision);
            given.Add(lease);
        }

        Assert.Equal(37, given.Count);
        Assert.Equal(0, table.Offers(_now.AddSeconds(10)));
    }

    [Fact]
    public void OnePortHasFewOffers()
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", "10.0.0.209");
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var random = new Random(5);
        bool Offered(string port)
        {
            var decision = rules.Discover(new LeaseRequest(Random(random), 0, Via) { Link = port, IsRelayed = true }, _now);
            table.Apply(decision);
            return decision.Lease is not null;
        }

        Assert.Equal(StrangerBounds.OffersOfLink, Enumerable.Range(0, 100).Count(_ => Offered("1:01")));
        Assert.True(Offered("1:02"));
        _now = _now.AddSeconds(10);
        Assert.True(Offered("1:01"));
    }

    /// <summary>
    /// A flood that offers, takes, gives back and declines at random, by made-up addresses and for an hour: whoever is known or has a
    /// reservation gets an address at every moment, and those that have one keep it.
    /// </summary>
    [Theory]
    [InlineData(16)]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(200)]
    public void AFloodOfStrangersNeverTakesTheLastAddressOfAMachineThatIsKnown(int size)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            var reservation = new Reservation { Addr = "10.0.0.12", Token = "02:00:00:00:00:0c", Strategy = "MAC" };
            var subnet = TestCatalog.Subnet("10.0.0.10", $"10.0.0.{9 + size}");
            var table = Table(subnet, reservation);
            var rules = new LeaseRules(subnet, new ReservationBook([reservation]), table);
            LeaseDecision<uint> Do(LeaseDecision<uint> decision)
            {
                table.Apply(decision);
                return decision;
            }

            var held = Do(rules.Discover(new LeaseRequest(Victim, 0, Via) { IsKnown = true }, _now)).Lease!.Addr;
            var mine = new LeaseRequest(Victim, IPv4.Parse(held), Via) { IsKnown = true };
            Do(rules.Request(mine, _now));
            for (var i = 0; i < 3000; i++)
            {
                _now = _now.AddMilliseconds(random.Next(2400));
                var mac = Random(random);
                var asked = new LeaseRequest(mac, random.Next(3) == 0 ? IPv4.Parse($"10.0.0.{random.Next(256)}") : 0, Via)
                {
                    IsPatient = random.Next(2) == 0,
                    Source = random.Next(2) == 0 ? 0 : IPv4.Parse($"10.0.0.{random.Next(256)}"),
                };
                if (Do(rules.Discover(asked, _now)).Lease is { } offer)
                {
                    var taken = asked with { Requested = IPv4.Parse(offer.Addr), Source = 0 };
                    if (random.Next(3) > 0) Do(rules.Request(taken, _now));
                    if (random.Next(4) == 0) Do(rules.Decline(taken, _now));
                    if (random.Next(9) == 0) Do(rules.Release(taken, _now));
                }

                // Right after a silo's start: offers that it may have made and does not know.
                var lost = asked with { Requested = IPv4.Parse($"10.0.0.{random.Next(256)}"), IsChosen = true, MayLackOffers = true };
                if (random.Next(2) == 0) Do(rules.Request(lost, _now));
                if (i % 100 != 0) continue;
                Assert.Equal(LeaseVerdict.Give, Do(rules.Request(mine, _now)).Verdict);
                var known = rules.Discover(new LeaseRequest($"02:00:00:00:01:{random.Next(256):x2}", 0, Via) { IsKnown = true }, _now);
                Assert.True(known.Verdict == LeaseVerdict.Give, $"seed {seed}, step {i}: {known.Reason}");
                Assert.Equal("10.0.0.12", rules.Discover(new LeaseRequest(reservation.Token, 0, Via), _now).Lease?.Addr);
            }
        }
    }

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 20)]
    public void NobodyDeclinesAPoolAway(bool isKnown, int most)
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", "10.0.0.89");
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var mac = new LeaseRequest(Random(random), 0, Via) { IsPatient = true, IsKnown = isKnown };
            var offer = rules.Discover(mac, _now);
            table.Apply(offer);
            var taken = mac with { Requested = IPv4.Parse(offer.Lease!.Addr) };
            table.Apply(rules.Request(taken, _now));
            table.Apply(rules.Decline(taken, _now));
        }

        Assert.Equal(most, table.SetAside(_now));
        Assert.Equal(LeaseVerdict.Give, rules.Discover(new LeaseRequest(Victim, 0, Via), _now).Verdict);
    }

    /// <summary>
    /// The last addresses are for machines that are known: a stranger whose lease or offer is over has none of them back, by no message.
    /// Whose lease goes on keeps it, and so does a machine's whose lease is over.
    /// </summary>
    [Fact]
    public void WhoseLeaseIsOverHasNoneOfTheLast()
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", "10.0.0.109");
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        Lease Take(LeaseRequest asked)
        {
            var offer = rules.Discover(asked, _now);
            table.Apply(offer);
            var ack = rules.Request(asked with { Requested = IPv4.Parse(offer.Lease!.Addr) }, _now);
            table.Apply(ack);
            return ack.Lease!;
        }

        var (stranger, machine) = (new LeaseRequest("06:00:00:00:00:01", 0, Via), new LeaseRequest(Victim, 0, Via) { IsKnown = true });
        var own = IPv4.Parse(Take(stranger).Addr);
        var machines = IPv4.Parse(Take(machine).Addr);
        var late = new LeaseRequest("06:00:00:00:00:02", 0, Via);
        var offered = rules.Discover(late, _now);
        table.Apply(offered);
        _now = _now.AddSeconds(500);
        var last = "";
        for (var n = 0; table.Upcoming(200).Count > new StrangerBounds(100).Kept - 3; n++)
            last = Take(new LeaseRequest($"02:00:00:00:01:{n:x2}", 0, Via) { IsKnown = true }).Addr;
        Assert.Equal(LeaseVerdict.Give, rules.Request(stranger with { Requested = own }, _now).Verdict);
        _now = _now.AddSeconds(101);
        // Three that are free, and three whose leases or offers are over.
        Assert.Equal(LeaseCause.Strangers, rules.Discover(stranger, _now).Cause);
        Assert.Equal(LeaseCause.Strangers, rules.Discover(stranger with { Requested = own }, _now).Cause);
        var refused = rules.Request(stranger with { Requested = own }, _now);
        Assert.Equal((LeaseVerdict.Refuse, $"{IPv4.Format(own)} is not leased to 06:00:00:00:00:01 any more, and the last 6 addresses of "
            + "net are for machines that are known"), (refused.Verdict, refused.Reason));
        Assert.Equal(LeaseVerdict.Refuse, rules.Request(late with { Requested = IPv4.Parse(offered.Lease!.Addr) }, _now).Verdict);
        Assert.Equal(LeaseVerdict.Give, rules.Request(machine with { Requested = machines }, _now).Verdict);
        table.Remove(IPv4.Parse(last));
        Assert.Equal(LeaseVerdict.Give, rules.Request(stranger with { Requested = own }, _now).Verdict);
        Assert.Equal(own, rules.Discover(stranger, _now).Offered);
    }

    /// <summary>A RELEASE or DECLINE from another relay, port or address than the lease's changes nothing.</summary>
    [Theory]
    [InlineData("10.0.0.2", true, "", "0.0.0.0", "came by 10.0.0.2, and the lease is known by 10.0.0.1: not believed")]
    [InlineData("10.0.0.1", true, "1:02", "0.0.0.0", "came from another port than the lease's: not believed")]
    [InlineData("10.0.0.1", false, "", "10.0.0.77", "came from 10.0.0.77, and the lease is of 10.0.0.10: not believed")]
    public void AWordFromElsewhereIsNotBelieved(string via, bool isRelayed, string port, string source, string reason)
    {
        var subnet = TestCatalog.Subnet();
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var asked = new LeaseRequest(Victim, IPv4.Parse("10.0.0.10"), Via) { Link = "1:01", IsRelayed = true };
        table.Apply(rules.Discover(asked, _now));
        table.Apply(rules.Request(asked, _now));
        var forged = new LeaseRequest(Victim, IPv4.Parse("10.0.0.10"), IPv4.Parse(via))
        {
            IsRelayed = isRelayed,
            Link = port,
            Source = IPv4.Parse(source),
        };
        foreach (var answer in new[] { rules.Release(forged, _now), rules.Decline(forged, _now) })
        {
            Assert.Equal((LeaseCause.Doubtful, reason), (answer.Cause, answer.Reason));
            Assert.Empty(answer.Changed);
        }

        Assert.NotEmpty(rules.Release(asked, _now).Changed);
    }

    [Fact]
    public void ADeclineIsBelievedBeforeTheAddressIsUsedAndNotAfter()
    {
        var subnet = TestCatalog.Subnet();
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var asked = new LeaseRequest(Victim, IPv4.Parse("10.0.0.10"), Via) { IsKnown = true };
        table.Apply(rules.Discover(asked, _now));
        table.Apply(rules.Request(asked, _now));
        Assert.Equal(LeaseCause.Doubtful, rules.Decline(asked, _now.AddSeconds(61)).Cause);
        table.Apply(rules.Decline(asked, _now.AddSeconds(5)));

        // The machine's files stay where it may still be; it is given another address, and not this one.
        Assert.Equal((Lease.Invalid, Victim), (table.At(IPv4.Parse("10.0.0.10"))!.State, table.At(IPv4.Parse("10.0.0.10"))!.Token));
        Assert.Equal(LeaseVerdict.Refuse, rules.Request(asked, _now.AddSeconds(6)).Verdict);
        Assert.Equal("10.0.0.11", rules.Discover(asked with { Requested = 0 }, _now.AddSeconds(6)).Lease!.Addr);
    }

    [Fact]
    public void AReleasedAddressStaysItsClientsWhileOthersAreFree()
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", "10.0.0.12");
        var table = Table(subnet);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        var asked = new LeaseRequest(Victim, IPv4.Parse("10.0.0.10"), Via);
        table.Apply(rules.Discover(asked, _now));
        table.Apply(rules.Request(asked, _now));
        table.Apply(rules.Release(asked, _now));
        for (var i = 1; i <= 2; i++)
        {
            var other = rules.Discover(new LeaseRequest($"02:00:00:00:02:{i:x2}", 0, Via), _now);
            table.Apply(other);
            Assert.NotEqual("10.0.0.10", other.Lease!.Addr);
        }

        Assert.Equal("10.0.0.10", rules.Discover(asked with { Requested = 0 }, _now).Lease!.Addr);
    }

    [Theory]
    [InlineData("learn", "", "10.1.0.1", "10.1.0.1", "", null)]
    [InlineData("learn", "", "10.1.0.1", "10.9.0.9", "", null)]
    [InlineData("learn", "", "10.1.0.1", "10.8.0.9", "",
        "10.8.0.9 is not relay 10.1.0.1 itself, nor the router that leads to it from here: net has to list both (Meta relays)")]
    [InlineData("learn", "", "10.1.0.1", "10.8.0.9", "10.8.0.9", null)]
    [InlineData("learn", "10.1.0.1, 10.8.0.9", "10.1.0.1", "10.8.0.9", "", null)]
    [InlineData("learn", "", "10.1.0.1", "10.9.0.9", "10.9.0.9", null)]
    [InlineData("learn", "", "10.1.0.1", "10.9.0.8", "10.9.0.9", "relay 10.1.0.1 sends from 10.9.0.9, not from 10.9.0.8")]
    [InlineData("learn", "", "10.1.0.1", "10.9.0.8", "10.1.0.1", "relay 10.1.0.1 sends from 10.1.0.1, not from 10.9.0.8")]
    [InlineData("learn", "", "10.1.0.1", "0.0.0.0", "", "0.0.0.0 is a client's address, no relay's")]
    [InlineData("learn", "", "10.1.0.1", "10.5.0.1", "", "10.5.0.1 is a client's address, no relay's")]
    [InlineData("learn", "", "10.5.0.1", "10.5.0.1", "", "10.5.0.1 is a client's address, no relay's")]
    [InlineData("learn", "", "10.7.0.1", "10.7.0.1", "", "10.7.0.1 is an edge's own address, no relay's")]
    [InlineData("learn", "10.7.0.1", "10.7.0.1", "10.7.0.1", "", "10.7.0.1 is an edge's own address, no relay's")]
    [InlineData("learn", "", "127.0.0.1", "10.9.0.9", "", "127.0.0.1 is on no wire, and so no relay's")]
    [InlineData("learn", "", "127.0.0.1", "127.0.0.1", "", null)]
    [InlineData("learn", "10.1.0.1", "10.1.0.1", "10.1.0.1", "", null)]
    [InlineData("learn", "10.1.0.1, 10.9.0.9", "10.1.0.1", "10.9.0.9", "", null)]
    [InlineData("learn", "10.1.0.1", "10.1.0.1", "10.9.0.9", "", "10.9.0.9 is not among the relays of net for 10.1.0.1")]
    [InlineData("listed", "10.1.0.2", "10.1.0.1", "10.1.0.1", "", "10.1.0.1 is not among the relays of net for 10.1.0.1")]
    [InlineData("listed", "", "10.1.0.1", "10.1.0.1", "", "net lists no relays, and the preference relays says listed")]
    public void ARelayIsBelievedFromWhereItIsKnown(string mode, string list, string relay, string source, string known, string? doubt)
    {
        var subnet = TestCatalog.Subnet() with
        {
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [RelayRules.SubnetMeta] = list },
        };
        var from = known.Length == 0 ? 0 : IPv4.Parse(known);
        Assert.Equal(doubt, RelayRules.Doubt(subnet, mode, IPv4.Parse(relay), IPv4.Parse(source), from, 1, a => a >> 16 == (10 << 8 | 9),
            a => a >> 16 == (10 << 8 | 5), a => a == IPv4.Parse("10.7.0.1")));
        // One more than an edge learns is the listed and the known ones' place alone, and the router's that clients are told.
        var over = RelayRules.Doubt(subnet, mode, IPv4.Parse(relay), IPv4.Parse(source), from, RelayRules.MostLearned,
            a => a >> 16 == (10 << 8 | 9), a => a >> 16 == (10 << 8 | 5), a => a == IPv4.Parse("10.7.0.1"));
        Assert.Equal(doubt ?? (list.Length > 0 || from != 0 ? null
            : $"2 relays of net are learned already: {relay} waits until it is listed (Meta relays)"), over);
        var routed = subnet with { Options = [new DhcpOptionSetting(3, $"192.0.2.1, {relay}")] };
        Assert.Equal(doubt, RelayRules.Doubt(routed, mode, IPv4.Parse(relay), IPv4.Parse(source), from, RelayRules.MostLearned,
            a => a >> 16 == (10 << 8 | 9), a => a >> 16 == (10 << 8 | 5), a => a == IPv4.Parse("10.7.0.1")));
    }
}
