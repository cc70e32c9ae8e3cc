using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Machines;

/// <summary>What machines, preferences and reservations name is declared once, and everything follows from that.</summary>
public sealed class MachineReferencesTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(new TaskDefinition { Name = "one" },
        new Stage { Name = "lame", Tasks = ["gone"] }, new Workflow { Name = "lame", Stages = ["lame"] });

    private static readonly Machine Good = new() { BootEnv = "local", Stage = "none", Arch = "amd64" };

    [Fact]
    public void EachKeyThatAMachineNamesIsFoundInItsList()
    {
        var machine = Good with { Workflow = "w", Profiles = ["p"], Tasks = ["stage:s", "bootenv:e", "t", "t"] };
        Assert.Equal(["bootenvs:local", "stages:none", "workflows:w", "profiles:p", "tasks:t", "stages:s", "bootenvs:e"],
            MachineReferences.All.SelectMany(r => r.KeysOf(machine).Select(k => $"{r.To}:{k}")));
        Assert.All(MachineReferences.All, r => Assert.True(MachineFields.Table.Fields.ContainsKey(r.Field)));
    }

    [Fact]
    public void WhatAMachineLacksIsToldOnceAndSaysWhy()
        => Assert.Equal(
            ["BootEnv sledgehammer cannot boot architecture mips", "Stage lame is not available: Task gone (at 0) does not exist",
                "Workflow lame is not available: Stage lame is not available", "Profile  (at 0) does not exist",
                "Task nope (at 0) does not exist", "Stage nope (at 1) does not exist", "BootEnv nope (at 2) does not exist"],
            MachineReferences.Problems(new Machine
            {
                BootEnv = "sledgehammer",
                Arch = "mips",
                Stage = "lame",
                Workflow = "lame",
                Profiles = [""],
                Tasks = ["nope", "stage:nope", "bootenv:nope", "nope", "one", "stage:none"],
            }, Catalog));

    [Fact]
    public void WhatWasNamedBeforeIsNoMistakeOfAChange()
    {
        var old = Good with { Stage = "gone", Tasks = ["stage:gone"] };
        Assert.Empty(MachineReferences.Mistakes(old, old with { Description = "x", Tasks = ["stage:gone", "one"] }, Catalog));
        Assert.Equal(["Stage  does not exist", "BootEnv gone (at 1) does not exist"],
            MachineReferences.Mistakes(old, old with { Stage = "", Tasks = ["stage:gone", "bootenv:gone"] }, Catalog));
        // What is there and cannot be had now makes a machine unavailable; naming it is no mistake.
        Assert.Empty(MachineReferences.Mistakes(Good, Good with { Stage = "lame" }, Catalog));
    }

    [Theory]
    [InlineData("defaultStage", "lame", "defaultStage: Stage lame is not available")]
    [InlineData("defaultStage", "", "defaultStage: Stage  does not exist")]
    [InlineData("defaultBootEnv", "nope", "defaultBootEnv: Bootenv nope does not exist")]
    [InlineData("unknownBootEnv", "local", "BootEnv local cannot be used for the unknownBootEnv")]
    [InlineData("unknownBootEnv", "discovery", null)]
    [InlineData("defaultWorkflow", "", null)]
    [InlineData("defaultWorkflow", "nope", "defaultWorkflow: Workflow nope does not exist")]
    [InlineData("defaultWorkflow", "lame", "defaultWorkflow: Workflow lame is not available")]
    [InlineData("logLevel", "loud", "logLevel: loud is not a log level")]
    public void WhatAPreferenceNamesMustServe(string name, string value, string? problem)
        => Assert.Equal(problem is null ? [] : [problem],
            CatalogRules.Stored["prefs"].Problems(TestCatalog.Pref(name, value), null, Catalog));

    [Fact]
    public void WhatReferencesSayOfUsersIsAList()
    {
        var kind = CatalogRules.Kinds["reservations"];
        var query = kind.References.Single().UsersOf(kind.Fields, "net");
        Assert.Equal(["Subnet", "Scoped"], query.Conditions.Select(c => c.Field.Name));
        var moves = MachineReferences.All.Single(r => r.Before == TaskLists.StageEntry).UsersOf(MachineFields.Table, "s");
        Assert.Equal("stage:s", moves.Conditions.Single().Any.Single().Arguments.Single().Single().Text);
    }
}
