using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Catalog.Schemas;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Support;

namespace Anvil.Silo.Tests.Bounds;

/// <summary>
/// Every bound of docs/limits.md, tried at it and beyond it by several clients at once, again and again, on a silo in a process of its
/// own whose memory is limited: it refuses by name what is beyond, takes what is within, and lives.
/// </summary>
public sealed partial class BoundTests(ITestOutputHelper output)
{
    /// <summary>Clients that try a bound at once.</summary>
    public const int Clients = 3;

    private const int Rounds = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Most memory that the silo may ever have in RAM, whatever it is asked, in MiB (docs/limits.md says so).</summary>
    private const int MostMemory = 2560;

    /// <summary>
    /// Most by which asking everything once more may raise what it keeps, in MiB: pools of buffers, and grains that are still active, hold
    /// a large document or two. What each of these requests left would be more.
    /// </summary>
    private const int MostGrowth = 160;

    /// <summary>Most of it that .NET may have, in MiB; the rest is SQLite's, the allocator's and the program's own.</summary>
    private const int MostHeap = 1536;

    /// <summary>
    /// Bounds within which nothing is refused, those of what the silo keeps by itself, and those that tests of their own try.
    /// </summary>
    private static readonly string[] Inner =
    [
        "SchemaLimits.Errors", "SchemaLimits.KeptOctets", "ListBounds.NameLength", "ListBounds.SortLength", "ListBounds.CursorLength",
        "ListBounds.FacetValues", "ListBounds.PatternSeconds", "ListBounds.PatternOctets", "SchemaLimits.PatternOctets",
        "SchemaLimits.Pointers",
    ];

    [Fact]
    public void EveryBoundIsDocumentedAndEveryDocumentedOneHasACase()
    {
        var documented = Documented().Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(documented);
        Assert.Equal(documented,
            BoundCase.All.Select(c => c.Where).Where(w => !w.StartsWith("TemplateLimits", StringComparison.Ordinal))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var constants = new[] { typeof(JsonLimits), typeof(PatchLimits), typeof(SchemaLimits), typeof(ListBounds) }
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{t.Name}.{f.Name}"));
        Assert.Empty(constants.Except(documented, StringComparer.Ordinal).Except(Inner, StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhatIsWithinIsTakenWhatIsBeyondIsRefusedAndMemoryStaysBounded()
    {
        await using var silo = new SiloProgram();
        silo.Environment["DOTNET_GCHeapHardLimit"] = $"0x{(long)MostHeap << 20:x}";
        await silo.StartAsync();
        var clients = Enumerable.Range(0, Clients).Select(i => new BoundClient(silo.Http, i)).ToList();
        var wrong = new List<string>();
        output.WriteLine($"{"at start",-60} {silo.PeakMemory >> 20} MiB");
        var kept = new List<long>();
        for (var round = 0; round < Rounds; round++)
        {
            // Several press at first; what is left when it was asked once more shows with one.
            var asking = round == 0 ? Clients : 1;
            foreach (var bound in BoundCase.All)
            {
                await bound.Before(clients[0]);
                var together = clients.Take(Math.Min(asking, bound.AtOnce)).ToList();
                foreach (var (status, text) in await Task.WhenAll(together.Select(c => TriedAsync(bound.Within, c))))
                    if (status is < 200 or > 299) wrong.Add($"{bound} within: {status} {Short(text)}");
                foreach (var (status, text) in await Task.WhenAll(together.Select(c => TriedAsync(bound.Beyond, c))))
                    if (status != bound.Status || !text.Contains(bound.Message, StringComparison.Ordinal))
                        wrong.Add($"{bound} beyond: {status} {Short(text)}");
                await bound.After(clients[0]);
                output.WriteLine($"{bound,-60} {silo.PeakMemory >> 20} MiB, {silo.ProcessorTime.TotalSeconds:f0} s");
                Assert.True(silo.IsRunning, $"after {bound} the silo ended: {silo.LogEnd()}");
            }

            kept.Add(await silo.KeptMemoryAsync() >> 20);
            output.WriteLine($"{"kept after the round",-60} {kept[^1]} MiB");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Distinct(StringComparer.Ordinal)));
        foreach (var kind in new[] { "profiles", "params", "tasks", "users", "jobs", "machines?limit=1", "info" })
            Assert.Equal(200, (await clients[0].AskAsync("GET", kind)).Status);
        // What was asked once is asked again for nothing. What pools keep they give back bit by bit, as collections find it unused.
        await Support.Wait.UntilAsync(async () => (kept[^1] = await silo.KeptMemoryAsync() >> 20) - kept[^2] < MostGrowth,
            TimeSpan.FromMinutes(3), () => $"memory grows: {string.Join(", ", kept)} MiB are kept after each round");
        Assert.True(silo.PeakMemory < (long)MostMemory << 20, $"the silo had {silo.PeakMemory >> 20} MiB in RAM");
    }

    /// <summary>
    /// The last column of the first table: `Type.Name`, and further names of the same type. What templates can take is tried by tests of
    /// its own, with every function there is.
    /// </summary>
    private static IEnumerable<string> Documented()
    {
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "limits.md"))
            .TakeWhile(l => !l.StartsWith("What templates can take", StringComparison.Ordinal))
            .Where(l => l.StartsWith('|') && l.Contains('`')))
        {
            var type = "";
            foreach (Match name in Name().Matches(line.TrimEnd('|', ' ').Split('|')[^1]))
            {
                if (name.Groups[1].Success) type = name.Groups[1].Value;
                yield return $"{type}{name.Groups[2].Value}";
            }
        }
    }

    /// <summary>
    /// An answer; who is told that others have the memory for now, or that a list took too long, tries again: on a busy machine that
    /// lasts.
    /// </summary>
    private static async Task<(int Status, string Text)> TriedAsync(Func<BoundClient, Task<(int Status, string Text)>> ask,
        BoundClient client)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var (status, text) = await ask(client);
            if (!IsBusy(status, text) || Stopwatch.GetElapsedTime(began) > Patience) return (status, text);
            // As Retry-After says: who asks again at once keeps those from ending that it waits for.
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static bool IsBusy(int status, string text)
        => status == 503 ? text.Contains("try again in a moment", StringComparison.Ordinal)
            : status == 406 && text.Contains("the list took longer than", StringComparison.Ordinal);

    private static string Short(string text) => text[..Math.Min(300, text.Length)];

    [GeneratedRegex(@"`(\w+\.)?(\w+)`")]
    private static partial Regex Name();
}
