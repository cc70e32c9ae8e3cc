using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Jobs;

/// <summary>What machines are given, and take, of addresses and cards.</summary>
public sealed class ClaimTests
{
    private static readonly Machine Known = new() { Uuid = "u", Address = "10.0.0.5", HardwareAddrs = ["02:00:00:00:00:01"] };

    [Theory]
    [InlineData("10.0.0.5", "10.0.0.6", true)]
    [InlineData("", "10.0.0.6", true)]
    [InlineData("10.0.0.5", "10.0.0.5", false)]
    [InlineData("10.0.0.5", "", false)]
    public void AnAddressIsClaimedByAChangeThatGivesIt(string before, string after, bool isMade)
        => Assert.Equal(isMade, AddressClaims.IsMade(Known with { Address = before }, Known with { Address = after }));

    [Theory]
    [InlineData(Phase.Unknown, true)]
    [InlineData(Phase.Discovering, false)]
    public void OfANewMachineThatIsDescribedAndNotOfOneThatRegisters(Phase phase, bool isMade)
        => Assert.Equal(isMade, AddressClaims.IsMade(null, Known with { Boot = Known.Boot with { Phase = phase } }));

    [Fact]
    public void AClaimLastsWhileTheMachineHasItsAddress()
    {
        var given = AddressClaims.Kept(State("10.0.0.5", ""), Change("10.0.0.6", ""), isGiven: true);
        Assert.Equal("10.0.0.6", given.State.Claim);
        Assert.Equal("10.0.0.6", AddressClaims.Kept(State("10.0.0.6", "10.0.0.6"), Change("10.0.0.6", "10.0.0.6"), false).State.Claim);
        Assert.Equal("10.0.0.6", AddressClaims.Kept(State("10.0.0.6", "10.0.0.6"), Change("10.0.0.6", "10.0.0.6"), true).State.Claim);
        // DHCP gives another.
        Assert.Equal("", AddressClaims.Kept(State("10.0.0.6", "10.0.0.6"), Change("10.0.0.7", "10.0.0.6"), isGiven: false).State.Claim);
        // The machine is gone.
        Assert.Equal("", AddressClaims.Kept(State("10.0.0.6", "10.0.0.6"),
            new MachineChange(200, new MachineState { Claim = "10.0.0.6" }, []), isGiven: true).State.Claim);
        var same = Change("10.0.0.6", "10.0.0.6");
        Assert.Same(same, AddressClaims.Kept(State("10.0.0.6", "10.0.0.6"), same, isGiven: true));
    }

    [Fact]
    public void CardsAreClaimedByWhoHadOthersBefore()
    {
        var more = Known with { HardwareAddrs = ["02:00:00:00:00:02", "02:00:00:00:00:01", "02:00:00:00:00:03"] };
        Assert.Equal(["02:00:00:00:00:02", "02:00:00:00:00:03"], CardClaims.Of(Known, more));
        Assert.Empty(CardClaims.Of(more, Known));
        Assert.Empty(CardClaims.Of(null, more));
        Assert.Empty(CardClaims.Of(more, null));
    }

    private static MachineState State(string address, string claim) => new() { Machine = Known with { Address = address }, Claim = claim };

    private static MachineChange Change(string address, string claim) => new(200, State(address, claim), []);
}
