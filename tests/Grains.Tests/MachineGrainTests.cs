using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Grains.Machines;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;

namespace Anvil.Grains.Tests;

/// <summary>A machine's grain in one silo, with a clock that stands until it is moved.</summary>
public sealed class MachineGrainTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private GrainCluster _cluster = null!;

    private FakeStorage Storage => _cluster.Storage;

    public async ValueTask InitializeAsync() => _cluster = await GrainCluster.StartAsync(1, _time);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task WhatWasNotStoredIsNotTold()
    {
        var (grain, machine) = await _cluster.MakeAsync("lost");
        Storage.Next(WriteFate.Lost);
        var answer = await grain.Amend(GrainCluster.Describe("first"));
        Assert.Equal((503, null), (answer.Status, answer.Machine));
        Assert.Equal(("", 1), ((await grain.Read()).Machine!.Description, (await grain.Read()).Revision));
        Assert.Equal((200, "second", 2), await DescribeAsync(grain, "second"));
        Assert.Equal("second", Storage.Row(machine.Uuid)!.Machine!.Description);
    }

    [Fact]
    public async Task AWriteWhoseAnswerWasLostIsReadAgainBeforeTheNext()
    {
        var (grain, machine) = await _cluster.MakeAsync("unsure");
        Storage.Next(WriteFate.StoredAndLost);
        Assert.Equal(503, (await grain.Amend(GrainCluster.Describe("first"))).Status);
        // Without reading the row again this write would be refused as a stale activation's.
        var answer = await grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/a","value":1}]""", GrainCluster.Terms));
        Assert.Equal((200, false, "first"), (answer.Status, answer.Again, answer.Machine!.Description));
        Assert.Equal(3, Storage.Row(machine.Uuid)!.Revision);
    }

    [Fact]
    public async Task AStaleActivationsWriteIsRefusedAndTheNextOneKnows()
    {
        var (grain, machine) = await _cluster.MakeAsync("stale");
        Storage.Overwrite(machine.Uuid,
            s => s with { Machine = s.Machine! with { Description = "elsewhere" }, Revision = s.Revision + 1 });
        var refused = await grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/a","value":1}]""", GrainCluster.Terms));
        Assert.Equal((409, true), (refused.Status, refused.Again));
        Assert.Empty(Storage.Row(machine.Uuid)!.Machine!.Params);
        var taken = await GrainCalls.ActAsync(() => grain.Amend(new DocumentPatch("""[{"op":"add","path":"/Params/a","value":1}]""",
            GrainCluster.Terms)));
        Assert.Equal((200, "elsewhere", 1), (taken.Status, taken.Machine!.Description, taken.Machine.Params.Count));
    }

    [Fact]
    public async Task WhoWaitsIsWokenByAChangeAndToldWhenThereIsNone()
    {
        var (grain, _) = await _cluster.MakeAsync("waits");
        var change = grain.Await(1, TimeSpan.FromDays(1));
        var none = grain.Await(1, TimeSpan.FromSeconds(10));
        Assert.Equal(1, (await grain.Read()).Revision);
        // The clock goes on until both have begun to wait, and one has waited long enough.
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            return Task.FromResult(none.IsCompleted);
        }, Patience, () => "who waits is not told that there is no change");
        Assert.Equal((304, 1), ((await none).Status, (await none).Revision));
        Assert.False(change.IsCompleted);
        await grain.Amend(GrainCluster.Describe("moved"));
        Assert.Equal((200, "moved"), ((await change).Status, (await change).Machine!.Description));
    }

    [Fact]
    public async Task SecretsAreToldWhileAWriteWaits()
    {
        var (grain, machine) = await _cluster.MakeAsync("busy");
        Storage.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = Storage.Begun;
        var write = grain.Amend(GrainCluster.Describe("slow"));
        await Wait.UntilAsync(() => Task.FromResult(Storage.Begun > begun), Patience, () => "the write does not begin");
        Assert.Equal(machine.Secret, (await grain.Secrets())!.Secret);
        Assert.False(write.IsCompleted);
        Storage.Gate.SetResult();
        Assert.Equal(200, (await write).Status);
    }

    [Fact]
    public async Task AChangeOnAConditionIsRefusedOnceTheMachineHasMovedOn()
    {
        var (grain, _) = await _cluster.MakeAsync("condition");
        Assert.Equal(200,
            (await grain.Amend(GrainCluster.Describe("a") with { Terms = GrainCluster.Terms with { IfRevision = 1 } })).Status);
        Assert.Equal(412,
            (await grain.Amend(GrainCluster.Describe("b") with { Terms = GrainCluster.Terms with { IfRevision = 1 } })).Status);
        Assert.Equal(412, (await grain.Remove(GrainCluster.Terms with { IfRevision = 1 })).Status);
        Assert.Equal("a", (await grain.Read()).Machine!.Description);
    }

    [Fact]
    public async Task ADeadlineThatPassesMakesTheMachineStuckOnce()
    {
        var (grain, machine) = await _cluster.MakeAsync("stuck");
        Assert.Equal(Phase.Working, machine.Boot.Phase);
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Of(machine.Uuid) is not null), Patience,
            () => "no reminder is registered for the deadline");
        var reminded = grain.AsReference<IRemindable>();
        // Too early: nothing happens.
        await reminded.ReceiveReminder(DeadlineReminder.Name, default);
        Assert.False((await grain.Read()).Machine!.Boot.Stuck);
        _time.Advance(machine.Boot.Deadline - _time.GetUtcNow() + TimeSpan.FromSeconds(1));
        await reminded.ReceiveReminder(DeadlineReminder.Name, default);
        await reminded.ReceiveReminder(DeadlineReminder.Name, default);
        var stuck = await grain.Read();
        Assert.True(stuck.Machine!.Boot.Stuck);
        Assert.Equal(2, stuck.Revision);
        Assert.Single(_cluster.Lines, l => l.StartsWith(machine.Uuid + " phase: Working stuck", StringComparison.Ordinal));
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Of(machine.Uuid) is null), Patience,
            () => "the reminder of a deadline that is over is still there");
    }

    /// <summary>One that is left over comes, and is taken away then.</summary>
    [Fact]
    public async Task NoReminderIsLookedForWhereNoneCanBe()
    {
        var idle = _cluster.Machine(Guid.NewGuid().ToString());
        Assert.Equal(201, (await idle.Make(new MachineWrite(new Machine { Name = "idle" }, GrainCluster.Terms))).Status);
        Assert.Equal(200, (await idle.Amend(GrainCluster.Describe("idle"))).Status);
        // What the first one wanted was wanted before.
        var (_, later) = await _cluster.MakeAsync("later");
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Of(later.Uuid) is not null), Patience,
            () => "no reminder is registered for the deadline");
        Assert.DoesNotContain(idle.GetGrainId(), _cluster.Reminders.Looked);
        await idle.AsReference<IRemindable>().ReceiveReminder(DeadlineReminder.Name, default);
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Looked.Contains(idle.GetGrainId())), Patience,
            () => "a reminder that came without a deadline is not looked for");
    }

    [Fact]
    public async Task AReminderThatCannotBeRegisteredIsTriedAgainAndNobodyWaits()
    {
        _cluster.Reminders.Failing = 2;
        var (_, machine) = await _cluster.MakeAsync("reminded");
        await Wait.UntilAsync(() => Task.FromResult(_cluster.Reminders.Tried == 1), Patience,
            () => "nobody has tried to register the reminder");
        Assert.Null(_cluster.Reminders.Of(machine.Uuid));
        await Wait.UntilAsync(() =>
        {
            _time.Advance(DeadlineReminder.Retry);
            return Task.FromResult(_cluster.Reminders.Of(machine.Uuid) is not null);
        }, Patience, () => $"the reminder is not registered after {_cluster.Reminders.Tried} tries");
        Assert.Equal(3, _cluster.Reminders.Tried);
    }

    [Fact]
    public async Task AKnownMachineThatRegistersWithACardMoreIsThatMachine()
    {
        var (grain, machine) = await _cluster.MakeAsync("cards", true, "02:00:00:00:0a:01", "02:00:00:00:0a:02");
        var stranger = _cluster.Machine(Guid.NewGuid().ToString());
        var registration = Registration("02:00:00:00:0a:01", "02:00:00:00:0a:02", "02:00:00:00:0a:03");
        // That DHCP has seen these cards on one link is what makes it more than a word of somebody's.
        var doubtful = await stranger.Make(registration);
        Assert.Equal(409, doubtful.Status);
        Assert.Contains("is that of another machine", doubtful.Error!.Messages[0], StringComparison.Ordinal);
        Assert.DoesNotContain("cards", doubtful.Error.Messages[0], StringComparison.Ordinal);
        var joined = await stranger.Make(registration with { OnLink = true });
        Assert.Equal((200, machine.Uuid, "cards"), (joined.Status, joined.Machine!.Uuid, joined.Machine.Name));
        Assert.Equal("", joined.Machine.Secret);
        Assert.Equal(["02:00:00:00:0a:01", "02:00:00:00:0a:02", "02:00:00:00:0a:03"], (await grain.Read()).Machine!.HardwareAddrs);
        Assert.Equal(404, (await stranger.Read()).Status);
        // Who knows one card only may be another machine.
        var refused = await stranger.Make(Registration("02:00:00:00:0a:01", "02:00:00:00:0a:09") with { OnLink = true });
        Assert.Equal(409, refused.Status);
        Assert.DoesNotContain("cards", refused.Error!.Messages[0], StringComparison.Ordinal);
        // A person who makes a machine by hand is told of the mistake.
        var byHand = await stranger.Make(Registration("02:00:00:00:0a:01", "02:00:00:00:0a:02") with { Discovered = false });
        Assert.Equal((422, "another machine has one of these HardwareAddrs"), (byHand.Status, byHand.Error!.Messages[0]));
    }

    [Fact]
    public async Task JobsRunToTheEndOfTheListAndAreTold()
    {
        var (grain, machine) = await _cluster.MakeAsync("jobs");
        var agent = new Actor(machine.Uuid, true, false);
        var started = await grain.StartJob(agent);
        Assert.Equal((201, "one", "created"), (started.Status, started.Job!.Task, started.Job.State));
        Assert.Equal(409, (await grain.StartJob(agent)).Status);
        var patch = new DocumentPatch(
            """[{"op":"replace","path":"/State","value":"finished"},{"op":"replace","path":"/ExitState","value":"complete"}]""",
            new ChangeTerms(agent));
        Assert.Equal((200, "finished"), ((await grain.AmendJob(started.Job.Uuid, patch)).Status,
            (await grain.AmendJob(started.Job.Uuid, patch)).Job!.State));
        var next = await grain.StartJob(agent);
        Assert.Equal((204, null), (next.Status, next.Job));
        Assert.Equal(Phase.Discovered, (await grain.Read()).Machine!.Boot.Phase);
        Assert.Contains($"{machine.Uuid} job: task one created {started.Job.Uuid}", _cluster.Lines);
        Assert.Contains($"{machine.Uuid} job: task one finished (complete) {started.Job.Uuid}", _cluster.Lines);
    }

    [Fact]
    public async Task ADeletedMachineIsGoneAndMayComeAgain()
    {
        var (grain, machine) = await _cluster.MakeAsync("gone");
        var removed = await grain.Remove(GrainCluster.Terms);
        Assert.Equal((200, "gone"), (removed.Status, removed.Machine!.Name));
        Assert.Null(Storage.Row(machine.Uuid));
        Assert.Equal(404, (await GrainCalls.AskAsync(grain.Read)).Status);
        Assert.Equal(404, (await GrainCalls.ActAsync(() => grain.Amend(GrainCluster.Describe("x")))).Status);
        Assert.Equal(201,
            (await GrainCalls.ActAsync(() => grain.Make(new MachineWrite(new Machine { Name = "gone" }, GrainCluster.Terms)))).Status);
    }

    /// <summary>Silos of the version before send bodies as text.</summary>
    [Fact]
    public async Task TheCallsOfTheVersionBeforeDoTheSame()
    {
        var actor = new Actor("tester", false, true);
        var grain = _cluster.Machine(Guid.NewGuid().ToString());
        var made = await grain.Create("""{"Name":"older","Stage":"work","Nonsense":1}""", actor, false, false);
        Assert.Equal((201, 1), (made.Status, made.Revision));
        Assert.Contains("\"Name\":\"older\"", made.Body, StringComparison.Ordinal);
        Assert.Equal(409, (await grain.Create("""{"Name":"older"}""", actor, false, false)).Status);
        Assert.Equal(400, (await grain.Put("[]", actor, false)).Status);
        var patched = await grain.Patch("""[{"op":"replace","path":"/Description","value":"text"}]""", actor, false);
        Assert.Contains("\"Description\":\"text\"", patched.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await grain.Put(patched.Body!.Replace("text", "put", StringComparison.Ordinal), actor, false)).Status);
        Assert.Contains("\"Description\":\"put\"", (await grain.Get()).Body, StringComparison.Ordinal);
        Assert.Equal((201, 200), ((await grain.NextJob(actor)).Status, (await grain.Watch(1, TimeSpan.FromSeconds(1))).Status));
        Assert.Equal(200, (await grain.Sighted(new Sighting(SightingKind.Leased, "10.0.0.7", "", ""))).Status);
        Assert.Equal("10.0.0.7", (await grain.Read()).Machine!.Address);
        Assert.Equal(200, (await grain.Delete(actor)).Status);
    }

    private static MachineWrite Registration(params IReadOnlyList<string> macs)
    {
        var terms = new ChangeTerms(new Actor("registration", true, false));
        return new MachineWrite(new Machine { Name = "d" + macs[^1].Replace(':', '-'), HardwareAddrs = macs },
            terms)
        { Discovered = true };
    }

    private static async Task<(int Status, string Description, long Revision)> DescribeAsync(IMachineGrain grain, string text)
    {
        var answer = await grain.Amend(GrainCluster.Describe(text));
        return (answer.Status, answer.Machine?.Description ?? "", answer.Revision);
    }
}
