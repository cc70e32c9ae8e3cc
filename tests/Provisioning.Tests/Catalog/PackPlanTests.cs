using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>What storing and deleting uploaded content packs comes to.</summary>
public sealed class PackPlanTests
{
    private static readonly CatalogSnapshot Empty = CatalogSnapshot.Of(ContentPack.Load("anvil",
        [new ContentFile("meta.yml", "Version: 0.3"), new ContentFile("stages/none.yml", "Name: none"),
            new ContentFile("stages/other.yml", "Name: other\nDescription: Anvil's")]));

    [Theory]
    [InlineData("", "7.1.0", true)]
    [InlineData(">=1.2.3", "1.2.3", true)]
    [InlineData(">=1.2.3", "v1.2.2", false)]
    [InlineData(">= 1.2", "1.2.0-tip.5+x", true)]
    [InlineData(">1.2", "1.2.9", false)]
    [InlineData(">1.2.x", "1.3.0", true)]
    [InlineData("<=1.2.x", "1.2.9", true)]
    [InlineData("<1.2", "1.2.0", false)]
    [InlineData("1.x", "1.9.9", true)]
    [InlineData("=1.2", "1.3.0", false)]
    [InlineData("==1.2.3", "1.2.3", true)]
    [InlineData("!=1.2.3", "1.2.3", false)]
    [InlineData("!1.2", "1.2.7", false)]
    [InlineData(">=1.0.0 <2.0.0", "2.0.0", false)]
    [InlineData(">=1.0.0 <2.0.0 || >=3", "3.0.1", true)]
    [InlineData("*", "0.0.0", true)]
    public void ARangeTakesItsVersions(string range, string version, bool isWithin)
    {
        var catalog = With(Empty, Pack("below", version));
        var plan = () => Storing(Pack("above", "1", prerequisites: $"below: {range}"), true, false, catalog);
        if (isWithin) Assert.Equal("above", plan().Name);
        else Assert.Equal("Layer above prerequisite test on below failed", Assert.Throws<ApiException>(plan).Error.Messages[0]);
    }

    [Theory]
    [InlineData(">=1.2.foo")]
    [InlineData(">=")]
    [InlineData("~1.2")]
    [InlineData("1.2 ||")]
    [InlineData("1.2.3.4")]
    [InlineData("x.2")]
    [InlineData(">=99999999999999999999")]
    public void WhatIsNoRangeIsRefused(string range)
        => Assert.Contains("Invalid version requirement for anvil", Assert.Throws<ApiException>(
            () => Storing(Pack("above", "1", prerequisites: $"anvil: {range}"), true, false, Empty)).Error.Messages[0],
            StringComparison.Ordinal);

    [Fact]
    public void APackComesAndGoesWithItsObjectsAndWhatLayBelowIsSeenAgain()
    {
        var catalog = With(Empty, Pack("mine", "1", ("stages", "other", """{"Name":"other","Description":"mine"}"""),
            ("stages", "second", """{"Name":"second"}""")));
        Assert.Equal(("mine", true), (catalog.Stages["other"].Description, catalog.Stages["other"].ReadOnly));
        Assert.Equal(["mine", "mine"], new[] { "other", "second" }.Select(s => catalog.Stages[s].Bundle));
        Assert.Equal(0, catalog.RevisionOf("stages", "other"));
        var plan = PackPlan.Deleting("mine", catalog);
        Assert.Equal(["update stages:other", "delete stages:second"], plan.Steps.Select(s => $"{s.Action} {s.Key}"));
        Assert.Equal(["second"], plan.Gone.Select(d => d.Key));
        Assert.Equal("Anvil's", plan.After.Stages["other"].Description);
        Assert.False(plan.After.Stages.ContainsKey("second"));
        Assert.Empty(plan.After.Packs);
        Assert.Empty(plan.After.OfKind(StoredPack.Kind));
    }

    /// <summary>What stays as it is takes no right of who replaces the pack; what changes takes one each.</summary>
    [Fact]
    public void AReplacementIsHeldToTheRightsOnWhatItChanges()
    {
        var before = With(Empty, Pack("mine", "1", ("stages", "same", """{"Name":"same"}"""),
            ("stages", "changed", """{"Name":"changed"}"""), ("tasks", "gone", """{"Name":"gone"}""")));
        var plan = Storing(Pack("mine", "2", ("stages", "same", """{"Name":"same","Tasks":[]}"""),
            ("stages", "changed", """{"Name":"changed","Reboot":true}"""), ("params", "come", """{"Name":"come"}""")), false, false,
            before);
        Assert.Equal(["create params:come", "update stages:changed", "delete tasks:gone"], plan.Steps.Select(s => $"{s.Action} {s.Key}"));
        PackGrants.Check(Who(new Claim("stages", "update", "*"), new Claim("params", "create", "come"), new Claim("tasks", "delete", "*")),
            plan);
        PackGrants.Check(Who(Claim.All), plan);
        var refused = Assert.Throws<ApiException>(() => PackGrants.Check(Who(new Claim("contents", "*", "*")), plan)).Error;
        Assert.Equal(403, refused.Code);
        Assert.Equal(["Cannot access contents/mine", "/sections/params/come: Requires: params create come",
            "/sections/stages/changed: Requires: stages update changed", "/sections/tasks/gone: Requires: tasks delete gone"],
            refused.Messages);
    }

    /// <summary>Public packs have them.</summary>
    [Fact]
    public void WhatDrpTakesAndGivesNobodyAnythingIsTakenAndTold()
    {
        var pack = Pack("public", "1",
            ("params", "secret", """{"Name":"secret","Secure":true,"Schema":{"type":"string","default":"x"}}"""),
            ("tasks", "partial", """{"Name":"partial","ExtraClaims":[{"scope":"users","action":"get"}]}"""));
        var plan = Storing(pack, true, false, Empty);
        var warnings = PackSummary.Of("public", plan.After)!.Warnings;
        Assert.Equal(2, warnings.Count);
        Assert.Contains("params:secret: its default is kept in clear", warnings[0], StringComparison.Ordinal);
        Assert.Contains("tasks:partial: one of its ExtraClaims", warnings[1], StringComparison.Ordinal);
        Assert.Throws<ApiException>(() => PackGrants.Check(Who(new Claim("tasks,params", "*", "some")), plan));
    }

    /// <summary>A silo that was started with another folder, or a version before, may have stored what the pack has.</summary>
    [Fact]
    public void WhatIsStoredStandsAboveAPackAndIsTold()
    {
        var stored = new Stage { Name = "mine", Description = "the API's", Validated = true, Available = true };
        var catalog = With(Empty, Pack("pack", "1", ("stages", "mine", """{"Name":"mine"}"""))).With(new CatalogDelta(5,
            [new CatalogEntry(stored, 5)], [], IsWhole: false));
        Assert.Equal("the API's", catalog.Stages["mine"].Description);
        Assert.Equal(["stages:mine is stored, too: the pack's does not serve"], PackSummary.Of("pack", catalog)!.Warnings);
    }

    private static PackPlan Storing(StoredPack pack, bool isNew, bool replacesWritable, CatalogSnapshot before)
        => PackPlan.Storing(pack, isNew, replacesWritable, before, Who(Claim.All));

    private static Principal Who(params Claim[] claims) => new("somebody", PrincipalKind.User, claims);

    private static CatalogSnapshot With(CatalogSnapshot catalog, StoredPack pack)
        => catalog.With(new CatalogDelta(catalog.Revision + 1, [new CatalogEntry(pack, catalog.Revision + 1)], [], IsWhole: false));

    private static StoredPack Pack(string name, string version, params (string Kind, string Key, string Json)[] objects)
        => Pack(name, version, "", objects);

    private static StoredPack Pack(string name, string version, string prerequisites,
        params (string Kind, string Key, string Json)[] objects) => new PackBody
        {
            About = new ContentMeta { Name = name, Version = version, Prerequisites = prerequisites },
            Sections = objects.GroupBy(o => o.Kind).ToDictionary(g => g.Key,
                IReadOnlyDictionary<string, JsonElement> (g) => g.ToDictionary(o => o.Key, o => JsonElement.Parse(o.Json))),
        }.ToStore();
}
