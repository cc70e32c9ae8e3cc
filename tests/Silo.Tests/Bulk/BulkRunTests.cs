using Anvil.Objects.Bulk;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Bulk;

/// <summary>How a bulk call goes on, and stops.</summary>
public sealed class BulkRunTests
{
    private static readonly IReadOnlyList<string> Some = [.. Enumerable.Range(0, 12).Select(i => $"m{i}")];

    [Fact]
    public async Task NoMoreAreUnderWayThanWereAskedForAndNoneIsLeftOut()
    {
        var (now, most, gate) = (0, 0, new object());
        var run = new BulkRun(Plan(3), async uuid =>
        {
            lock (gate) most = Math.Max(most, ++now);
            await Task.Yield();
            lock (gate) now--;
            return Good(uuid);
        }, () => new ValueTask<string>(""));
        var told = await run.LinesAsync().Select(l => l.Uuid).ToListAsync();
        Assert.Equal(Some.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        Assert.InRange(most, 1, 3);
        Assert.Equal(new BulkTotals(12, 12, 0, 0, "", false), run.Totals(isDryRun: false));
    }

    [Fact]
    public async Task WhenARightEndsNoFurtherMachineIsBegunAndThoseUnderWayAreTold()
    {
        var begun = 0;
        var run = new BulkRun(Plan(1), uuid =>
        {
            begun++;
            return Task.FromResult(Good(uuid));
        }, () => new ValueTask<string>(begun < 4 ? "" : "no longer allowed"));
        Assert.Equal(Some.Take(4), await run.LinesAsync().Select(l => l.Uuid).ToListAsync());
        Assert.Equal(new BulkTotals(12, 4, 0, 8, "no longer allowed", true), run.Totals(isDryRun: true));
    }

    [Fact]
    public async Task AfterSoManyFailuresItStops()
    {
        var run = new BulkRun(Plan(1) with { Request = new BulkRequest { Parallel = 1, StopAfter = 2 } },
            uuid => Task.FromResult(uuid is "m1" or "m3" ? Bad(uuid) : Good(uuid)), () => new ValueTask<string>(""));
        Assert.Equal(Some.Take(4), await run.LinesAsync().Select(l => l.Uuid).ToListAsync());
        Assert.Equal(new BulkTotals(12, 2, 2, 8, "2 failed (StopAfter)", false), run.Totals(isDryRun: false));
    }

    private static BulkPlan Plan(int parallel) => new(new BulkRequest { Parallel = parallel }, Some, null);

    private static BulkLine Good(string uuid) => new(uuid, "", 200, null);

    private static BulkLine Bad(string uuid) => new(uuid, "", 422, ApiError.Invalid("machines", uuid, "no"));
}
