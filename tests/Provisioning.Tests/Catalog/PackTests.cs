using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>Content packs with faults: what can be taken is, and what cannot is named.</summary>
public sealed class PackTests
{
    [Fact]
    public void OfTwoObjectsOfOneNameTheFirstFilesCounts()
    {
        var content = ContentPack.Load("p",
            [new ContentFile("profiles/b.yml", "Name: twin\nDescription: second"),
                new ContentFile("profiles/a.yml", "Name: twin\nDescription: first")]);
        Assert.Equal("first", Assert.IsType<Profile>(Assert.Single(content.Entries).Document).Description);
        Assert.Equal([new PackFault("p", "profiles/b.yml", "profiles:twin is in profiles/a.yml already")], content.Faults);
    }

    [Fact]
    public void AnObjectThatAnotherPackHasIsNotTaken()
    {
        var content = PackContent.Of([
            ContentPack.Load("anvil", [new ContentFile("bootenvs/local.yml", "Name: local")]),
            ContentPack.Load("other",
                [new ContentFile("bootenvs/mine.yml", "Name: local\nDescription: another"),
                    new ContentFile("profiles/p.yml", "Name: good")])]);
        Assert.Equal(["anvil", "other"], content.Entries.Select(e => e.Document.Bundle));
        Assert.Equal([new PackFault("other", "bootenvs/mine.yml", "bootenvs:local is in content pack anvil already")], content.Faults);
    }

    [Fact]
    public void NumbersAndTruthsInMetaAreTexts()
    {
        var content = ContentPack.Load("p",
            [new ContentFile("profiles/m.yml", "Name: case-meta\nMeta:\n  order: 5\n  hidden: true\n  color: blue")]);
        Assert.Empty(content.Faults);
        Assert.Equal(["blue", "true", "5"],
            Assert.Single(content.Entries).Document.Meta.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => m.Value));
    }

    [Fact]
    public void ANullInAListMakesTheObjectUnavailableWithTheReason()
    {
        var content = ContentPack.Load("p",
            [new ContentFile("stages/s.yml", "Name: case-null\nTasks:\n  -\n"), new ContentFile("profiles/p.yml", "Name: good")]);
        Assert.Equal(["good", "case-null"], content.Entries.Select(e => e.Key.Key));
        Assert.Equal(("p", "stages/s.yml"), (content.Faults.Single().Pack, content.Faults.Single().File));
        Assert.Contains("/Tasks/0", content.Faults.Single().Reason, StringComparison.Ordinal);
        var stage = CatalogSnapshot.Of(content.Entries).Stages["case-null"];
        Assert.False(stage.Available);
        Assert.Contains("/Tasks/0", Assert.Single(stage.Errors), StringComparison.Ordinal);
        Assert.True(stage.ReadOnly);
    }

    [Theory]
    [InlineData("racks/r.yml", "Name: r", "there is no kind racks")]
    [InlineData("profiles/p.yml", "", "the file is empty")]
    [InlineData("profiles/p.yml", "Description: no name", "/Name is empty")]
    [InlineData("stages/x.yml", "a: b: c", "")]
    [InlineData("profiles/n.yml", "Name: n1\nParams: {a: .nan, b: .inf}", null)]
    public void AFileThatCannotBeTakenIsNamedAndTheOthersServe(string path, string text, string? reason)
    {
        var content = ContentPack.Load("p", [new ContentFile(path, text), new ContentFile("workflows/w.yml", "Name: good")]);
        Assert.Contains(content.Entries, e => e.Key.Key == "good");
        if (reason is null) Assert.Empty(content.Faults);
        else Assert.Equal(("p", path), (content.Faults.Single().Pack, content.Faults.Single().File));
        if (reason?.Length > 0) Assert.Equal(reason, content.Faults.Single().Reason);
    }
}
