using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

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
            ContentPack.Load("first", [new ContentFile("bootenvs/local.yml", "Name: local")]),
            ContentPack.Load("other",
                [new ContentFile("bootenvs/mine.yml", "Name: local\nDescription: another"),
                    new ContentFile("profiles/p.yml", "Name: good")])]);
        Assert.Equal(["first", "other"], content.Entries.Select(e => e.Document.Bundle));
        Assert.Equal([new PackFault("other", "bootenvs/mine.yml", "bootenvs:local is in content pack first already")], content.Faults);
    }

    [Fact]
    public void AnotherPacksObjectStandsInThePlaceOfAnvils()
    {
        var content = PackContent.Of([
            ContentPack.Load("anvil", [new ContentFile("stages/a.yml", "Name: st1"), new ContentFile("stages/b.yml", "Name: st2"),
                new ContentFile("stages/c.yml", "Name: st3")]),
            ContentPack.Load("other", [new ContentFile("stages/a.yml", "Name: st1"),
                new ContentFile("stages/b.yml", "Name: st2\nTasks: 5")])]);
        Assert.Equal(["other", "anvil", "anvil"],
            content.Entries.OrderBy(e => e.Key.Key, StringComparer.Ordinal).Select(e => e.Document.Bundle));
        Assert.All(content.Entries, e => Assert.Empty(e.Fault));
        Assert.Equal("stages/b.yml", Assert.Single(content.Faults).File);
        Assert.Equal([new PackFault("other", "stages/a.yml", "stages:st1 stands in the place of the one of content pack anvil")],
            content.Notes);
    }

    [Fact]
    public void AFieldThatTheKindDoesNotHaveIsToldAndTheObjectServes()
    {
        var content = ContentPack.Load("p", [new ContentFile("tasks/t.yml",
            "Name: case-field\nDocumentaion: x\nTemplates:\n  - Name: a\n    Contents: b\n    Colour: red\n")]);
        Assert.Empty(content.Faults);
        Assert.True(CatalogSnapshot.Of(content.Entries).Tasks["case-field"].Available);
        var note = Assert.Single(content.Notes);
        Assert.Equal("tasks/t.yml", note.File);
        Assert.Contains("/Documentaion is no field of tasks", note.Reason, StringComparison.Ordinal);
        Assert.Contains("/Templates/0/Colour is no field of tasks", note.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void OfAKeyThatStandsTwiceTheLastCountsAndItIsTold()
    {
        var content = ContentPack.Load("p", [new ContentFile("profiles/t.yml", "Name: case-twice\nDescription: a\nDescription: b")]);
        Assert.Empty(content.Faults);
        Assert.Equal("b", ((Profile)Assert.Single(content.Entries).Document).Description);
        Assert.Equal("line 3: Description is there twice: the last one counts", Assert.Single(content.Notes).Reason);
    }

    /// <summary>DRP writes a claim's fields in small letters, and lists with blanks.</summary>
    [Fact]
    public void ClaimsAreReadAsDrpWritesThem()
    {
        var content = ContentPack.Load("p", [new ContentFile("tasks/t.yml",
            "Name: case-claims\nExtraClaims:\n  - scope: machines\n    action: 'list, get'\n    specific: '*'\n")]);
        Assert.Empty(content.Notes);
        var claim = Assert.Single(((TaskDefinition)Assert.Single(content.Entries).Document).ExtraClaims);
        Assert.Equal(new Claim("machines", "list,get", "*"), claim);
        Assert.True(claim.Covers("machines", "get", "x"));
    }

    /// <summary>Tasks run on the machine: to go back there is nothing, to go elsewhere is what cannot be.</summary>
    [Fact]
    public void AStageMayComeBackToTheMachineAndGoNowhereElse()
    {
        var catalog = TestCatalog.With(new TaskDefinition { Name = "t1" }, new Stage { Name = "back", Tasks = ["context:", "t1"] },
            new Stage { Name = "away", Tasks = ["context:runner", "t1"] }, new Workflow { Name = "wf", Stages = ["back"] });
        Assert.True(catalog.Workflows["wf"].Available);
        Assert.Equal(["stage:back", "t1"], TaskLists.ForWorkflow(catalog.Workflows["wf"], catalog));
        Assert.Equal(["Task context:runner: Anvil has no contexts, tasks run on the machine itself"], catalog.Stages["away"].Errors);
    }

    [Fact]
    public void WhatDrpHasAndAnvilHasNotIsLeftOutAndTold()
    {
        var content = ContentPack.Load("p", [new ContentFile("contexts/a.yml", "Name: a"), new ContentFile("contexts/b.yml", "Name: b"),
            new ContentFile("._RequiredFeatures.meta", "sprig, time-travel\n"), new ContentFile("._Prerequisites.meta", "BasicStore")]);
        Assert.Empty(content.Faults);
        Assert.Equal([new PackFault("p", "contexts", "2 of its objects are left out: Anvil has no kind contexts"),
            new PackFault("p", "", "it asks for features that Anvil does not have: time-travel")], content.Notes);
    }

    [Fact]
    public void APackSaysItsNameAndWhatItBuildsUpon()
    {
        var content = PackContent.Of([
            ContentPack.Load("folder", [new ContentFile("._Name.meta", "own-name\n"), new ContentFile("profiles/p.yml", "Name: p1"),
                new ContentFile("._Prerequisites.meta", "BasicStore, listed:>=1.0.0, there: >=2.0.0")]),
            ContentPack.Load("there", [new ContentFile("meta.yml", "Name: there")])]);
        Assert.Equal("own-name", Assert.Single(content.Entries).Document.Bundle);
        Assert.Equal([new PackFault("own-name", "", "it builds upon content pack listed, which is not there")], content.Notes);
    }

    [Fact]
    public void WhatIsHiddenIsNoObjectAndATemplateMayBeWrittenAsOne()
    {
        var content = ContentPack.Load("p", [new ContentFile(".vscode/settings.json", "{"), new ContentFile("tasks/.t.yml.swp", "b0"),
            new ContentFile("templates/a.yaml", "ID: written.tmpl\nContents: x"), new ContentFile("templates/b.json", "{\"v\": {{.}}}"),
            new ContentFile("templates/c.json", "{\"ID\": \"json.tmpl\", \"Contents\": \"y\"}"),
            new ContentFile("stages/s.json", "{\"Name\": \"case-json\"}"), new ContentFile("templates/deep/d.tmpl", "z")]);
        Assert.Empty(content.Faults);
        Assert.Equal(["case-json", "b.json", "deep/d.tmpl", "json.tmpl", "written.tmpl"],
            content.Entries.OrderBy(e => e.Key.Prefix, StringComparer.Ordinal).ThenBy(e => e.Key.Key, StringComparer.Ordinal)
                .Select(e => e.Key.Key));
    }

    public static TheoryData<string, string> Bundles => new()
    {
        {
            "own.json",
            """
            {"meta":{"Name":"own-name","Version":"v1.2.3","Order":"100"},"sections":{
              "templates":{"a.tmpl":{"ID":"a.tmpl","Contents":"x"}},"stages":{"st":{"Name":"st1","Tasks":["t1"]}},
              "contexts":{"c":{"Name":"c"}},"tasks":{"t1":{"Name":"t1","Tasks":1},"bad":{"Name":5}}}}
            """
        },
        {
            "own.yml",
            """
            meta: {Name: own-name}
            sections:
              templates: {a.tmpl: {ID: a.tmpl, Contents: x}}
              stages: {st: {Name: st1, Tasks: [t1]}}
              contexts: {c: {Name: c}}
              tasks: {t1: {Name: t1, Tasks: 1}, bad: {Name: 5}}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Bundles))]
    public void ABundleIsAPackInOneFile(string file, string text)
    {
        var content = ContentPack.LoadBundle(file, text);
        var catalog = CatalogSnapshot.Of(content.Entries);
        Assert.True(catalog.Stages["st1"].Available);
        Assert.Equal(("own-name", true), (catalog.Templates["a.tmpl"].Bundle, catalog.Templates["a.tmpl"].ReadOnly));
        Assert.Equal($"{file}#/sections/tasks/bad", Assert.Single(content.Faults).File);
        Assert.Equal(["contexts", $"{file}#/sections/tasks/t1"], content.Notes.Select(n => n.File).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("b.json", "{")]
    [InlineData("b.json", "[]")]
    [InlineData("b.yml", "meta: {}")]
    [InlineData("b.json", """{"meta":{},"sections":{},"sections":{}}""")]
    public void WhatIsNoBundleIsNamed(string file, string text)
    {
        var content = ContentPack.LoadBundle(file, text);
        Assert.Empty(content.Entries);
        Assert.Equal(file, Assert.Single(content.Faults).File);
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
