using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Jobs;

public sealed class JobRulesTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        new TaskDefinition { Name = "one" }, new TaskDefinition { Name = "two" },
        new Stage { Name = "work", BootEnv = "sledgehammer", Tasks = ["one", "two"] },
        new Workflow { Name = "wf", Stages = ["work", "local"] });

    private int _uuids;

    [Fact]
    public void AWorkflowRunsToItsEnd()
    {
        var run = new Run(this);
        Assert.Equal(("one", 201), run.Next());
        run.End(JobState.Finished, "complete");
        Assert.Equal(("two", 201), run.Next());
        run.End(JobState.Finished, "complete");
        Assert.Equal(("bootenv:local", 204), run.Next());
        Assert.Equal(("local", "local", false), (run.Machine.Stage, run.Machine.BootEnv, run.Machine.Runnable));
        run.Machine = run.Machine with { Runnable = true };
        Assert.Equal(204, run.Next().Status);
        Assert.Equal(run.Machine.Tasks.Count, run.Machine.CurrentTask);
        Assert.Equal(Phase.Discovered, run.Machine.Boot.Phase);
    }

    [Fact]
    public void AFailedTaskStopsTheMachineWithAReasonAndRunsAgain()
    {
        var run = new Run(this);
        run.Next();
        run.End(JobState.Failed, "failed");
        Assert.Equal(Phase.Failed, run.Machine.Boot.Phase);
        Assert.Contains("task one failed", run.Machine.Boot.Reason, StringComparison.Ordinal);
        Assert.Equal(("one", 201), run.Next());
        Assert.Equal(Phase.Working, run.Machine.Boot.Phase);
    }

    [Fact]
    public void AnIncompleteJobIsGivenAgain()
    {
        var run = new Run(this);
        run.Next();
        var first = run.Job!.Uuid;
        run.End(JobState.Incomplete, "reboot");
        Assert.Contains("asked for reboot", run.Machine.Boot.Reason, StringComparison.Ordinal);
        Assert.Equal(("one", 202), run.Next());
        Assert.Equal(first, run.Job!.Uuid);
    }

    [Fact]
    public void WhileAJobIsUnderWayThereIsNoOther()
    {
        var run = new Run(this);
        run.Next();
        Assert.Equal(409, Assert.Throws<ApiException>(() => run.Next()).Error.Code);
    }

    [Fact]
    public void AMachineThatIsNotRunnableGetsNoJob()
    {
        var run = new Run(this);
        run.Machine = run.Machine with { Runnable = false };
        Assert.Contains("is not runnable", Assert.Throws<ApiException>(() => run.Next()).Error.Messages[0], StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyTheNewestJobIsCurrent()
    {
        var run = new Run(this);
        run.Next();
        run.End(JobState.Finished, "complete");
        run.Next();
        Assert.Equal([false, true], run.Changed.Select(j => j.Current));
    }

    [Theory]
    [InlineData(0, "finished", "complete")]
    [InlineData(16, "finished", "stop")]
    [InlineData(32, "finished", "poweroff")]
    [InlineData(64, "finished", "reboot")]
    [InlineData(128, "incomplete", "complete")]
    [InlineData(144, "incomplete", "stop")]
    [InlineData(160, "incomplete", "poweroff")]
    [InlineData(192, "incomplete", "reboot")]
    [InlineData(1, "failed", "failed")]
    public void ExitCodesMeanWhatDrpSays(int code, string state, string exit) => Assert.Equal((state, exit), JobState.FromExitCode(code));

    [Theory]
    [InlineData("finished", "running")]
    [InlineData("failed", "finished")]
    [InlineData("running", "created")]
    public void AnEndedJobStaysEnded(string from, string to) => Assert.False(JobState.MayChange(from, to));

    private sealed class Run
    {
        private readonly JobRulesTests _test;

        public Run(JobRulesTests test)
        {
            _test = test;
            var created = MachineRules.Create(new Machine { Uuid = "0b3c6a8e-0000-4000-8000-000000000001", Name = "m1" }, Catalog,
                TestCatalog.Start, true, new ChangeOptions(), "secret");
            Machine = MachineRules.Update(created, created with { Workflow = "wf" }, Catalog, TestCatalog.Start,
                new ChangeOptions()) with
            { Runnable = true };
        }

        public Machine Machine { get; set; }

        public Job? Job { get; private set; }

        public IReadOnlyList<Job> Changed { get; private set; } = [];

        public (string Task, int Status) Next()
        {
            var next = JobRules.Next(Machine, Job, Catalog, TestCatalog.Start, () => $"job{++_test._uuids}");
            (Machine, Job, Changed) = (next.Machine, next.Job, next.Changed);
            return (Job?.Task ?? "", next.Status);
        }

        public void End(string state, string exit)
            => (Job, Machine) = JobRules.Update(Machine, Job!, Job! with { State = state, ExitState = exit }, Catalog, TestCatalog.Start);
    }
}
