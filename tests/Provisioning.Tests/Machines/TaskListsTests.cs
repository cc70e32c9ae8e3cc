using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

/// <summary>Task lists end, whatever names what.</summary>
public sealed class TaskListsTests
{
    private const string Many = "it comes to more than 10000 entries of a task list, with its stages' tasks and their prerequisites";

    [Fact]
    public void AWorkflowOfManyStagesOfManyTasksIsNotWrittenOut()
    {
        var stage = new Stage { Name = "big", Tasks = [.. Enumerable.Repeat("inventory", 6000)] };
        var workflow = new Workflow { Name = "wf", Stages = [.. Enumerable.Repeat("big", 100_000)] };
        var catalog = TestCatalog.With(stage, workflow);
        Assert.Equal(6000, TaskLists.ForStage(stage, catalog).Count);
        Assert.Equal([Many], Problems(() => TaskLists.ForWorkflow(workflow, catalog)));
        Assert.Contains(Many, CatalogRules.Kinds["workflows"].Problems(workflow, null, catalog));
        Assert.Empty(TaskLists.Problems(stage, catalog));
        // Whoever gives it to a machine is told as well, and so is who may not choose what it lists.
        var machine = new Machine { Uuid = "0b3c6a8e-0000-4000-8000-000000000001", Name = "m", Workflow = "wf" };
        Assert.Equal([Many], Problems(() => MachineRules.Create(machine, catalog, TestCatalog.Start, false, new ChangeOptions(), "s")));
        Assert.Equal([Many], Problems(() => TaskGrants.Check(new Principal("u", PrincipalKind.User, []), null, workflow, catalog)));
    }

    [Fact]
    public void NamesThatAddNothingAreCounted()
    {
        var stage = new Stage { Name = "empty", Tasks = [.. Enumerable.Repeat(TaskEntries.OwnContext, 100_000)] };
        var workflow = new Workflow { Name = "wf", Stages = [.. Enumerable.Repeat("empty", 9000)] };
        Assert.Contains("names more than 1000000 tasks",
            Assert.Single(Problems(() => TaskLists.ForWorkflow(workflow, TestCatalog.With(stage, workflow)))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(20_000, false)]
    public void PrerequisitesGoSoDeep(int depth, bool isTaken)
    {
        var tasks = Enumerable.Range(0, depth + 1).Select(i => new TaskDefinition
        {
            Name = $"t{i}",
            Prerequisites = i == 0 ? [] : [$"t{i - 1}"],
        }).ToList();
        var catalog = TestCatalog.With(tasks);
        var last = new TaskDefinition { Name = "last", Prerequisites = [$"t{depth}"] };
        if (isTaken) Assert.Equal(tasks.Select(t => t.Name), TaskLists.ForPrerequisites(last, catalog));
        else Assert.Contains("more than 100 tasks of which each is a prerequisite of the next",
            Assert.Single(CatalogRules.Kinds["tasks"].Problems(last, null, catalog)), StringComparison.Ordinal);
    }

    /// <summary>Content packs may bring tasks that name one another.</summary>
    [Fact]
    public void TasksThatAllNameOneAnotherEnd()
    {
        var names = Enumerable.Range(0, 30).Select(i => $"t{i}").ToList();
        var catalog = TestCatalog.With(names.Select(n => new TaskDefinition { Name = n, Prerequisites = [.. names.Where(o => o != n)] }));
        Assert.Equal(names, TaskLists.ForStage(new Stage { Name = "s", Tasks = ["t0"] }, catalog)
            .OrderBy(n => n.Length).ThenBy(n => n, StringComparer.Ordinal));
        var two = TestCatalog.With(new TaskDefinition { Name = "a", Prerequisites = ["b"] },
            new TaskDefinition { Name = "b", Prerequisites = ["a"] });
        Assert.Equal(["b", "a"], TaskLists.ForStage(new Stage { Name = "s", Tasks = ["a"] }, two));
    }

    /// <summary>Somebody gave a task more prerequisites: who has the stage may change what else it says, and take the task out.</summary>
    [Fact]
    public void WhatOthersLengthenedStandsInNoWay()
    {
        var tasks = Enumerable.Range(0, 200).Select(i => new TaskDefinition
        {
            Name = $"t{i}",
            Prerequisites = i == 0 ? [] : [$"t{i - 1}"],
        });
        var stage = new Stage { Name = "s", Tasks = ["t199", "inventory"], Validated = true };
        var catalog = TestCatalog.With([.. tasks, stage]);
        var kind = CatalogRules.Kinds["stages"];
        Assert.NotEmpty(kind.Problems(stage, null, catalog));
        Assert.Empty(kind.Problems(stage with { Description = "d" }, stage, catalog));
        Assert.Empty(kind.Problems(stage with { Tasks = ["inventory"] }, stage, catalog));
        TaskGrants.Check(new Principal("u", PrincipalKind.User, []), stage, stage with { Tasks = ["inventory"] }, catalog);
    }

    private static IReadOnlyList<string> Problems(Action act) => Assert.Throws<ApiException>(act).Error.Messages;
}
