using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;

namespace Anvil.Grains.Tests;

/// <summary>What edges see of machines is written apart from their documents, in groups.</summary>
public sealed class BootRecordTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private GrainCluster _cluster = null!;

    private FakeStorage Storage => _cluster.Storage;

    private DateTimeOffset SeenOf(string uuid) => Storage.Row(uuid)!.Machine!.Boot.LastSeen;

    public async ValueTask InitializeAsync() => _cluster = await GrainCluster.StartAsync(1, _time);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task ASightingWritesTheRecordAndAChangeBoth()
    {
        var (grain, machine) = await _cluster.MakeAsync("seen");
        var made = Storage.Document(machine.Uuid)!;
        var waiting = grain.Await(1, TimeSpan.FromDays(1));
        Assert.Equal((200, 2), await SeenAsync(grain, new Sighting(SightingKind.Discover, "", "uefi", "ipxe")));
        Assert.Equal((200, 2), ((await waiting).Status, (await waiting).Revision));
        Assert.Equal((200, 3), await SeenAsync(grain, new Sighting(SightingKind.Leased, "10.0.0.7", "", "")));
        Assert.Equal((200, 3), await SeenAsync(grain, new Sighting(SightingKind.Leased, "10.0.0.7", "", "")));
        Assert.Equal((200, 4), await SeenAsync(grain, new Sighting(SightingKind.Script, "", "uefi", "grub")));
        Assert.Equal(1, Storage.Begun);
        Assert.Equal(made.BootId, Storage.Document(machine.Uuid)!.BootId);
        Assert.Equal(["boot", "boot", "boot"], Storage.BootEvents.Select(e => e.Action));
        var read = await grain.Read();
        Assert.Equal(("10.0.0.7", "grub", 4), (read.Machine!.Address, read.Machine.Boot.Via, read.Revision));
        Assert.Equal((await grain.Secrets())!.BootId, Storage.Row(machine.Uuid)!.BootId);
        Assert.NotEqual(made.BootId, (await grain.Secrets())!.BootId);

        var changed = await grain.Amend(GrainCluster.Describe("changed"));
        Assert.Equal((200, 5, 2), (changed.Status, changed.Revision, Storage.Begun));
        var stored = Storage.Document(machine.Uuid)!;
        Assert.Equal(("changed", "10.0.0.7", "grub", 5),
            (stored.Machine!.Description, stored.Machine.Address, stored.Machine.Boot.Via, stored.Revision));
        var late = GrainCluster.Describe("late") with { Terms = GrainCluster.Terms with { IfRevision = 3 } };
        Assert.Equal(412, (await grain.Amend(late)).Status);
    }

    /// <summary>What nobody has seen for days may be taken away: a machine that only asks with its token is there.</summary>
    [Fact]
    public async Task AMachineThatOnlySpeaksIsWrittenAsSeenNowAndThen()
    {
        var (grain, machine) = await _cluster.MakeAsync("speaks");
        // Nobody has seen it yet: its version stays what whoever defined it was told.
        await grain.Secrets();
        Assert.Equal((200, 2), await SeenAsync(grain, new Sighting(SightingKind.Discover, "", "uefi", "ipxe")));
        var made = SeenOf(machine.Uuid);
        _time.Advance(TimeSpan.FromHours(5));
        await grain.Secrets();
        _time.Advance(TimeSpan.FromHours(2));
        var spoke = _time.GetUtcNow();
        await grain.Secrets();
        await Wait.UntilAsync(() => Task.FromResult(SeenOf(machine.Uuid) == spoke), Patience,
            () => $"it spoke at {spoke:O}, and was written as seen at {SeenOf(machine.Uuid):O} (made: {made:O})");
        Assert.Single(Storage.BootEvents);
        // The same again, by the same activation.
        _time.Advance(TimeSpan.FromDays(1));
        spoke = _time.GetUtcNow();
        await grain.Secrets();
        await Wait.UntilAsync(() => Task.FromResult(SeenOf(machine.Uuid) == spoke), Patience,
            () => $"it spoke again at {spoke:O}, and was written as seen at {SeenOf(machine.Uuid):O}");
    }

    /// <summary>Anybody on the link can send packets in a machine's name, and a machine can do one thing over and over.</summary>
    [Fact]
    public async Task WhatAMachineBringsAboutItselfHasABudgetAndWhatPeopleDoIsAlwaysKept()
    {
        var (grain, machine) = await _cluster.MakeAsync("loud");
        for (var n = 0; n < OwnRecords.AtOnce + 100; n++)
            Assert.Equal(200, (await grain.Sighted(new Sighting(SightingKind.Discover, "", $"firmware {n}", "ipxe"))).Status);
        Assert.InRange(Storage.BootEvents.Count, OwnRecords.AtOnce - 10, OwnRecords.AtOnce + 1);
        Assert.Equal($"firmware {OwnRecords.AtOnce + 99}", (await grain.Read()).Machine!.Boot.Firmware);
        Assert.Equal(200, (await grain.Amend(GrainCluster.Describe("a person"))).Status);
        Assert.Equal("tester", Assert.Single(Storage.Document(machine.Uuid)!.Events).Principal);
        // Who sends packets in its name uses up nothing of its own.
        var own = new ChangeTerms(new Actor(machine.Uuid, IsMachine: true, MayUpdateTaskList: false));
        var job = new ChangeTerms(own.Actor with { IsTask = true });
        Task<MachineAnswer> MoveAsync(string name, ChangeTerms terms)
            => grain.Amend(new DocumentPatch($$"""[{"op":"replace","path":"/Name","value":"{{name}}"}]""", terms));
        Assert.Equal(200, (await MoveAsync("moved", own)).Status);
        Assert.NotEmpty(Storage.Document(machine.Uuid)!.Events);
        for (var n = 0; n < OwnRecords.AtOnce + 10; n++)
            Assert.Equal(200, (await grain.Amend(GrainCluster.Describe($"itself {n}") with { Terms = own })).Status);
        Assert.Empty(Storage.Document(machine.Uuid)!.Events);
        // Edges are told of what they go by, or it does not change; a job's change is made and told.
        Assert.Equal((429, "moved"), ((await MoveAsync("louder", own)).Status, (await grain.Read()).Machine!.Name));
        Assert.Equal(200, (await MoveAsync("by-a-job", job)).Status);
        Assert.NotEmpty(Storage.Document(machine.Uuid)!.Events);
        // But not for ever: each is an event that every edge reads, and that pushes out what others did.
        var refused = 0;
        for (var n = 0; n < OwnRecords.AtOnce + OwnRecords.NeededAtOnce + 100; n++)
        {
            var answer = await MoveAsync($"job-{n}", job);
            if (answer.Status == 200) continue;
            Assert.Equal(429, answer.Status);
            Assert.Contains("may change again in", Assert.Single(answer.Error!.Messages), StringComparison.Ordinal);
            refused++;
        }

        // Those that its other changes left room for are not counted here.
        Assert.InRange(refused, 1, 101);
        // What another machine does here is counted where it asks, and uses up nothing of this one's.
        var other = new ChangeTerms(new Actor("0b3c6a8e-0000-4000-8000-00000000beef", IsMachine: true, MayUpdateTaskList: false)
        {
            IsTask = true,
        });
        Assert.Equal(200, (await MoveAsync("by-another", other)).Status);
        Assert.NotEmpty(Storage.Document(machine.Uuid)!.Events);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(200, (await MoveAsync("by-a-job-again", job)).Status);
        Assert.Equal(200, (await grain.Amend(GrainCluster.Describe("itself again") with { Terms = own })).Status);
        Assert.Equal(machine.Uuid, Assert.Single(Storage.Document(machine.Uuid)!.Events).Principal);
    }

    /// <summary>A job with rights on another machine spends nothing of that one's own jobs, and ends at the bound of all such.</summary>
    [Fact]
    public async Task JobsOfOtherMachinesSpendNothingOfAMachinesOwn()
    {
        var (grain, machine) = await _cluster.MakeAsync("target");
        ChangeTerms Job(string of) => new(new Actor(of, IsMachine: true, MayUpdateTaskList: false) { IsTask = true });
        Task<MachineAnswer> MoveAsync(string name, string of)
            => grain.Amend(new DocumentPatch($$"""[{"op":"replace","path":"/Name","value":"{{name}}"}]""", Job(of)));
        for (var n = 0; n < OwnRecords.AtOnce + 10; n++)
            Assert.Equal(200, (await grain.Amend(GrainCluster.Describe($"other {n}") with { Terms = Job($"other-{n % 3}") })).Status);
        Assert.Empty(Storage.Document(machine.Uuid)!.Events);
        Assert.Equal(429, (await MoveAsync("by-another", "other-1")).Status);
        Assert.Equal(200, (await grain.Amend(GrainCluster.Describe("its own") with { Terms = Job(machine.Uuid) })).Status);
        Assert.Equal(machine.Uuid, Assert.Single(Storage.Document(machine.Uuid)!.Events).Principal);
        Assert.Equal(200, (await MoveAsync("by-its-own", machine.Uuid)).Status);
    }

    [Fact]
    public async Task ScriptsWithinAMomentAreOneBootAndTheLastOnesTokensAreGood()
    {
        var (grain, _) = await _cluster.MakeAsync("twice");
        for (var n = 0; n < 20; n++)
        {
            await SeenAsync(grain, new Sighting(SightingKind.Script, "", "uefi", "ipxe") { BootId = $"boot {n}" });
            Assert.Equal($"boot {n}", (await grain.Secrets())!.BootId);
        }

        Assert.Single(Storage.BootEvents);
        _time.Advance(TimeSpan.FromSeconds(6));
        await SeenAsync(grain, new Sighting(SightingKind.Script, "", "uefi", "ipxe") { BootId = "later" });
        Assert.Equal(2, Storage.BootEvents.Count);
    }

    [Fact]
    public async Task WhatSaysNothingButThatAMachineIsThereIsNotWritten()
    {
        var (grain, machine) = await _cluster.MakeAsync("still");
        var discover = new Sighting(SightingKind.Discover, "", "uefi", "ipxe");
        Assert.Equal((200, 2), await SeenAsync(grain, discover));
        _time.Advance(TimeSpan.FromMinutes(1));
        for (var n = 0; n < 20; n++) Assert.Equal((200, 2), await SeenAsync(grain, discover));
        Assert.Equal(_time.GetUtcNow(), (await grain.Read()).Machine!.Boot.LastSeen);
        Assert.Single(Storage.BootEvents);
        _time.Advance(TimeSpan.FromMinutes(10));
        await SeenAsync(grain, discover);
        Assert.Equal(_time.GetUtcNow(), Storage.Row(machine.Uuid)!.Machine!.Boot.LastSeen);
        Assert.Single(Storage.BootEvents);
    }

    [Fact]
    public async Task TheNextActivationGoesOnFromTheRecord()
    {
        var (grain, machine) = await _cluster.MakeAsync("next");
        await SeenAsync(grain, Leased(7));
        await _cluster.Silos.DeactivateAsync(grain);
        Assert.Equal(("10.0.0.7", 2), ((await grain.Read()).Machine!.Address, (await grain.Read()).Revision));
        Assert.Equal((200, 3), await SeenAsync(grain, Leased(8)));
        Assert.Equal(200, (await grain.Remove(GrainCluster.Terms)).Status);
        Assert.Null(Storage.Row(machine.Uuid));
        Assert.Equal(404, (await GrainCalls.ActAsync(() => grain.Sighted(Leased(9)))).Status);
    }

    /// <summary>Another activation has written the document, or the record, since: neither is overwritten by the other's write.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task AStaleActivationsWriteIsRefused(bool elsewhereSeen, bool hereSeen)
    {
        var (grain, machine) = await _cluster.MakeAsync("stale");
        if (elsewhereSeen) Storage.Move(machine.Uuid, r => r with { Address = "10.9.9.9", Revision = r.Revision + 1 });
        else Storage.Overwrite(machine.Uuid,
            s => s with { Machine = s.Machine! with { Address = "10.9.9.9" }, Revision = s.Revision + 1 });
        async Task<(int Status, bool Again)> WriteAsync()
        {
            if (!hereSeen) return await grain.Amend(GrainCluster.Describe("here")) is var answer ? (answer.Status, answer.Again) : default;
            var reply = await grain.Sighted(new Sighting(SightingKind.Discover, "", "uefi", "here"));
            return (reply.Status, reply.Again);
        }

        Assert.Equal((409, true), await WriteAsync());
        Assert.Equal(("10.9.9.9", 2), (Storage.Row(machine.Uuid)!.Machine!.Address, Storage.Row(machine.Uuid)!.Revision));
        Assert.Empty(Storage.BootEvents);
        await Wait.UntilAsync(async () => await WriteAsync() is (200, false), Patience, () => "the next activation cannot write either");
        var stored = Storage.Row(machine.Uuid)!;
        Assert.Equal(("10.9.9.9", 3), (stored.Machine!.Address, stored.Revision));
        Assert.Equal("here", hereSeen ? stored.Machine.Boot.Via : stored.Machine.Description);
    }

    [Theory]
    [InlineData(WriteFate.Lost, "10.0.0.1")]
    [InlineData(WriteFate.StoredAndLost, "10.0.0.2")]
    public async Task ARecordThatWasNotConfirmedIsReadAgainBeforeTheNextWrite(WriteFate fate, string expected)
    {
        var (grain, machine) = await _cluster.MakeAsync("unsure");
        await SeenAsync(grain, Leased(1));
        Storage.Next(fate);
        Assert.Equal(503, (await grain.Sighted(Leased(2))).Status);
        Assert.Equal(expected, (await grain.Read()).Machine!.Address);
        Assert.Equal(200, (await grain.Amend(GrainCluster.Describe("after"))).Status);
        var stored = Storage.Document(machine.Uuid)!.Machine!;
        Assert.Equal((expected, "after"), (stored.Address, stored.Description));
    }

    [Fact]
    public async Task RecordsThatWaitGoTogether()
    {
        const int Machines = 40;
        var grains = await MakeManyAsync(Machines);
        Storage.BootGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = SeenAsync(grains[0].Grain, Leased(1));
        await Wait.UntilAsync(() => Task.FromResult(Storage.BootBatches.Count == 1), Patience,
            () => "the first transaction does not begin");
        var seen = grains.Skip(1).Select(g => SeenAsync(g.Grain, Leased(2))).ToList();
        // A call that no sighting precedes any more has had its turn: all the others wait in the journal.
        await Task.WhenAll(grains.Skip(1).Select(g => g.Grain.Secrets()));
        Storage.BootGate.SetResult();
        Assert.All(await Task.WhenAll([first, .. seen]), s => Assert.Equal((200, 2), s));
        Assert.All(grains.Skip(1), g => Assert.Equal("10.0.0.2", Storage.Row(g.Uuid)!.Machine!.Address));
        Assert.Equal(Machines, Storage.BootBatches.Sum(b => b.Count));
        Assert.True(Storage.BootBatches.Count <= Machines / 4, $"{Machines} records in {Storage.BootBatches.Count} transactions");
    }

    [Fact]
    public async Task ARecordThatTheDatabaseDoesNotTakeHarmsNoOther()
    {
        var grains = await MakeManyAsync(6);
        Storage.BootFault = w => w.Uuid == grains[3].Uuid ? new SqliteException("not taken", 19) : null;
        Storage.BootGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = grains.Select(g => g.Grain.Sighted(Leased(5))).ToList();
        await Task.WhenAll(grains.Select(g => g.Grain.Secrets()));
        Storage.BootGate.SetResult();
        var statuses = (await Task.WhenAll(seen)).Select(r => r.Status);
        Assert.Equal([200, 200, 200, 503, 200, 200], statuses);
        Storage.BootFault = _ => null;
        Assert.Equal((200, 2), await SeenAsync(grains[3].Grain, Leased(5)));
    }

    [Fact]
    public async Task ADeadlineThatPassesMovesTheRecordAlone()
    {
        var (grain, machine) = await _cluster.MakeAsync("late");
        var begun = Storage.Begun;
        _time.Advance(machine.Boot.Deadline - _time.GetUtcNow() + TimeSpan.FromSeconds(1));
        await grain.AsReference<IRemindable>().ReceiveReminder("deadline", default);
        Assert.Equal((begun, true), (Storage.Begun, Storage.Row(machine.Uuid)!.Machine!.Boot.Stuck));
        Assert.Equal("stuck", Assert.Single(Storage.BootEvents).Action);
        Assert.Equal(Phase.Working, Storage.Row(machine.Uuid)!.Machine!.Boot.Phase);
    }

    private async Task<List<(IMachineGrain Grain, string Uuid)>> MakeManyAsync(int count)
    {
        var made = new List<(IMachineGrain, string)>();
        for (var i = 0; i < count; i++)
        {
            var (grain, machine) = await _cluster.MakeAsync($"many-{i}");
            made.Add((grain, machine.Uuid));
        }

        return made;
    }

    private static Sighting Leased(int number) => new(SightingKind.Leased, $"10.0.0.{number}", "", "");

    private static async Task<(int Status, long Revision)> SeenAsync(IMachineGrain grain, Sighting sighting)
    {
        var reply = await grain.Sighted(sighting);
        return (reply.Status, reply.Revision);
    }
}
