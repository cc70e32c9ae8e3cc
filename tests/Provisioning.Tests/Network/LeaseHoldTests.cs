using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Network;

/// <summary>Whose an address is once its lease is over: what offers, probes and words in others' names change of that.</summary>
public sealed class LeaseHoldTests
{
    private const string V = "02:00:00:00:00:0a";
    private const string M = "02:00:00:00:00:0b";
    private const string Other = "02:00:00:00:00:0c";
    private static readonly uint Via = IPv4.Parse("10.0.0.1");
    private static readonly uint X = IPv4.Parse("10.0.0.10");
    private readonly Subnet _subnet;
    private readonly LeaseTable<uint> _table;
    private DateTimeOffset _now = TestCatalog.Start;

    public LeaseHoldTests() => (_subnet, _table) = Of(last: 10);

    private static (Subnet Subnet, LeaseTable<uint> Table) Of(int last)
    {
        var subnet = TestCatalog.Subnet("10.0.0.10", $"10.0.0.{last}");
        return (subnet, new LeaseTable<uint>(IPv4Text.Instance, SubnetRange.Of(subnet), [], []));
    }

    private LeaseRules Rules => new(_subnet, new ReservationBook([]), _table);

    private static LeaseRequest By(string mac, uint wanted = 0, bool isKnown = true) => new(mac, wanted, Via) { IsKnown = isKnown };

    private LeaseDecision<uint> Do(LeaseDecision<uint> decision)
    {
        _table.Apply(decision);
        return decision;
    }

    private void Take(string mac)
    {
        Do(Rules.Discover(By(mac), _now));
        Assert.Equal(LeaseVerdict.Give, Do(Rules.Request(By(mac, X), _now)).Verdict);
    }

    /// <summary>The victim's lease ends: it runs out, or somebody says in its name that it gives the address back.</summary>
    private void End(bool isReleased)
    {
        Take(V);
        _now = _now.AddSeconds(isReleased ? 100 : 601);
        if (isReleased) Assert.NotEmpty(Do(Rules.Release(By(V, X), _now)).Changed);
        Assert.Equal(new LeaseHold(V, Lapsed: true, Released: isReleased), _table.HoldAt(X, _now));
    }

    /// <summary>
    /// The pool's only address is offered to another, who does not take it, is offered to a third, and found in use: it stays whose it
    /// was, until it is leased.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnOfferTakesNothing(bool isReleased)
    {
        End(isReleased);
        var hold = new LeaseHold(V, Lapsed: true, Released: isReleased);
        Assert.Equal("10.0.0.10", Do(Rules.Discover(By(M, X), _now)).Lease!.Addr);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        _now = _now.AddSeconds(61);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        Assert.Equal(LeaseVerdict.Give, Do(Rules.Discover(By(Other), _now)).Verdict);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        Assert.Equal(Lease.Invalid, Do(Rules.InUse(X, _now)).Changed[0].State);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        _now = _now.AddMinutes(11);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        Assert.Equal(LeaseVerdict.Give, Do(Rules.Discover(By(M), _now)).Verdict);
        Assert.Equal(hold, _table.HoldAt(X, _now));
        Assert.Equal(LeaseVerdict.Give, Do(Rules.Request(By(M, X), _now)).Verdict);
        Assert.Equal(new LeaseHold(M), _table.HoldAt(X, _now));
    }

    /// <summary>A DISCOVER in its own name, which anybody can send, is none that it takes.</summary>
    [Fact]
    public void AnOfferToItselfTakesNothingEither()
    {
        End(isReleased: false);
        Do(Rules.Discover(By(V), _now));
        Assert.Equal(new LeaseHold(V, Lapsed: true), _table.HoldAt(X, _now));
        _now = _now.AddSeconds(61);
        Assert.Equal(new LeaseHold(V, Lapsed: true), _table.HoldAt(X, _now));
        Take(V);
        Assert.Equal(new LeaseHold(V), _table.HoldAt(X, _now));
    }

    /// <summary>Also where that DISCOVER asks for another address, and the pool has it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnOfferOfAnotherAddressInItsNameTakesNothing(bool isReleased)
    {
        var (subnet, table) = Of(last: 19);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        table.Apply(rules.Discover(By(V), _now));
        table.Apply(rules.Request(By(V, X), _now));
        if (isReleased) table.Apply(rules.Release(By(V, X), _now));
        else _now = _now.AddSeconds(601);
        var offered = rules.Discover(By(V, X + 5), _now);
        table.Apply(offered);
        Assert.NotEqual("10.0.0.10", offered.Lease!.Addr);
        Assert.Equal(V, table.HoldAt(X, _now)?.Token);
        // The offer ends, and it has its address back.
        _now = _now.AddSeconds(61);
        Assert.Equal(V, table.HoldAt(X, _now)?.Token);
        Assert.Equal(LeaseVerdict.Give, rules.Request(By(V, X), _now).Verdict);
    }

    [Fact]
    public void AnOfferOfWhatNobodyHadIsNobodys()
    {
        Do(Rules.Discover(By(V), _now));
        Assert.Null(_table.HoldAt(X, _now));
        _now = _now.AddSeconds(61);
        Assert.Null(_table.HoldAt(X, _now));
        Assert.Equal("10.0.0.10", Do(Rules.Discover(By(M, X), _now)).Lease!.Addr);
    }

    /// <summary>Who was offered the address is given another one by then: the offer ends, and leaves it whose it was.</summary>
    [Fact]
    public void AnOfferThatEndsLeavesTheAddressWhoseItWas()
    {
        End(isReleased: false);
        Do(Rules.Discover(By(M), _now));
        var reserved = new LeaseRules(_subnet, new ReservationBook([new Reservation { Addr = "10.0.0.50", Token = M, Strategy = "MAC" }]),
            _table);
        Assert.Equal("10.0.0.50", Do(reserved.Discover(By(M), _now)).Lease!.Addr);
        Assert.Equal(new LeaseHold(V, Lapsed: true), _table.HoldAt(X, _now));
        Do(Rules.Discover(By(Other), _now));
        Assert.Equal(new LeaseHold(V, Lapsed: true), _table.HoldAt(X, _now));
    }

    /// <summary>Who has had another address since has nothing left at the one before.</summary>
    [Fact]
    public void WhoHasMovedOnHoldsNothing()
    {
        End(isReleased: false);
        Do(Rules.Discover(By(M), _now));
        var moved = new LeaseRules(_subnet, new ReservationBook([new Reservation { Addr = "10.0.0.50", Token = V, Strategy = "MAC" }]),
            _table);
        Do(moved.Discover(By(V), _now));
        Do(moved.Request(By(V, IPv4.Parse("10.0.0.50")), _now));
        Assert.Null(_table.HoldAt(X, _now));
        Assert.Equal(new LeaseHold(V), _table.HoldAt(IPv4.Parse("10.0.0.50"), _now));
    }

    /// <summary>A client that is late has its address back, also where it was on offer to another meanwhile.</summary>
    [Fact]
    public void WhoHadItLastHasItBackWhenAnOfferIsOver()
    {
        End(isReleased: false);
        Do(Rules.Discover(By(M), _now));
        Assert.Equal(LeaseVerdict.Refuse, Rules.Request(By(V, X), _now).Verdict);
        _now = _now.AddSeconds(61);
        Assert.Equal((LeaseVerdict.Give, V), Rules.Request(By(V, X), _now) is var back ? (back.Verdict, back.Lease!.Token) : default);
    }

    /// <summary>
    /// One DISCOVER with a hint is given no address that was another's, while there are some that nobody had; where there are none, or
    /// none is picked from them, it is.
    /// </summary>
    [Theory]
    [InlineData("hint nextFree mostExpired", 20, false, "10.0.0.11")]
    [InlineData("hint nextFree mostExpired", 20, true, "10.0.0.11")]
    [InlineData("hint nextFree mostExpired", 10, false, "10.0.0.10")]
    [InlineData("hint", 20, false, "10.0.0.10")]
    public void AHintIsNotGivenWhatWasAnothers(string pickers, int last, bool isReleased, string given)
    {
        var (subnet, table) = Of(last);
        var rules = new LeaseRules(subnet with { Pickers = ["nextFree"] }, new ReservationBook([]), table);
        table.Apply(rules.Discover(By(V), _now));
        table.Apply(rules.Request(By(V, X), _now));
        _now = _now.AddSeconds(isReleased ? 0 : 601);
        if (isReleased) table.Apply(rules.Release(By(V, X), _now));
        rules = new LeaseRules(subnet with { Pickers = pickers.Split(' ') }, new ReservationBook([]), table);
        foreach (var isKnown in new[] { true, false })
            Assert.Equal(given, rules.Discover(By(M, X, isKnown), _now).Lease!.Addr);
        Assert.Equal("10.0.0.10", rules.Discover(By(V, X), _now).Lease!.Addr);
        // What it was once offered is no more its own than what it asks for.
        if (last == 10 || pickers == "hint") return;
        table.Apply(new LeaseRules(subnet with { Pickers = ["mostExpired"] }, new ReservationBook([]), table).Discover(By(M), _now));
        Assert.Equal("10.0.0.10", table.Of(M)!.Addr);
        Assert.Equal(given, rules.Discover(By(M), _now.AddSeconds(61)).Lease!.Addr);
    }

    /// <summary>
    /// A DECLINE in a machine's name, within the minute in which it is believed: the machine's files are there for as long as it has no
    /// other address, whether the address is set aside or free.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADeclineLeavesAMachineItsFiles(bool isFull)
    {
        var (subnet, table) = Of(last: 19);
        var rules = new LeaseRules(subnet, new ReservationBook([]), table);
        table.Apply(rules.Discover(By(V), _now));
        table.Apply(rules.Request(By(V, X), _now));
        var aside = new StrangerBounds(10).SetAsideInAll;
        for (var n = 0; isFull && n < aside; n++) table.Apply(rules.InUse(X + 5 + (uint)n, _now));
        table.Apply(rules.Decline(By(V, X), _now));
        Assert.Equal(isFull ? Lease.Expired : Lease.Invalid, table.At(X)!.State);
        Assert.Equal(V, table.HoldAt(X, _now)?.Token);
        _now = _now.AddMinutes(11);
        Assert.Equal(new LeaseHold(V, Lapsed: true, Released: true), table.HoldAt(X, _now));
        table.Apply(rules.Discover(By(V, X + 1), _now));
        Assert.NotEqual("10.0.0.10", table.Of(V)!.Addr);
        // Anybody may have asked in its name: what it was offered it has not taken.
        Assert.Equal(new LeaseHold(V, Lapsed: true, Released: true), table.HoldAt(X, _now));
        table.Apply(rules.Request(By(V, IPv4.Parse(table.Of(V)!.Addr)), _now));
        Assert.Null(table.HoldAt(X, _now));
    }
}
