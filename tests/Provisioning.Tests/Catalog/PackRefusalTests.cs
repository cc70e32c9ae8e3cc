using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>What an uploaded content pack may not do: to what others wrote, beyond its requester's rights, and without a bound.</summary>
public sealed class PackRefusalTests
{
    private static readonly CatalogSnapshot Empty = CatalogSnapshot.Of(ContentPack.Load("anvil",
        [new ContentFile("meta.yml", "Version: 0.3"), new ContentFile("stages/none.yml", "Name: none")]));

    /// <summary>A pack's template would be rendered in the place of one that the API wrote, and of a name that this one defines.</summary>
    [Theory]
    [InlineData("victim.tmpl")]
    [InlineData("within")]
    public void ATemplateTakesNoNameThatAnotherDefines(string name)
    {
        var catalog = Stored(Empty, new Template { ID = "victim.tmpl", Contents = """true{{define "within"}}true{{end}}""" });
        var refused = Refused(422, Pack("mine", ("templates", "thief.tmpl", new Template
        {
            ID = "thief.tmpl",
            Contents = $$$"""{{define "{{{name}}}"}}false{{end}}""",
        })), catalog);
        Assert.Equal("/sections/templates/thief.tmpl: Template thief.tmpl defines a name that template victim.tmpl defines, too",
            refused.Messages[0]);
    }

    [Fact]
    public void TwoTemplatesOfAPackDefineNoNameBoth()
    {
        var refused = Refused(422, Pack("mine", [.. Enumerable.Range(10, 50).Select(i => ("templates", $"t{i}",
            (Document)new Template { ID = $"t{i}", Contents = """{{define "same"}}{{end}}""" }))]), Empty);
        Assert.Equal("/sections/templates/t11: Template t11 defines same, which belongs to template t10", refused.Messages[0]);
        Assert.Equal("and more", refused.Messages[^1]);
    }

    /// <summary>What packs say of themselves is told in lists and in each problem.</summary>
    [Fact]
    public void WhatAPackSaysOfItselfHasABound()
    {
        string Of(ContentMeta about) => Refused(422, Pack("mine") with { About = about with { Name = "mine" } }, Empty).Messages[0];
        Assert.Equal("/meta/Prerequisites: has more than 4096 octets",
            Of(new() { Prerequisites = string.Concat(Enumerable.Repeat("a:!,", 50_000)) }));
        Assert.Equal("/meta/Prerequisites: has more than 256 names",
            Of(new() { Prerequisites = string.Concat(Enumerable.Repeat("a:!,", 300)) }));
        Assert.Equal("/meta/RequiredFeatures: has more than 256 names",
            Of(new() { RequiredFeatures = string.Concat(Enumerable.Repeat("no,", 300)) }));
        Assert.Equal("/meta/Author: has more than 4096 octets", Of(new() { Author = new string('\u00e9', 2049) }));
        Assert.Equal("/meta/Documentation: has more than 65536 octets", Of(new() { Documentation = new string('x', 65_537) }));
    }

    [Fact]
    public void AProblemNamesItsOwnPrerequisiteAlone()
    {
        var refused = Refused(422, Pack("mine") with
        {
            About = new ContentMeta { Name = "mine", Prerequisites = string.Concat(Enumerable.Repeat("a:!,", 200)) },
        }, Empty);
        Assert.Equal(JsonLimits.Problems + 1, refused.Messages.Count);
        Assert.StartsWith("Layer mine: error parsing prerequisites a: !: Invalid version requirement for a: ", refused.Messages[0],
            StringComparison.Ordinal);
        Assert.All(refused.Messages, m => Assert.InRange(m.Length, 1, 200));
    }

    /// <summary>Who may write templates, but has not the rights of a task, uploads none that this task renders.</summary>
    [Theory]
    [InlineData("called.tmpl", false)]
    [InlineData("other.tmpl", true)]
    public void TemplatesAreHeldToTheRightsOfWhatRendersThem(string name, bool isGiven)
    {
        var task = new TaskDefinition
        {
            Name = "strong",
            ExtraClaims = [new Claim("machines", "delete", "*")],
            Templates = [new TemplateInfo { Name = "x", Contents = """{{template "called.tmpl" .}}""" }],
        };
        Principal by = Who(new Claim("contents", "*", "*"), new Claim("templates", "*", "*"));
        var plan = PackPlan.Storing(Pack("mine", ("templates", name, new Template { ID = name, Contents = "true" }),
            ("templates", "plain.tmpl", new Template { ID = "plain.tmpl", Contents = "true" })), true, false, Stored(Empty, task), by);
        if (isGiven) PackGrants.Check(by, plan);
        else
            Assert.Contains($"/sections/templates/{name}: Requires: every right that it gives, or gave",
                Assert.Throws<ApiException>(() => PackGrants.Check(by, plan)).Error.Messages);
        PackGrants.Check(Who([.. by.Claims, .. task.ExtraClaims]), plan);
    }

    /// <summary>Rules take their time: who may not make the objects is told so before they are looked at.</summary>
    [Fact]
    public void RightsComeBeforeRules()
    {
        var circular = Pack("mine", ("tasks", "own", new TaskDefinition { Name = "own", Prerequisites = ["own"] }));
        var refused = Refused(403, circular, Empty, new Claim("contents", "*", "*"));
        Assert.Equal(["Cannot access contents/mine", "/sections/tasks/own: Requires: tasks create own"], refused.Messages);
        Refused(422, circular, Empty, new Claim("contents", "*", "*"), new Claim("tasks", "create", "own"));
    }

    /// <summary>Each list is within its own bound; all of them together would keep the catalog's writer for minutes.</summary>
    [Fact]
    public void AllTaskListsOfAPackHaveABound()
    {
        const int Width = 25;
        var layers = Enumerable.Range(0, 60).Select(layer => Enumerable.Range(0, Width).Select(i => $"t{layer}-{i}").ToList()).ToList();
        var tasks = layers.SelectMany((names, layer) => names.Select(n => ("tasks", n,
            (Document)new TaskDefinition { Name = n, Prerequisites = layer == 0 ? [] : layers[layer - 1] })));
        Assert.Equal($"its tasks, with their prerequisites, come to more than {PackBounds.Looks} that are looked at",
            Refused(422, Pack("mine", [.. tasks]), Empty).Messages[0]);
        var some = tasks.Take(10 * Width).ToArray();
        Assert.Equal(some.Length, Storing(Pack("mine", some), Empty).Steps.Count);
    }

    [Fact]
    public void SubnetsOfPacksHaveABound()
        => Assert.Equal($"uploaded content packs have at most {PackBounds.Subnets} subnets in all: make them by the API",
            Refused(422, Pack("mine", [.. Enumerable.Range(0, PackBounds.Subnets + 1)
                .Select(i => ("subnets", $"s{i}", (Document)new Subnet { Name = $"s{i}", Network = "10.0.0.0/8" }))]), Empty).Messages[0]);

    /// <summary>A replacement takes away what it does not bring any more, which a deletion would not.</summary>
    [Fact]
    public void AReplacementTakesNothingAwayThatIsUsed()
    {
        var catalog = Stored(Empty, Pack("mine", ("tasks", "used", new TaskDefinition { Name = "used" }),
            ("tasks", "free", new TaskDefinition { Name = "free" })));
        catalog = Stored(catalog, new Stage { Name = "user", Tasks = ["used"] });
        var refused = Assert.Throws<ApiException>(() => Replacing(Pack("mine"), catalog)).Error;
        Assert.Equal((409, "StillInUseError"), (refused.Code, refused.Type));
        Assert.Single(refused.Messages);
        Assert.Equal(["free"], Replacing(Pack("mine", ("tasks", "used", new TaskDefinition { Name = "used" })), catalog).Gone
            .Select(d => d.Key));
    }

    /// <summary>Objects of kinds that are not served are kept, and take room as others do.</summary>
    [Fact]
    public void ObjectsThatAreNotServedCount()
    {
        var empty = JsonElement.Parse("{}");
        StoredPack Of(string name, int count) => Pack(name) with
        {
            Sections = new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>
            {
                ["machines"] = Enumerable.Range(0, count).ToDictionary(i => $"m{i}", _ => empty),
            },
        };
        var catalog = Enumerable.Range(0, PackBounds.AllObjects / PackBounds.Objects)
            .Aggregate(Empty, (c, i) => Stored(c, Of($"pack{i}", PackBounds.Objects)));
        Assert.Equal($"uploaded content packs have at most {PackBounds.AllObjects} objects in all",
            Refused(422, Of("more", 1), catalog).Messages[0]);
    }

    [Fact]
    public void SectionsHaveABoundAndNames()
    {
        static StoredPack Of(IEnumerable<string> kinds) => Pack("mine") with
        {
            Sections = kinds.ToDictionary(k => k, IReadOnlyDictionary<string, JsonElement> (_) => new Dictionary<string, JsonElement>()),
        };
        Assert.Equal($"a content pack has at most {PackBounds.Sections} sections",
            Refused(422, Of(Enumerable.Range(0, PackBounds.Sections + 1).Select(i => $"kind{i}")), Empty).Messages[0]);
        Assert.Contains("is no name of a kind", Refused(422, Of([new string('x', 300)]), Empty).Messages[0], StringComparison.Ordinal);
    }

    /// <summary>What the API would not change of an object, a pack in whose place it comes does not, either.</summary>
    [Fact]
    public void AnObjectThatGivesWayIsWhatRulesCompareWith()
    {
        var catalog = Stored(Empty, (Document)CatalogRules.Kinds["subnets"].Fill(new Subnet { Name = "net", Network = "10.0.0.0/8" }));
        var refused = Assert.Throws<ApiException>(() => PackPlan.Storing(
            Pack("mine", ("subnets", "net", new Subnet { Name = "net", Network = "11.0.0.0/8" })), true, true, catalog, Who(Claim.All)));
        Assert.Contains("/sections/subnets/net: Subnet range cannot change", refused.Error.Messages);
    }

    private static ApiError Refused(int code, StoredPack pack, CatalogSnapshot catalog, params Claim[] claims)
    {
        var by = Who(claims.Length == 0 ? [Claim.All] : claims);
        var refused = Assert.Throws<ApiException>(() => PackPlan.Storing(pack, true, false, catalog, by)).Error;
        Assert.Equal(code, refused.Code);
        return refused;
    }

    private static PackPlan Storing(StoredPack pack, CatalogSnapshot catalog)
        => PackPlan.Storing(pack, true, false, catalog, Who(Claim.All));

    private static PackPlan Replacing(StoredPack pack, CatalogSnapshot catalog)
        => PackPlan.Storing(pack, false, false, catalog, Who(Claim.All));

    private static Principal Who(params Claim[] claims) => new("somebody", PrincipalKind.User, claims);

    private static CatalogSnapshot Stored(CatalogSnapshot catalog, Document document)
        => catalog.With(new CatalogDelta(catalog.Revision + 1,
            [new CatalogEntry(document with { Validated = true, Available = true }, catalog.Revision + 1)], [], IsWhole: false));

    private static StoredPack Pack(string name, params (string Kind, string Key, Document Document)[] objects) => new PackBody
    {
        About = new ContentMeta { Name = name, Version = "1.0.0" },
        Sections = objects.GroupBy(o => o.Kind).ToDictionary(g => g.Key, IReadOnlyDictionary<string, JsonElement> (g)
            => g.ToDictionary(o => o.Key, o => JsonSerializer.SerializeToElement(o.Document, o.Document.GetType(), Json.Options))),
    }.ToStore();
}
