using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Documents;

public sealed class NameRulesTests
{
    [Theory]
    [InlineData("srv01.rack2.example")]
    [InlineData("1u-server")]
    [InlineData("SRV01")]
    [InlineData("a")]
    [InlineData("d52-54-00-00-00-01.example.com")]
    [InlineData("1.2.3.4.example")]
    public void HostNamesAreNamesOfMachines(string name) => Assert.Null(NameRules.HostNameProblem(name));

    [Theory]
    [InlineData("", "needs a name")]
    [InlineData("two words", "letters (a to z)")]
    [InlineData("srv01 ", "letters (a to z)")]
    [InlineData("srv_01", "letters (a to z)")]
    [InlineData("sérv01", "letters (a to z)")]
    [InlineData("ｓｒｖ1", "letters (a to z)")]
    [InlineData("srv\u0661", "letters (a to z)")]
    [InlineData("srv.example.", "no empty part")]
    [InlineData("srv..example", "no empty part")]
    [InlineData(".srv", "no empty part")]
    [InlineData("srv-", "with a dash")]
    [InlineData("srv.-example", "with a dash")]
    [InlineData("10.0.0.1", "no address")]
    public void OthersAreRefusedWithAReason(string name, string why)
        => Assert.Contains(why, NameRules.HostNameProblem(name), StringComparison.Ordinal);

    [Fact]
    public void LengthsAreThoseOfDns()
    {
        Assert.True(NameRules.IsMachineName(new string('h', 63) + ".example"));
        Assert.False(NameRules.IsMachineName(new string('h', 64) + ".example"));
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 49), 5)) + ".abc";
        Assert.Equal(253, longest.Length);
        Assert.True(NameRules.IsMachineName(longest));
        Assert.False(NameRules.IsMachineName(longest + "d"));
    }

    [Fact]
    public void NamesAreTheSameInEitherCase()
    {
        Assert.Equal(NameRules.Fold("srv01.Rack2"), NameRules.Fold("SRV01.rack2"));
        Assert.Equal("\u0130\u212A\u00C9a", NameRules.Fold("\u0130\u212A\u00C9A"));
    }

    [Theory]
    [InlineData("ca5e0000-0000-4000-8000-000000000077", "ca5e0000-0000-4000-8000-000000000077")]
    [InlineData("CA5E0000-0000-4000-8000-000000000077", "ca5e0000-0000-4000-8000-000000000077")]
    [InlineData("{ca5e0000-0000-4000-8000-000000000077}", "")]
    [InlineData("(ca5e0000-0000-4000-8000-000000000077)", "")]
    [InlineData("ca5e0000000040008000000000000077", "")]
    [InlineData("{0xca5e0000,0x0000,0x4000,{0x80,0x00,0x00,0x00,0x00,0x00,0x00,0x77}}", "")]
    [InlineData(" ca5e0000-0000-4000-8000-000000000077 ", "")]
    [InlineData("ca5e0000-0000-4000-8000-00000000007 ", "")]
    [InlineData("+a5e0000-0000-4000-8000-000000000077", "")]
    [InlineData("0xca5e00-0000-4000-8000-000000000077", "")]
    [InlineData("urn:uuid:ca5e0000-0000-4000-8000-000000000077", "")]
    [InlineData("00000000-0000-0000-0000-000000000000", "")]
    [InlineData(null, "")]
    public void OneFormOfAUuid(string? text, string uuid)
    {
        Assert.Equal(uuid.Length > 0, UuidRules.TryRead(text, out var read));
        Assert.Equal(uuid, read);
    }
}
