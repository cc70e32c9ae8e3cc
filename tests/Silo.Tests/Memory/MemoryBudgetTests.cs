using Anvil.Contracts.Memory;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests.Memory;

/// <summary>What large requests may take together: bounded in all and for one, in order, and nothing is lost of it.</summary>
public sealed class MemoryBudgetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBudget _budget;

    public MemoryBudgetTests() => _budget = new MemoryBudget(100, _time);

    [Fact]
    public void OneAloneHasWhatItNeedsAndOthersHalf()
    {
        using var large = _budget.Open("a");
        Assert.True(large.TryGrow(500));
        using var other = _budget.Open("b");
        Assert.False(other.TryGrow(1));
        large.Dispose();
        Assert.True(other.TryGrow(40));
        using var second = _budget.Open("b");
        Assert.False(second.TryGrow(20));
        Assert.True(second.TryGrow(10));
        using var third = _budget.Open("c");
        Assert.False(third.TryGrow(60));
        Assert.True(third.TryGrow(50));
        Assert.Equal(100, _budget.Taken);
    }

    [Fact]
    public async Task WhoWaitsComesInItsTurn()
    {
        var first = _budget.Open("a");
        Assert.True(await first.TakeAsync(90, Patience, CancellationToken.None));
        using var large = _budget.Open("b");
        var waits = large.TakeAsync(80, Patience, CancellationToken.None);
        using var small = _budget.Open("c");
        var behind = small.TakeAsync(5, Patience, CancellationToken.None);
        // There is room, and somebody before it.
        Assert.False(behind.IsCompleted);
        using var newcomer = _budget.Open("d");
        Assert.False(newcomer.TryGrow(1));
        first.Dispose();
        Assert.True(await waits.WaitAsync(Soon));
        Assert.True(await behind.WaitAsync(Soon));
        Assert.Equal(85, _budget.Taken);
    }

    /// <summary>Who has enough itself keeps nobody behind it waiting.</summary>
    [Fact]
    public async Task WhoHasEnoughIsPassedBy()
    {
        using var first = _budget.Open("a");
        Assert.True(await first.TakeAsync(40, Patience, CancellationToken.None));
        using var more = _budget.Open("a");
        var waits = more.TakeAsync(40, Patience, CancellationToken.None);
        using var other = _budget.Open("b");
        Assert.True(await other.TakeAsync(40, Patience, CancellationToken.None).WaitAsync(Soon));
        Assert.False(waits.IsCompleted);
        first.Dispose();
        Assert.True(await waits.WaitAsync(Soon));
    }

    [Fact]
    public async Task PatienceEndsAndTheLineIsBounded()
    {
        using var first = _budget.Open("a");
        Assert.True(await first.TakeAsync(100, Patience, CancellationToken.None));
        var waiting = new List<Task<bool>>();
        for (var who = 0; waiting.Count < MemoryBudget.MostWaiting; who++)
        {
            for (var i = 0; i < MemoryBudget.MostWaitingOfOne; i++)
                waiting.Add(_budget.Open($"w{who}").TakeAsync(10, Patience, CancellationToken.None));
            if (waiting.Count < MemoryBudget.MostWaiting)
                Assert.False(await _budget.Open($"w{who}").TakeAsync(10, Patience, CancellationToken.None));
        }

        Assert.False(await _budget.Open("late").TakeAsync(10, Patience, CancellationToken.None));
        _time.Advance(Patience);
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Soon), Assert.False);
        Assert.Equal(100, _budget.Taken);
    }

    [Fact]
    public async Task WhoIsGoneTakesNothing()
    {
        var first = _budget.Open("a");
        Assert.True(await first.TakeAsync(100, Patience, CancellationToken.None));
        using var gone = new CancellationTokenSource();
        using var share = _budget.Open("b");
        var waits = share.TakeAsync(10, Patience, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        first.Dispose();
        Assert.Equal(0, _budget.Taken);
    }

    /// <summary>Many at once that take, wait, give up and give back, in any order: in the end nothing is taken.</summary>
    [Fact]
    public async Task InAnyOrderNothingIsLost()
    {
        var budget = new MemoryBudget(1000, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            for (var i = 0; i < 2000; i++)
            {
                using var share = budget.Open($"who{random.Next(5)}");
                using var gone = new CancellationTokenSource();
                var take = share.TakeAsync(1 + random.Next(600), TimeSpan.FromMilliseconds(random.Next(1, 5)), gone.Token);
                if (random.Next(4) == 0) await gone.CancelAsync();
                try
                {
                    if (await take) share.TryGrow(random.Next(200));
                    Assert.InRange(budget.Taken, 0, 1000);
                }
                catch (OperationCanceledException)
                {
                    // It gave up.
                }
            }
        })));
        Assert.Equal(0, budget.Taken);
        using var last = budget.Open("last");
        Assert.True(last.TryGrow(1000));
    }
}
