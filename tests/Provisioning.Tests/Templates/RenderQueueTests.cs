using System.Collections.Concurrent;
using Anvil.Support;
using Anvil.Templates;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Provisioning.Tests.Templates;

/// <summary>Renders wait for each other by source, and for nobody else.</summary>
public sealed class RenderQueueTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task NoMoreRunAtOnceThanAreLetAndNoneOnThePool()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(2), _time);
        using var gate = new ManualResetEventSlim();
        var (running, most, onPool) = (0, 0, 0);
        var all = Enumerable.Range(0, 10).Select(i => queue.RunAsync($"s{i}", _ =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (Thread.CurrentThread.IsThreadPoolThread) Interlocked.Increment(ref onPool);
            gate.Wait(TestContext.Current.CancellationToken);
            Interlocked.Decrement(ref running);
            return i;
        })).ToList();
        await UntilAsync(() => Volatile.Read(ref running) == 2, "two renders run");
        Assert.Equal(8, queue.Waiting);
        gate.Set();
        Assert.Equal(Enumerable.Range(0, 10), await Task.WhenAll(all));
        Assert.Equal((2, 0), (most, onPool));
    }

    [Fact]
    public async Task OneThatTakesAllItsTimeWaitsBehindThoseThatTakeLittle()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(1), _time);
        using var gate = new ManualResetEventSlim();
        var order = new ConcurrentQueue<string>();
        string Render(string name, TimeSpan time)
        {
            order.Enqueue(name);
            _time.Advance(time);
            return name;
        }

        var first = queue.RunAsync("gate", _ =>
        {
            gate.Wait(TestContext.Current.CancellationToken);
            return "";
        });
        await UntilAsync(() => queue.Waiting == 0, "the first render runs");
        var all = new List<Task<string>>();
        for (var i = 0; i < 5; i++) all.Add(queue.RunAsync("greedy", _ => Render("greedy", TimeSpan.FromSeconds(2))));
        for (var i = 0; i < 20; i++)
        {
            var name = $"honest{i}";
            all.Add(queue.RunAsync(name, _ => Render(name, TimeSpan.FromMilliseconds(1))));
        }

        for (var i = 0; i < 5; i++) all.Add(queue.RunAsync("honest0", _ => Render("honest0", TimeSpan.FromMilliseconds(1))));
        gate.Set();
        await first;
        await Task.WhenAll(all);
        var served = order.ToList();
        // Who came first has its turn; then all others have all of theirs before it has another.
        Assert.Equal("greedy", served[0]);
        Assert.All(served.Skip(1).Take(25), name => Assert.StartsWith("honest", name, StringComparison.Ordinal));
        Assert.Equal(30, served.Count);
    }

    [Fact]
    public async Task WhatIsOverTheBoundsIsRefusedAtOnce()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(1, Waiting: 5, WaitingOfSource: 2), _time);
        using var gate = new ManualResetEventSlim();
        int Hold(RenderBudget budget)
        {
            gate.Wait(TestContext.Current.CancellationToken);
            return 1;
        }

        var all = new List<Task<int>> { queue.RunAsync("a", Hold) };
        await UntilAsync(() => queue.Waiting == 0, "the first render runs");
        all.Add(queue.RunAsync("a", Hold));
        all.Add(queue.RunAsync("a", Hold));
        Assert.Equal("2 renders of a wait already",
            (await Assert.ThrowsAsync<RenderBusyException>(() => queue.RunAsync("a", Hold))).Message);
        foreach (var source in new[] { "b", "c", "d" }) all.Add(queue.RunAsync(source, Hold));
        // All places are taken: who has none takes the newest's of who has most, who has one gains nothing by it.
        all.Add(queue.RunAsync("e", Hold));
        Assert.Equal("others, who have fewer renders waiting, came first",
            (await Assert.ThrowsAsync<RenderBusyException>(() => all[2])).Message);
        all.RemoveAt(2);
        Assert.Equal(5, queue.Waiting);
        Assert.Equal("5 renders wait already", (await Assert.ThrowsAsync<RenderBusyException>(() => queue.RunAsync("f", Hold))).Message);
        gate.Set();
        Assert.Equal(6, (await Task.WhenAll(all)).Sum());
        Assert.Equal(2, await queue.RunAsync("f", _ => 2));
    }

    [Fact]
    public async Task WhoHasGoneWaitsNoMoreAndIsEnded()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(1, Waiting: 1), _time);
        using var gone = new CancellationTokenSource();
        using var began = new ManualResetEventSlim();
        var running = queue.RunAsync("a", budget =>
        {
            began.Set();
            return TemplateSet.Empty.Render("t", "{{range 1000000000}}{{range 1000000000}}{{break}}{{end}}{{end}}", null, new RenderBudget(
                TemplateLimits.Default with { Steps = int.MaxValue, MemoryOctets = long.MaxValue, Time = Timeout.InfiniteTimeSpan }, null,
                gone.Token));
        });
        began.Wait(TestContext.Current.CancellationToken);
        var waiting = queue.RunAsync("b", _ => "b", gone.Token);
        await Assert.ThrowsAsync<RenderBusyException>(() => queue.RunAsync("c", _ => "c"));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal("c", await queue.RunAsync("c", _ => "c"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.RunAsync("c", _ => "never", gone.Token));
    }

    [Fact]
    public async Task TheBudgetEndsWithItsRequest()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(1), TimeProvider.System);
        using var gone = new CancellationTokenSource();
        var task = queue.RunAsync(
            "a",
            budget =>
            {
                gone.Cancel();
                return TemplateSet.Empty.Render("t", "{{range 100000}}{{end}}", null, budget);
            },
            gone.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
    }

    [Fact]
    public async Task AFaultIsTheRequestsAlone()
    {
        using var queue = new RenderQueue(new RenderQueueLimits(1), _time);
        await Assert.ThrowsAsync<TemplateException>(
            () => queue.RunAsync("a", budget => TemplateSet.Empty.Render("t", "{{fail `x`}}", null, budget)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.RunAsync<int>("a", _ => throw new InvalidOperationException()));
        Assert.Equal(1, await queue.RunAsync("a", _ => 1));
    }

    [Fact]
    public async Task WhatWaitsWhenTheQueueEndsIsTold()
    {
        var queue = new RenderQueue(new RenderQueueLimits(1), _time);
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var running = queue.RunAsync("a", _ =>
        {
            begun.Set();
            gate.Wait(TestContext.Current.CancellationToken);
            return 1;
        });
        await UntilAsync(() => begun.IsSet, "the first render runs");
        var waiting = queue.RunAsync("b", _ => 2);
        queue.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Set();
        Assert.Equal(1, await running);
    }

    private static Task UntilAsync(Func<bool> condition, string what)
        => Wait.UntilAsync(() => Task.FromResult(condition()), TimeSpan.FromSeconds(30), () => $"not yet: {what}",
            TestContext.Current.CancellationToken);

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
