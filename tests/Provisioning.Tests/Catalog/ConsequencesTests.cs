using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>What lies between two snapshots of the catalog.</summary>
public sealed class ConsequencesTests
{
    [Fact]
    public void WhatIsWrittenGoesOrServesOtherwiseIsTold()
    {
        var before = new CatalogSnapshot(1,
        [
            new Stage { Name = "s", Tasks = ["t"] },
            new Workflow { Name = "w", Stages = ["s"] },
            new Workflow { Name = "other" },
            new Profile { Name = "p" },
            new Profile { Name = "same" },
        ]);
        var after = With(before, [new TaskDefinition { Name = "t" }, new Profile { Name = "p", Description = "d" }], ["other"]);
        var told = Consequences.Between(before, after);
        Assert.Equal(
        [
            ("profiles", "p", "update", true), ("stages", "s", "check", true), ("tasks", "t", "create", true),
            ("workflows", "other", "delete", false), ("workflows", "w", "check", true),
        ], told.Objects.Select(o => (o.Kind, o.Key, o.Action, o.Available)));
        Assert.Equal((0, false), (told.MoreObjects, told.IsShortened));
        Assert.Equal(["profiles:p", "stages:s", "tasks:t", "workflows:other", "workflows:w"], told.Reached.Select(k => k.ToString()));
    }

    [Fact]
    public void WhatNamesWhatIsChangedIsReachedThoughItStaysAsItIs()
    {
        var before = new CatalogSnapshot(1,
        [
            new Template { ID = "a", Contents = "a" },
            new TaskDefinition { Name = "t", Templates = [new TemplateInfo { Name = "x", ID = "a" }] },
            new Stage { Name = "s", Tasks = ["t"] },
            new Workflow { Name = "w", Stages = ["s"] },
        ]);
        var told = Consequences.Between(before, With(before, [new Template { ID = "a", Contents = "b" }], []));
        Assert.Equal(["templates:a"], told.Objects.Select(o => o.Object.ToString()));
        Assert.Equal(["stages:s", "tasks:t", "templates:a", "workflows:w"], told.Reached.Select(k => k.ToString()));
    }

    [Fact]
    public void NothingLiesBetweenACatalogAndItself()
    {
        var same = new CatalogSnapshot(1, [new Profile { Name = "p" }]);
        var told = Consequences.Between(same, same);
        Assert.Empty(told.Objects);
        Assert.Empty(told.Reached);
    }

    [Fact]
    public void MuchIsToldUpToABound()
    {
        var many = Enumerable.Range(0, Consequences.MostReached + 1).Select(i => new Workflow { Name = $"w{i:D5}", Stages = ["s"] });
        var before = new CatalogSnapshot(1, many);
        var told = Consequences.Between(before, With(before, [new Stage { Name = "s" }], []));
        Assert.Equal(Consequences.MostObjects, told.Objects.Count);
        Assert.Equal(Consequences.MostReached + 2 - Consequences.MostObjects, told.MoreObjects);
        Assert.Equal((Consequences.MostReached, true), (told.Reached.Count, told.IsShortened));
    }

    [Fact]
    public void OfReasonsTheFirstAreTold()
    {
        var before = new CatalogSnapshot(1, []);
        var stage = new Stage { Name = "s", Tasks = [.. Enumerable.Range(0, 100).Select(i => $"t{i}")] };
        Assert.Equal(Consequence.MostErrors, Consequences.Between(before, With(before, [stage], [])).Objects.Single().Errors.Count);
    }

    private static CatalogSnapshot With(CatalogSnapshot before, IReadOnlyList<Document> written, IReadOnlyList<string> removedWorkflows)
        => before.With(new CatalogDelta(before.Revision, [.. written.Select(d => new CatalogEntry(d, before.Revision))],
            [.. removedWorkflows.Select(w => new DocumentKey("workflows", w))], IsWhole: false));
}
