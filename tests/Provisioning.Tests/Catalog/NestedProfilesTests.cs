using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>Profiles within profiles (DRP v4).</summary>
public sealed class NestedProfilesTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        Profile("outer", ["inner", "other"], "a"), Profile("inner", ["deep"], "a", "b"), Profile("deep", [], "b", "c", "d"),
        Profile("other", [], "c"), Profile("last", [], "d"), Profile("ring-1", ["ring-2"]), Profile("ring-2", ["ring-1"], "e"),
        Profile("broken", ["gone"]), Profile(Provisioning.Catalog.Profile.Global, ["common"]), Profile("common", [], "a", "f"));

    [Theory]
    [InlineData("a", "outer")]
    [InlineData("b", "inner")]
    [InlineData("c", "deep")]
    [InlineData("d", "deep")]
    [InlineData("e", "ring-2")]
    [InlineData("f", "common")]
    public void TheirValuesStandRightBelowTheProfilesOwn(string name, string profile)
    {
        var machine = new Machine { Uuid = "u", Name = "m1", Profiles = ["outer", "last", "ring-1"] };
        Assert.Equal(("profiles", profile), MachineParams.Find(name, machine, Catalog) is { } found ? (found.Prefix, found.Key) : default);
    }

    [Fact]
    public void ARingIsRefusedAndOneThatLacksIsNamed()
    {
        Assert.Equal(["Profile ring-1 is within its own profiles"], Problems("ring-1"));
        Assert.Equal(["Profiles: every machine has global already"],
            CatalogRules.Kinds["profiles"].Problems(Profile("new", [Provisioning.Catalog.Profile.Global]), null, Catalog));
        Assert.Empty(Problems("outer"));
        Assert.Equal(["Profile gone does not exist"], Catalog.Profiles["broken"].Errors);
    }

    /// <summary>Whoever has the outer profile is rendered the secrets of the inner one.</summary>
    [Fact]
    public void WhoPutsAProfileIntoAnotherMayOpenItsSecrets()
    {
        var writer = new Principal("w", PrincipalKind.User, [new Claim("profiles", "create,update", "*")]);
        var keeper = writer with { Claims = [.. writer.Claims, new Claim("profiles", "getSecure", "inner")] };
        var master = writer with { Claims = [.. writer.Claims, new Claim("profiles", "getSecure", "*")] };
        Assert.False(GrantRules.MayWrite(writer, null, Profile("new", ["inner"]), Catalog));
        Assert.True(GrantRules.MayWrite(keeper, null, Profile("new", ["inner"]), Catalog));
        Assert.False(GrantRules.MayWrite(keeper, null, Profile("new", ["inner", "deep"]), Catalog));
        Assert.True(GrantRules.MayWrite(writer, Profile("new", ["inner"]), Profile("new", ["inner"], "x"), Catalog));
        Assert.False(GrantRules.MayPatch(writer, Profile("new", []), ["/Params/x", "/Profiles/-"], Catalog));
        Assert.False(GrantRules.MayPatch(writer, Profile("new", []), [""], Catalog));
        Assert.True(GrantRules.MayPatch(writer, Profile("new", []), ["/Params/Profiles"], Catalog));
        Assert.True(GrantRules.MayPatch(master, Profile("new", []), ["/Profiles/-"], Catalog));
    }

    private static IEnumerable<string> Problems(string name)
        => CatalogRules.Kinds["profiles"].Problems(Catalog.Profiles[name], null, Catalog);

    private static Profile Profile(string name, IReadOnlyList<string> profiles, params string[] values) => new()
    {
        Name = name,
        Profiles = profiles,
        Params = values.ToDictionary(v => v, _ => Json.Element(name), StringComparer.Ordinal),
    };
}
