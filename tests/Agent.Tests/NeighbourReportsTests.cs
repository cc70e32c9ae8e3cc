using System.Text.Json.Nodes;
using Anvil.Agent.Facts;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Agent.Tests;

/// <summary>Neighbours that speak as fast as they go, while nobody takes a report: one loop tells the newest.</summary>
public sealed class NeighbourReportsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _said = [];

    public void Dispose() => _end.Dispose();

    [Fact]
    public async Task AFloodWhileTheApiIsAwayIsOneReportMore()
    {
        var answer = new TaskCompletionSource();
        List<string> told = [];
        var reports = new NeighbourReports(async heard =>
        {
            lock (told) told.Add(string.Join(' ', heard.OrderBy(h => h.Key).Select(h => $"{h.Key}={h.Value["n"]}")));
            await answer.Task;
        }, _said.Add, _time);
        var loop = reports.RunAsync(_end.Token);
        reports.Heard("eth0", Neighbour(0));
        await ToldAsync(told, 1);
        for (var n = 1; n <= 10_000; n++) reports.Heard("eth0", Neighbour(n));
        reports.Heard("eth1", Neighbour(7));
        answer.SetResult();
        await ToldAsync(told, 2);
        Assert.Equal(["eth0=0", "eth0=10000 eth1=7"], told);
        await EndAsync(loop);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task ThereIsTimeBetweenTwoReports()
    {
        List<string> told = [];
        var reports = new NeighbourReports(heard =>
        {
            lock (told) told.Add($"{_time.GetUtcNow():u} {heard["eth0"]["n"]}");
            return Task.CompletedTask;
        }, _said.Add, _time);
        var began = _time.GetUtcNow();
        var loop = reports.RunAsync(_end.Token);
        for (var n = 0; n < 3; n++)
        {
            reports.Heard("eth0", Neighbour(n));
            await ToldAsync(told, n + 1);
        }

        Assert.True(_time.GetUtcNow() - began >= 2 * NeighbourReports.Least, $"three reports within {_time.GetUtcNow() - began}");
        await EndAsync(loop);
    }

    [Fact]
    public async Task AReportThatFailsEndsNothing()
    {
        List<string> told = [];
        var reports = new NeighbourReports(heard =>
        {
            lock (told) told.Add($"{heard["eth0"]["n"]}");
            throw new IOException("no space left");
        }, _said.Add, _time);
        var loop = reports.RunAsync(_end.Token);
        reports.Heard("eth0", Neighbour(1));
        await ToldAsync(told, 1);
        reports.Heard("eth0", Neighbour(2));
        await ToldAsync(told, 2);
        Assert.Contains("neighbours could not be told of (no space left)", _said);
        await EndAsync(loop);
    }

    private static JsonObject Neighbour(int n) => new() { ["n"] = n };

    /// <summary>Waits for so many reports; the clock goes on, in which the loop rests.</summary>
    private Task ToldAsync(List<string> told, int count) => Wait.UntilAsync(() =>
    {
        lock (told)
        {
            if (told.Count >= count) return Task.FromResult(true);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        return Task.FromResult(false);
    }, Patience, () => $"{told.Count} of {count} reports were made");

    private async Task EndAsync(Task loop)
    {
        await _end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }
}
