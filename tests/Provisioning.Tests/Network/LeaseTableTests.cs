using System.Globalization;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

public sealed class LeaseTableTests
{
    private static readonly DateTimeOffset Start = TestCatalog.Start;
    private static readonly AddressRange<uint> WholeEight = new(IPv4.Parse("10.0.0.1"), IPv4.Parse("10.255.255.254"));

    /// <summary>Random acts on the table, and on lists that are searched through: the same answers after each.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ItAnswersAsAPlainListDoes(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 40; round++)
        {
            var first = (uint)random.Next(1, 20);
            var range = random.Next(6) == 0 ? (AddressRange<uint>?)null : new AddressRange<uint>(first, first + (uint)random.Next(0, 40));
            var plain = new PlainTable(range);
            for (var i = random.Next(8); i > 0; i--) plain.Put(Of((uint)random.Next(1, 70), random, Start));
            for (var i = random.Next(8); i > 0; i--) plain.Reserved.Add((uint)random.Next(1, 70));
            var table = new LeaseTable<uint>(IPv4Text.Instance, range, plain.Leases.Values, plain.Reserved);
            var now = Start;
            for (var step = 0; step < 300; step++)
            {
                now = now.AddSeconds(random.Next(0, 20));
                Act(table, plain, random, now);
                Assert.Equal(plain.NextFree(), table.NextFree());
                Assert.Equal(plain.MostExpired(now), table.MostExpired(now));
                Assert.Equal(plain.Upcoming(5), table.Upcoming(5));
                Assert.Equal(plain.Leases.Count, table.Count);
            }

            foreach (var address in Enumerable.Range(1, 75).Select(a => (uint)a))
                Assert.Equal(plain.Leases.GetValueOrDefault(address), table.At(address));
        }
    }

    /// <summary>
    /// A client's lease is found by its token: the live one where an ended one is left elsewhere, whichever was put last.
    /// </summary>
    [Fact]
    public void AClientsLiveLeaseIsFoundBeforeOneThatEnded()
    {
        var table = new LeaseTable<uint>(IPv4Text.Instance, WholeEight, [], []);
        var live = new Lease { Addr = "10.0.0.9", Token = "a", State = Lease.Ack, ExpireTime = Start.AddHours(1) };
        table.Put(live);
        table.Put(new Lease { Addr = "10.0.0.8", Token = "a", State = Lease.Ack, ExpireTime = Start.AddMinutes(1) });
        Assert.Equal(live, table.Of("a"));
        table.Put(live with { State = Lease.Expired });
        table.Put(new Lease { Addr = "10.0.0.7", Token = "a", State = Lease.Offer, ExpireTime = Start.AddMinutes(1) });
        Assert.Equal("10.0.0.7", table.Of("a")!.Addr);
        table.Remove(IPv4.Parse("10.0.0.7"));
        Assert.Null(table.Of("a"));
    }

    /// <summary>16.8 million addresses, and no more memory than what is leased needs; the test's own thread alone is measured.</summary>
    [Fact]
    public void AWholeEightIsMadeOfLittle()
    {
        Make(WholeEight); // What the first use of the code allocates is not the table's.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var table = Make(WholeEight);
        var made = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(made < 8 * 1024, $"a table over a /8 took {made} bytes");
        Assert.Equal(IPv4.Parse("10.0.0.1"), table.NextFree());

        static LeaseTable<uint> Make(AddressRange<uint> range) => new(IPv4Text.Instance, range, [], []);
    }

    /// <summary>
    /// What one lease costs, counted in octets allocated: the same in an empty table as among 100,000 leases and 100,000 reservations.
    /// </summary>
    [Fact]
    public void TheCostOfALeaseDoesNotGrow()
    {
        var small = new LeaseTable<uint>(IPv4Text.Instance, WholeEight, [], []);
        var reserved = Enumerable.Range(0, 100_000).Select(i => WholeEight.First + (uint)i).ToList();
        var leases = Enumerable.Range(0, 100_000)
            .Select(i => new Lease
            {
                Addr = IPv4.Format(WholeEight.First + 200_000 + (uint)(2 * i)),
                Token = i.ToString(CultureInfo.InvariantCulture),
                State = Lease.Ack,
                ExpireTime = Start.AddSeconds(i)
            });
        var large = new LeaseTable<uint>(IPv4Text.Instance, WholeEight, leases, reserved);
        Assert.Equal(WholeEight.First + 100_000, large.NextFree());
        var (cheap, dear) = (Cost(small), Cost(large));
        Assert.True(dear < cheap * 4, $"100 leases took {cheap} octets in an empty table, and {dear} in a full one");

        static long Cost(LeaseTable<uint> table)
        {
            Give(table, 50);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Give(table, 100);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static void Give(LeaseTable<uint> table, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var address = table.NextFree()!.Value;
                var lease = new Lease
                {
                    Addr = IPv4.Format(address),
                    Token = "n" + IPv4.Hex(address),
                    State = Lease.Ack,
                    ExpireTime = Start.AddDays(9)
                };
                table.Apply(new LeaseDecision<uint>(LeaseVerdict.Give, lease, null, "", [lease]) { Offered = address });
                table.Upcoming(8);
                table.MostExpired(Start);
            }
        }
    }

    /// <summary>
    /// Reservations of expired leases are not walked over: looking for the one address that is left costs the same with 50,000 before it.
    /// </summary>
    [Fact]
    public void ReservedAddressesAreNotWalkedOver()
    {
        var end = WholeEight.First + 50_000;
        var all = Enumerable.Range(0, 50_001).Select(i => WholeEight.First + (uint)i).ToList();
        var table = new LeaseTable<uint>(IPv4Text.Instance, new AddressRange<uint>(WholeEight.First, end),
            all.Select(a =>
                new Lease
                {
                    Addr = IPv4.Format(a),
                    Token = IPv4.Hex(a),
                    State = Lease.Expired,
                    ExpireTime = Start.AddSeconds(a - WholeEight.First)
                }), all[..^1]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Assert.Equal(end, table.MostExpired(Start.AddDays(9)));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000 * 2000);
        Assert.Null(table.NextFree());
        table.Unreserve(all[7]);
        Assert.Equal(all[7], table.MostExpired(Start.AddDays(9)));
        table.Remove(all[7]);
        Assert.Equal(all[7], table.NextFree());
        table.Reserve(all[7]);
        Assert.Null(table.NextFree());
    }

    /// <summary>The same table over addresses of 128 bits, at the very end of what there is.</summary>
    [Fact]
    public void AddressesMayHave128Bits()
    {
        var range = new AddressRange<UInt128>(UInt128.MaxValue - 2, UInt128.MaxValue);
        var table = new LeaseTable<UInt128>(new NumberText(), range, [], [UInt128.MaxValue - 1]);
        Assert.Equal([UInt128.MaxValue - 2, UInt128.MaxValue], table.Upcoming(9));
        table.Apply(Given(UInt128.MaxValue - 2));
        Assert.Equal(UInt128.MaxValue, table.NextFree());
        table.Apply(Given(UInt128.MaxValue));
        Assert.Null(table.NextFree());
        table.Unreserve(UInt128.MaxValue - 1);
        Assert.Equal([UInt128.MaxValue - 1], table.Upcoming(9));

        static LeaseDecision<UInt128> Given(UInt128 address)
            => new(LeaseVerdict.Give, null, null, "",
                [new Lease { Addr = address.ToString(CultureInfo.InvariantCulture), Token = "t",
                    ExpireTime = Start }])
            { Offered = address };
    }

    private static void Act(LeaseTable<uint> table, PlainTable plain, Random random, DateTimeOffset now)
    {
        var address = (uint)random.Next(1, 70);
        switch (random.Next(6))
        {
            case 0:
                table.Reserve(address);
                plain.Reserved.Add(address);
                break;
            case 1:
                table.Unreserve(address);
                plain.Reserved.Remove(address);
                break;
            case 2:
                table.Remove(address);
                plain.Leases.Remove(address);
                break;
            case 3 when plain.NextFree() is { } free:
                var lease = Of(free, random, now);
                table.Apply(new LeaseDecision<uint>(LeaseVerdict.Give, lease, null, "", [lease]) { Offered = free });
                plain.Put(lease);
                plain.Given(free);
                break;
            default:
                var other = Of(address, random, now);
                table.Put(other);
                plain.Put(other);
                break;
        }
    }

    private static Lease Of(uint address, Random random, DateTimeOffset now) => new()
    {
        Addr = IPv4.Format(address),
        Token = random.Next(5) == 0 ? "" : $"t{random.Next(30)}",
        State = random.Next(3) == 0 ? Lease.Expired : Lease.Ack,
        ExpireTime = now.AddSeconds(random.Next(-50, 200)),
    };

    private sealed class NumberText : AddressText<UInt128>
    {
        public override UInt128 Parse(string text) => UInt128.Parse(text, CultureInfo.InvariantCulture);

        public override string Format(UInt128 address) => address.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What a lease table has to answer, found by looking through everything.</summary>
    private sealed class PlainTable(AddressRange<uint>? range)
    {
        private uint _next = range?.First ?? 0;

        public Dictionary<uint, Lease> Leases { get; } = [];

        public HashSet<uint> Reserved { get; } = [];

        public void Put(Lease lease) => Leases[IPv4.Parse(lease.Addr)] = lease;

        public void Given(uint address) => _next = address == range!.Value.Last ? range.Value.First : address + 1;

        public uint? NextFree() => Upcoming(1) is [var next] ? next : null;

        public List<uint> Upcoming(int most)
        {
            var all = new List<uint>();
            if (range is not { } r) return all;
            for (var a = r.First; a <= r.Last; a++) all.Add(a);
            return [.. all.Where(a => a >= _next).Concat(all.Where(a => a < _next))
                .Where(a => !Leases.ContainsKey(a) && !Reserved.Contains(a)).Take(most)];
        }

        public uint? MostExpired(DateTimeOffset now)
            => range is { } r
                && Leases.Where(l => r.Contains(l.Key) && !Reserved.Contains(l.Key) && l.Value.ExpireTime <= now)
                    .OrderBy(l => l.Value.ExpireTime).ThenBy(l => l.Key).ToList() is [var first, ..] ? first.Key : null;
    }
}
