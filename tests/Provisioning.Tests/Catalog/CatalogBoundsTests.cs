using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>What the catalog holds in all, and what its rules look through.</summary>
public sealed class CatalogBoundsTests
{
    private static CatalogSnapshot Holding(long octets) => TestCatalog.With().With(new CatalogDelta(2,
        [new CatalogEntry(new Profile { Name = "large" }, 2) { Octets = octets }], [], IsWhole: false));

    private static (DocumentKey Key, Document? Document) Change(string name, string? description)
        => (new DocumentKey("profiles", name), description is null ? null : new Profile { Name = name, Description = description });

    [Fact]
    public void WhatWouldMakeItTooLargeIsRefusedAndWhatMakesItSmallerIsNot()
    {
        var full = Holding(CatalogBounds.Octets - 1000);
        CatalogBounds.Check([Change("small", "")], full);
        var refused = Assert.Throws<ApiException>(() => CatalogBounds.Check([Change("more", new string('x', 2000))], full)).Error;
        Assert.Equal((422, "profiles", "more"), (refused.Code, refused.Model, refused.Key));
        Assert.Contains("at most 256 MiB in all", refused.Messages[0], StringComparison.Ordinal);
        // One that goes, or gets smaller, makes room.
        CatalogBounds.Check([Change("large", null)], Holding(2 * CatalogBounds.Octets));
        CatalogBounds.Check([Change("large", new string('x', 2000))], Holding(2 * CatalogBounds.Octets));
        CatalogBounds.Check([Change("large", null), Change("more", new string('x', 2000))], full);
        CatalogBounds.Check([Change("more", new string('x', 2000))], Holding(0));
    }

    [Fact]
    public void TheSumFollowsWhatIsStored()
    {
        var catalog = Holding(100);
        Assert.Equal((100L, 100L, 0L),
            (catalog.StoredOctets, catalog.OctetsOf("profiles", "large"), catalog.OctetsOf("profiles", "global")));
        var replaced = catalog.With(new CatalogDelta(3, [new CatalogEntry(new Profile { Name = "large" }, 3) { Octets = 30 },
            new CatalogEntry(new Profile { Name = "other" }, 3) { Octets = 5 }], [], IsWhole: false));
        Assert.Equal(35, replaced.StoredOctets);
        Assert.Equal(5, replaced.With(new CatalogDelta(4, [], [new DocumentKey("profiles", "large")], IsWhole: false)).StoredOctets);
        Assert.Equal(7, replaced.With(new CatalogDelta(5, [new CatalogEntry(new Profile { Name = "new" }, 5) { Octets = 7 }], [],
            IsWhole: true)).StoredOctets);
    }

    [Fact]
    public void WhatIsStoredIsReadAgain()
    {
        var smiles = new Profile { Name = "p", Description = string.Concat(Enumerable.Repeat("\U0001F600", 1_390_000)) };
        var text = StoredDocument.Text(smiles);
        Assert.Null(DocumentReader.ReadStored<Profile>(text, "profiles").Problem);
        Assert.Equal(text.Length, DocumentSize.Of(smiles));
        var longer = smiles with { Description = smiles.Description + new string('x', 120_000) };
        var refused = Assert.Throws<ApiException>(() => StoredDocument.Text(longer)).Error;
        Assert.Equal((413, "profiles", "p"), (refused.Code, refused.Model, refused.Key));
        Assert.Contains("as it is stored", refused.Messages[0], StringComparison.Ordinal);
    }

    /// <summary>Which tasks a template reaches is looked for within a bound; beyond it every task counts.</summary>
    [Fact]
    public void ATemplateOfVeryManyNamesCountsAsReachingEveryTask()
    {
        var task = new TaskDefinition
        {
            Name = "rights",
            ExtraClaims = [new Claim("users", "list", "*")],
            Templates = [new TemplateInfo { Name = "script", Contents = "true" }],
        };
        var text = string.Concat(Enumerable.Range(0, 1001).Select(i => $"{{{{define \"n{i}\"}}}}{{{{end}}}}"));
        var catalog = TestCatalog.With(task, new Template { ID = "other", Contents = "{{ if }" });
        var who = new Principal("u", PrincipalKind.User, [new Claim("templates", "*", "*")]);
        Assert.True(GrantRules.MayWrite(who, null, new Template { ID = "few", Contents = "{{define \"one\"}}{{end}}" }, catalog));
        Assert.False(GrantRules.MayWrite(who, null, new Template { ID = "many", Contents = text }, catalog));
        Assert.True(GrantRules.MayWrite(who with { Claims = [Claim.All] }, null, new Template { ID = "many", Contents = text }, catalog));
    }
}
