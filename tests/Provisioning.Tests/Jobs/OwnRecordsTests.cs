using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Jobs;

/// <summary>How much a machine may have recorded of what it brings about itself.</summary>
public sealed class OwnRecordsTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(5);
    private readonly OwnRecords _own = new();

    private static MachineChange Change => new(200,
        new MachineState { Events = [new MachineEvent(default, "machines", "boot", "m", "")] },
        [new CountPhase(Phase.Working), new NoteTimeline("phase", "Working", "", "why")]);

    [Fact]
    public void EventsAndLinesAreCountedTogetherAndToldOfWhenThereIsRoomAgain()
    {
        for (var n = 0; n < OwnRecords.AtOnce / 2; n++)
            Assert.Equal(2, Records(_own.Bounded(Change, isNeeded: false, Now, out _)));
        Assert.Equal(2, Records(_own.Bounded(Change, isNeeded: false, Now, out _)));
        var over = _own.Bounded(Change, isNeeded: false, Now, out var dropped);
        Assert.Equal((2, 0), (dropped, Records(over)));
        // What else is to be done is done.
        Assert.Equal([new CountPhase(Phase.Working)], over.Effects);
        Assert.Single(_own.Bounded(Change, isNeeded: true, Now, out dropped).State.Events);
        Assert.Equal(1, dropped);
        Assert.NotNull(_own.Wait(Now));
        var later = Now + TimeSpan.FromMinutes(1);
        var told = _own.Bounded(Change, isNeeded: false, later, out dropped);
        Assert.Equal((0, 3), (dropped, Records(told)));
        Assert.Equal(new NoteTimeline("phase", "more", "3 events and lines that the machine brought about were counted, not kept", ""),
            told.Effects[0]);
    }

    [Fact]
    public void InTheEndItIsSoManyAnHour()
    {
        var kept = 0;
        for (var second = 0; second < 10 * 3600; second++)
            kept += Records(_own.Bounded(Change, isNeeded: false, Now + TimeSpan.FromSeconds(second), out _));
        Assert.InRange(kept, OwnRecords.AtOnce + (9 * OwnRecords.PerHour), OwnRecords.AtOnce + (11 * OwnRecords.PerHour));
    }

    private static int Records(MachineChange change) => change.State.Events.Count + change.Effects.Count(e => e is NoteTimeline);
}
