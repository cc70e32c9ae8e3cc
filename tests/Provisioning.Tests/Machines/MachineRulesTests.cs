using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Machines;

public sealed class MachineRulesTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        TestCatalog.Pref("defaultWorkflow", "discover"),
        new TaskDefinition { Name = "base" }, new TaskDefinition { Name = "top", Prerequisites = ["base"] },
        new Stage { Name = "st", BootEnv = "sledgehammer", Tasks = ["top", "inventory", "base"] },
        new Workflow { Name = "wf", Stages = ["discover", "st", "local"] });

    private static Machine Create(Machine wanted, bool discovered = false)
        => MachineRules.Create(wanted with { Uuid = "0b3c6a8e-0000-4000-8000-000000000001" }, Catalog, TestCatalog.Start, discovered,
            new ChangeOptions(), "secret");

    private static Machine Update(Machine old, Func<Machine, Machine> change, ChangeOptions? options = null)
        => MachineRules.Update(old, change(old), Catalog, TestCatalog.Start, options ?? new ChangeOptions());

    private static IReadOnlyList<string> Problems(Action act) => Assert.Throws<ApiException>(act).Error.Messages;

    [Fact]
    public void ANewMachineEntersTheDefaultWorkflow()
    {
        var machine = Create(new Machine { Name = "m1", HardwareAddrs = ["52-54-00-00-00-0A"] }, discovered: true);
        Assert.Equal(["stage:discover", "bootenv:sledgehammer", "inventory"], machine.Tasks);
        Assert.Equal(("discover", "sledgehammer", -1, true), (machine.Stage, machine.BootEnv, machine.CurrentTask, machine.Runnable));
        Assert.Equal(["52:54:00:00:00:0a"], machine.HardwareAddrs);
        Assert.Equal(Phase.Working, machine.Boot.Phase);
        Assert.True(machine.Boot.Deadline > TestCatalog.Start);
    }

    [Fact]
    public void AMachineDefinedInAdvanceRestsUntilItIsSeen()
        => Assert.Equal((Phase.Unknown, default(DateTimeOffset)),
            (Create(new Machine { Name = "m1" }).Boot.Phase, Create(new Machine { Name = "m1" }).Boot.Deadline));

    [Fact]
    public void AMachineThatNamesItsBootEnvIsNotMovedByTheDefaultWorkflow()
        => Assert.Equal(("sledgehammer", ""),
            (Create(new Machine { Name = "m1", BootEnv = "sledgehammer" }).BootEnv,
                Create(new Machine { Name = "m1", BootEnv = "sledgehammer" }).Workflow));

    [Theory]
    [InlineData("bad name/..", "", "amd64", "Invalid Name `bad name/..`")]
    [InlineData("m1", "1.2.3", "amd64", "Invalid Address: 1.2.3 is not a unicast IPv4 address")]
    [InlineData("m1", "", "x86_64", "Please use amd64 for Arch instead of x86_64")]
    public void WhatBreaksARuleIsNamed(string name, string address, string arch, string problem)
        => Assert.Contains(problem, Problems(() => Create(new Machine { Name = name, Address = address, Arch = arch })));

    [Fact]
    public void EveryMissingReferenceIsNamedAtCreation()
        => Assert.Equal(["Bootenv nope does not exist", "Profile gone (at 0) does not exist"],
            Problems(() => Create(new Machine { Name = "m1", BootEnv = "nope", Profiles = ["gone"] })));

    [Fact]
    public void AWorkflowExpandsPrerequisitesOncePerBootEnvironment()
    {
        var machine = Update(Create(new Machine { Name = "m1" }), m => m with { Workflow = "wf" });
        Assert.Equal(["stage:discover", "bootenv:sledgehammer", "inventory", "stage:st", "base", "top", "inventory", "base", "stage:local",
            "bootenv:local"], machine.Tasks);
        Assert.Equal((-1, "discover"), (machine.CurrentTask, machine.Stage));
    }

    [Fact]
    public void AnEntryForTheMachineItselfIsNone()
        => Assert.Equal(["base"],
            Create(new Machine { Name = "m1", Stage = "none", BootEnv = "local", Tasks = ["context:", "base"] }).Tasks);

    [Fact]
    public void WhoLeavesAWorkflowForAStageEntersItWhole()
    {
        var machine = Update(Create(new Machine { Name = "m1" }), m => m with { Workflow = "wf" });
        var left = Update(machine, m => m with { Workflow = "", Stage = "local" });
        Assert.Equal(("local", "local", ""), (left.Stage, left.BootEnv, left.Workflow));
        var alone = Update(Update(machine, m => m with { Workflow = "" }), m => m with { Stage = "local" });
        Assert.Equal((alone.Stage, alone.BootEnv), (left.Stage, left.BootEnv));
        Assert.Equal(alone.Tasks, left.Tasks);
    }

    [Fact]
    public void InsideAWorkflowStageAndBootEnvAreNotChangedByHand()
    {
        var machine = Create(new Machine { Name = "m1" });
        Assert.Equal(["Can not change bootenvs while in a workflow"], Problems(() => Update(machine, m => m with { BootEnv = "local" })));
        Assert.Equal("local", Update(machine, m => m with { BootEnv = "local" }, new ChangeOptions(Force: true)).BootEnv);
    }

    [Fact]
    public void AChangedBootEnvironmentStopsTheMachine()
    {
        var machine = Create(new Machine { Name = "m1", BootEnv = "sledgehammer" });
        Assert.False(Update(machine, m => m with { BootEnv = "local" }).Runnable);
    }

    [Fact]
    public void ALockedMachineIsOnlyUnlocked()
    {
        var machine = Create(new Machine { Name = "m1" }) with { Locked = true };
        Assert.Equal(403, Assert.Throws<ApiException>(() => Update(machine, m => m with { Description = "x" })).Error.Code);
        Assert.False(Update(machine, m => m with { Locked = false }).Locked);
        var own = new ChangeOptions(ByMachine: true);
        Assert.Equal(403, Assert.Throws<ApiException>(() => Update(machine, m => m with { OS = "x" }, own)).Error.Code);
        Assert.Equal(403, Assert.Throws<ApiException>(() => Update(machine, m => m with { Locked = false }, own)).Error.Code);
    }

    [Fact]
    public void CurrentTaskGoesBackToTheLastBootEnvironmentChange()
    {
        var machine = Create(new Machine { Name = "m1" }) with { CurrentTask = 2 };
        Assert.Equal(1, Update(machine, m => m with { CurrentTask = -1 }).CurrentTask);
        Assert.Equal(["CurrentTask can only be set backwards"], Problems(() => Update(machine, m => m with { CurrentTask = 3 })));
        Assert.Contains("right updateTaskList",
            Problems(() => Update(machine, m => m with { CurrentTask = 1 }, new ChangeOptions(MayUpdateTaskList: false)))[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public void AMachinePastItsDeadlineIsStuckWithAReason()
    {
        var machine = Create(new Machine { Name = "m1" }, discovered: true);
        Assert.Same(machine, Lifecycle.DeadlineCame(machine, Catalog, machine.Boot.Deadline.AddSeconds(-1)));
        var stuck = Lifecycle.DeadlineCame(machine, Catalog, machine.Boot.Deadline);
        Assert.True(stuck.Boot.Stuck);
        Assert.Contains("waiting for its agent", stuck.Boot.Reason, StringComparison.Ordinal);
    }

    /// <summary>Who waits for approval works off nothing, by whichever way it is made runnable, and boots no installer.</summary>
    [Fact]
    public void AMachineThatWaitsForApprovalWorksAndInstallsNothing()
    {
        CatalogSnapshot With(string workflow) => TestCatalog.With(TestCatalog.Pref("stuckPolicy", "retry"),
            TestCatalog.Pref("defaultWorkflow", workflow), new Stage { Name = "inst", BootEnv = "debian-12-install" },
            new Workflow { Name = "inst", Stages = ["inst", "local"] });
        Machine Waiting(CatalogSnapshot catalog) => MachineRules.Create(
            new Machine { Name = "m1", Uuid = "0b3c6a8e-0000-4000-8000-000000000001" }, catalog, TestCatalog.Start, true,
            new ChangeOptions { Admission = RegistrationPolicy.Approve, Doubt = "who is it" }, "secret");

        var (works, installs) = (With("discover"), With("inst"));
        var waits = Waiting(works);
        var booted = Lifecycle.NetBooting(waits, works.BootEnvs[waits.BootEnv], "uefi", "ipxe", works, TestCatalog.Start);
        Assert.Equal("who is it", booted.Boot.Doubt);
        var late = Lifecycle.DeadlineCame(booted, works, booted.Boot.Deadline.AddDays(1));
        Assert.Equal((true, false), (late.Boot.Stuck, late.Runnable));
        Assert.Contains("waits for approval",
            Problems(() => JobRules.Next(late with { Runnable = true }, null, works, TestCatalog.Start, () => "u"))[0],
            StringComparison.Ordinal);

        waits = Waiting(installs);
        Assert.Equal(("local", "inst", false, ""), (waits.BootEnv, waits.Workflow, waits.Runnable, waits.OS));
        var approved = MachineRules.Approve(waits, installs, TestCatalog.Start);
        Assert.Equal(("debian-12-install", true, Phase.Installing, ""),
            (approved.BootEnv, approved.Runnable, approved.Boot.Phase, approved.Boot.Doubt));
        Assert.NotEqual("", approved.OS);
    }

    /// <summary>
    /// Whoever wrote its boot environment (a version before, a job): it is told nothing that installs, by DHCP, HTTP and its phase alike.
    /// </summary>
    [Theory]
    [InlineData("sledgehammer", "sledgehammer")]
    [InlineData("debian-12-install", "local")]
    public void AMachineThatWaitsForApprovalIsToldNoInstaller(string otherwise, string waitsIn)
    {
        var catalog = TestCatalog.With(TestCatalog.Pref("defaultBootEnv", otherwise));
        foreach (var admission in new[] { MachineBoot.Pending, MachineBoot.Open, MachineBoot.Approved, "" })
        {
            var machine = new Machine
            {
                Uuid = "u",
                Name = "m1",
                BootEnv = "debian-12-install",
                Boot = new MachineBoot { Admission = admission },
            };
            var meant = admission == MachineBoot.Pending ? waitsIn : "debian-12-install";
            var answer = BootDecision.Decide(machine, "52:54:00:00:00:01", new BootClient(ClientKind.Pxe, 0), catalog,
                new BootServer("10.0.0.1", 8091, 8092));
            Assert.Equal((meant, meant), (answer.BootEnv, WhileItWaits.BootEnvOf(machine, catalog)));
        }
    }

    [Fact]
    public void EveryPhaseRestsOrHasADeadline()
    {
        var machine = Create(new Machine { Name = "m1" });
        foreach (var phase in Enum.GetValues<Phase>())
        {
            var boot = Lifecycle.Enter(machine, phase, "test", Catalog, TestCatalog.Start).Boot;
            Assert.True(boot.IsResting ? boot.Deadline == default : boot.Deadline > TestCatalog.Start, phase.ToString());
        }
    }

    [Fact]
    public void ANameThatAnOlderVersionTookStandsInTheWayOfNoOtherChange()
    {
        var old = Create(new Machine { Name = "web1" }) with { Name = "two words", HardwareAddrs = ["00:00:00:00:00:00"] };
        Assert.Equal("x", Update(old, m => m with { Description = "x" }).Description);
        Assert.Equal("Invalid Name `three words here`", Problems(() => Update(old, m => m with { Name = "three words here" }))[0]);
    }
}
