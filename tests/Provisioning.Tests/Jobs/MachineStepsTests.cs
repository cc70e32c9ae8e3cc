using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Jobs;

/// <summary>What each step of a machine's life makes of its state, and what it says is to be done.</summary>
public sealed class MachineStepsTests
{
    private const string Uuid = "0b3c6a8e-0000-4000-8000-000000000001";

    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        new TaskDefinition { Name = "one" }, new Stage { Name = "work", BootEnv = "sledgehammer", Tasks = ["one"] },
            new Profile { Name = "known" });

    private static readonly ChangeOptions Person = new() { By = "tester" };

    private int _made;

    private RuleContext On
        => new(Catalog, TestCatalog.Start, new Entropy(() => $"0b3c6a8e-0000-4000-8000-{++_made:d12}", () => "a-secret",
            () => $"boot-{++_made}"));

    [Fact]
    public void TheSameChanceAndTimeGiveTheSame()
    {
        var first = Make(new Machine { Name = "m1", Stage = "work" }, discovered: true);
        _made = 0;
        var second = Make(new Machine { Name = "m1", Stage = "work" }, discovered: true);
        Assert.Equal(Json.Write(first.State), Json.Write(second.State));
        Assert.Equal(first.Effects, second.Effects);
        Assert.Equal(("a-secret", "boot-1", 1), (first.State.Machine!.Secret, first.State.BootId, first.State.Revision));
    }

    [Fact]
    public void AChangeOfPhaseIsCountedToldAndGivenADeadline()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" }, discovered: true);
        var boot = made.State.Machine!.Boot;
        Assert.Equal([new CountPhase(Phase.Working), new NoteTimeline("phase", "Working", "", boot.Reason),
            new SetDeadline(boot.Deadline)], made.Effects);
        var described = MachineSteps.Amend(made.State, Uuid, """[{"op":"add","path":"/Description","value":"x"}]""", Person, On);
        // Nothing has moved: the deadline alone is said again.
        Assert.Equal([new SetDeadline(boot.Deadline)], described.Effects);
        var last = Assert.Single(described.State.Events);
        Assert.Equal(("update", "by tester", 2), (last.Action, last.Detail, described.State.Revision));
    }

    /// <summary>What edges see moves the boot record alone; what makes or changes a document, a job or a task list does not.</summary>
    [Fact]
    public void WhatEdgesSeeIsAllInTheBootRecord()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" }, discovered: true).State;
        MachineChange?[] seen =
        [
            SightingSteps.Begins(made, Uuid, "uefi", "ipxe", On), SightingSteps.Leased(made, Uuid, "10.0.0.7", On),
            SightingSteps.Boots(made, Uuid, "uefi", "ipxe", On), SightingSteps.GoesToDisk(made, Uuid, "uefi", "disk", On),
            SightingSteps.Begins(made, Uuid, "uefi", "ipxe", On with { Seen = TestCatalog.Start.AddHours(1) }),
            MachineSteps.DeadlineCame(made, On with { Now = made.Machine!.Boot.Deadline }),
        ];
        foreach (var change in seen)
        {
            var record = BootRecord.Between(made, change!.State);
            Assert.NotNull(record);
            Assert.Equal(Json.Write(change.State with { Events = [] }), Json.Write(record.Over(made) with { Events = [] }));
        }

        foreach (var change in new[]
        {
            MachineSteps.Amend(made, Uuid, """[{"op":"add","path":"/Description","value":"x"}]""", Person, On),
            MachineSteps.Amend(made, Uuid, """[{"op":"add","path":"/Params/x","value":1}]""", Person, On),
            MachineSteps.StartJob(made, Uuid, Person, On), MachineSteps.Remove(made, Uuid, Person, On),
        }) Assert.Null(BootRecord.Between(made, change.State));
        Assert.Null(BootRecord.Between(new MachineState(), made));
        // A policy that lets the machine run again changes more than the record.
        Assert.Null(BootRecord.Between(made, made with { Machine = made.Machine with { Runnable = !made.Machine.Runnable } }));
    }

    [Fact]
    public void ADeadlineIsClearedByWhateverRestsTheMachine()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" }, discovered: true);
        var late = On with { Now = made.State.Machine!.Boot.Deadline };
        var stuck = MachineSteps.DeadlineCame(made.State, late)!;
        Assert.Contains(new ClearDeadline(), stuck.Effects);
        Assert.Contains(new WarnStuck("m1", stuck.State.Machine!.Boot.Reason), stuck.Effects);
        Assert.Null(MachineSteps.DeadlineCame(stuck.State, late));
        Assert.Equal([new ClearDeadline()], MachineSteps.Remove(made.State, Uuid, Person, On).Effects);
    }

    [Fact]
    public void AMachineMadeInAStageBootsItsBootEnvironment()
    {
        Assert.Equal("sledgehammer", Make(new Machine { Name = "m1", Stage = "work" }).State.Machine!.BootEnv);
        Assert.Equal("local", Make(new Machine { Name = "m1", Stage = "work", BootEnv = "local" }).State.Machine!.BootEnv);
    }

    [Theory]
    [InlineData("/Stage", "\"nope\"", "Stage nope does not exist")]
    [InlineData("/BootEnv", "\"nope\"", "Bootenv nope does not exist")]
    [InlineData("/BootEnv", "\"discovery\"", "BootEnv discovery does not allow Machine assignments, it has the OnlyUnknown flag.")]
    [InlineData("/Workflow", "\"nope\"", "Workflow nope does not exist")]
    [InlineData("/Profiles", "[\"known\",\"nope\"]", "Profile nope (at 1) does not exist")]
    [InlineData("/Tasks", "[\"one\",\"nope\"]", "Task nope (at 1) does not exist")]
    [InlineData("/Tasks", "[\"stage:nope\",\"one\"]", "Stage nope (at 0) does not exist")]
    [InlineData("/Tasks", "[\"bootenv:\",\"one\"]", "BootEnv  (at 0) does not exist")]
    [InlineData("/Tasks", "[\"bootenv:discovery\"]",
        "BootEnv discovery does not allow Machine assignments, it has the OnlyUnknown flag.")]
    public void WhatAChangeNamesMustBeThereUnlessForced(string field, string value, string problem)
    {
        var made = Make(new Machine { Name = "m1", Stage = "none", BootEnv = "local" });
        var patch = $$"""[{"op":"replace","path":"{{field}}","value":{{value}}}]""";
        Assert.Contains(problem,
            Assert.Throws<ApiException>(() => MachineSteps.Amend(made.State, Uuid, patch, Person, On)).Error.Messages);
        var forced = MachineSteps.Amend(made.State, Uuid, patch, Person with { Force = true }, On).State.Machine!;
        Assert.Equal((false, false), (forced.Available, forced.Runnable));
        // What is missing already does not stand in the way of other changes.
        var other = MachineSteps.Amend(made.State with { Machine = forced }, Uuid,
            """[{"op":"add","path":"/Description","value":"x"}]""", Person, On);
        Assert.Equal("x", other.State.Machine!.Description);
    }

    [Theory]
    [InlineData("local", 4.9, true)]
    [InlineData("local", 5, false)]
    [InlineData("other", 1, false)]
    public void AScriptAMomentLaterIsThatOfTheSameBoot(string env, double seconds, bool isAgain)
    {
        var made = Make(new Machine { Name = "m1", Stage = "none", BootEnv = "local" });
        var last = new BootScript(env, TimeSpan.FromHours(1));
        Assert.Equal(isAgain, SightingSteps.IsAgain(made.State, last, last.At + TimeSpan.FromSeconds(seconds)));
        Assert.False(SightingSteps.IsAgain(made.State, null, last.At));
    }

    [Fact]
    public void ThatAMachineWasSeenIsStoredNowAndThenAndIsNoEvent()
    {
        var made = Make(new Machine { Name = "m1", Stage = "none", BootEnv = "local" }).State;
        MachineChange At(double minutes) => SightingSteps.Begins(made, Uuid, "", "", On with { Now = On.Now.AddMinutes(minutes) });
        var since = made with { Machine = At(0).State.Machine };
        Assert.Null(SightingSteps.ToStore(since, SightingSteps.Begins(since, Uuid, "", "", On with { Now = On.Now.AddMinutes(9.9) })));
        var stored = SightingSteps.ToStore(since, SightingSteps.Begins(since, Uuid, "", "", On with { Now = On.Now.AddMinutes(10) }));
        Assert.Empty(stored!.State.Events);
        var more = SightingSteps.Begins(since, Uuid, "uefi", "ipxe", On);
        Assert.Same(more, SightingSteps.ToStore(since, more));
    }

    [Fact]
    public void WhatIsSecureByNowIsSealedOnce()
    {
        var made = Make(new Machine { Name = "m1", Stage = "none", BootEnv = "local" }).State;
        Assert.Null(MachineSteps.Seal(made, Uuid, m => m, On));
        var change = MachineSteps.Seal(made, Uuid, m => m with { Description = "sealed" }, On)!;
        Assert.Equal(("sealed", made.Revision + 1, "sealing"),
            (change.State.Machine!.Description, change.State.Revision, change.State.Events.Single().Principal));
    }

    [Fact]
    public void TasksThatAWorkflowReplacesMustBeThereToo()
        => Assert.Contains("Task nope (at 0) does not exist",
            Assert.Throws<ApiException>(() => Make(new Machine { Name = "m1", Workflow = "discover", Tasks = ["nope"] })).Error.Messages);

    [Fact]
    public void AScriptThatIsFetchedVoidsTheTokensOfTheLastBootAndADiscoverDoesNot()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" });
        var begun = SightingSteps.Begins(made.State, Uuid, "uefi", "ipxe", On);
        Assert.Equal(made.State.BootId, begun.State.BootId);
        Assert.Equal(("uefi", "ipxe", TestCatalog.Start), (begun.State.Machine!.Boot.Firmware, begun.State.Machine.Boot.Via,
            begun.State.Machine.Boot.LastSeen));
        var leased = SightingSteps.Leased(begun.State, Uuid, "10.0.0.7", On)!;
        Assert.Equal("10.0.0.7", leased.State.Machine!.Address);
        Assert.Null(SightingSteps.Leased(leased.State, Uuid, "10.0.0.7", On));
        var boots = SightingSteps.Boots(leased.State, Uuid, "uefi", "ipxe", On);
        Assert.Equal(Phase.Working, boots.State.Machine!.Boot.Phase);
        Assert.NotEqual(made.State.BootId, boots.State.BootId);
        Assert.Equal("the-edges", SightingSteps.Boots(leased.State, Uuid, "uefi", "ipxe", On, "the-edges").State.BootId);
        Assert.Contains(new CountPhase(Phase.Working), boots.Effects);
    }

    /// <summary>Tokens of the script before are void whatever asks again, and how often.</summary>
    [Fact]
    public void AScriptThatIsFetchedAgainAtOnceBeginsNoOtherBoot()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" });
        var first = SightingSteps.Boots(made.State, Uuid, "uefi", "ipxe", On, "one");
        var again = SightingSteps.Boots(first.State, Uuid, "", "ipxe-mac", On, "two", isAgain: true);
        Assert.Equal("two", again.State.BootId);
        Assert.Single(first.State.Events);
        Assert.Empty(again.State.Events);
        Assert.DoesNotContain(again.Effects, e => e is NoteTimeline or CountPhase);
        var boot = first.State.Machine!.Boot;
        Assert.Equal(boot with { Via = "ipxe-mac" }, again.State.Machine!.Boot);
        var later = SightingSteps.Boots(again.State, Uuid, "", "ipxe", On, "three");
        Assert.Equal((boot.Attempts + 1, "three"), (later.State.Machine!.Boot.Attempts, later.State.BootId));
        Assert.Single(later.State.Events);
        // One that is stuck begins again.
        var stuck = first.State with { Machine = first.State.Machine with { Boot = boot with { Stuck = true } } };
        Assert.False(SightingSteps.Boots(stuck, Uuid, "", "ipxe", On, "four", isAgain: true).State.Machine!.Boot.Stuck);
    }

    [Fact]
    public void ASightingThatChangesNothingElseSaysSo()
    {
        var made = Make(new Machine { Name = "m1", Stage = "work" });
        var begun = SightingSteps.Begins(made.State, Uuid, "uefi", "ipxe", On);
        var later = On with { Now = TestCatalog.Start.AddMinutes(1) };
        Assert.False(begun.IsStill);
        Assert.True(SightingSteps.Begins(begun.State, Uuid, "uefi", "ipxe", later).IsStill);
        Assert.False(SightingSteps.Begins(begun.State, Uuid, "pcbios", "ipxe", later).IsStill);
        Assert.False(SightingSteps.Boots(begun.State, Uuid, "uefi", "ipxe", later).IsStill);
    }

    private MachineChange? JoinedBy(MachineState state, Machine registered)
        => MachineSteps.Join(state, registered, [], isOnLink: true, Person, On);

    [Fact]
    public void AMachineIsJoinedOnlyByWhoKnowsAllItsCards()
    {
        var made = Make(new Machine { Name = "m1", HardwareAddrs = ["02:00:00:00:00:01", "02:00:00:00:00:02"] });
        var joined = JoinedBy(made.State, Cards("02-00-00-00-00-01", "02:00:00:00:00:02", "02:00:00:00:00:03"))!;
        Assert.Equal(["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"], joined.State.Machine!.HardwareAddrs);
        Assert.Null(JoinedBy(joined.State, Cards("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03")));
        Assert.Equal(409,
            Assert.Throws<ApiException>(() => JoinedBy(made.State, Cards("02:00:00:00:00:01", "02:00:00:00:00:03"))).Error.Code);
        Assert.Equal(422,
            Assert.Throws<ApiException>(() => JoinedBy(made.State,
                Cards("02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff"))).Error.Code);
        var values = new Dictionary<string, System.Text.Json.JsonElement>
        {
            ["password"] = Json.Element("x"),
            ["hardware/cpu"] = Json.Element(1)
        };
        var told = MachineRules.Public(made.State.Machine! with { Profiles = ["known"], Params = values });
        Assert.Equal(("", 0, "hardware/cpu"), (told.Secret, told.Profiles.Count, Assert.Single(told.Params).Key));
    }

    [Fact]
    public void ARequestThatCameInBetweenIsSeenByTheNextWrite()
    {
        var made = Make(new Machine { Name = "m1" });
        var seen = TestCatalog.Start.AddMinutes(3);
        var next = MachineSteps.Amend(made.State, Uuid, """[{"op":"add","path":"/Description","value":"x"}]""", Person,
            On with { Seen = seen });
        Assert.Equal(seen, next.State.Machine!.Boot.LastSeen);
    }

    private static Machine Cards(params IReadOnlyList<string> macs) => new() { Uuid = Uuid, Name = "d", HardwareAddrs = macs };

    private MachineChange Make(Machine wanted, bool discovered = false)
        => MachineSteps.Make(new MachineState(), wanted with { Uuid = Uuid }, discovered, Person, On);
}
