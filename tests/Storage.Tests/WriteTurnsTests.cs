using Anvil.Storage.Sqlite;

namespace Anvil.Storage.Tests;

/// <summary>The order in which writers have SQLite's one writer.</summary>
public sealed class WriteTurnsTests
{
    [Fact]
    public async Task WhatTheWireWaitsForGoesBeforeDocumentsWhichStillComeToTheirTurn()
    {
        var turns = new WriteTurns();
        var order = new List<string>();
        var first = await turns.TakeAsync(isForTheWire: false, CancellationToken.None);
        var writers = new List<Task>();
        for (var i = 0; i < 3; i++) writers.Add(WriteAsync($"d{i}", isForTheWire: false));
        for (var i = 0; i < 2 * WriteTurns.MostInARow; i++) writers.Add(WriteAsync($"w{i}", isForTheWire: true));
        first.Dispose();
        await Task.WhenAll(writers);
        var wire = Enumerable.Range(0, 2 * WriteTurns.MostInARow).Select(i => $"w{i}").ToList();
        Assert.Equal([.. wire.Take(WriteTurns.MostInARow), "d0", .. wire.Skip(WriteTurns.MostInARow), "d1", "d2"], order);

        async Task WriteAsync(string name, bool isForTheWire)
        {
            using var turn = await turns.TakeAsync(isForTheWire, CancellationToken.None);
            order.Add(name);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task WhoLeavesTheQueueTakesNobodysTurn()
    {
        var turns = new WriteTurns();
        var first = await turns.TakeAsync(isForTheWire: true, CancellationToken.None);
        using var leaving = new CancellationTokenSource();
        var gone = turns.TakeAsync(isForTheWire: false, leaving.Token).AsTask();
        var waits = turns.TakeAsync(isForTheWire: false, CancellationToken.None).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        first.Dispose();
        // Twice over is over once.
        first.Dispose();
        var second = await waits.WaitAsync(TimeSpan.FromMinutes(1));
        var third = turns.TakeAsync(isForTheWire: false, CancellationToken.None).AsTask();
        Assert.False(third.IsCompleted);
        second.Dispose();
        (await third.WaitAsync(TimeSpan.FromMinutes(1))).Dispose();
        (await turns.TakeAsync(isForTheWire: true, CancellationToken.None)).Dispose();
    }
}
