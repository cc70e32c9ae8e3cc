using System.Text;

namespace Anvil.Silo.Tests.Conformance;

/// <summary>Recorded exchanges with a DRP server, replayed in their order against a silo with DRP's own preferences.</summary>
public abstract class ConformanceTests(SiloFixture silo, ITestOutputHelper output)
{
    /// <summary>Answers of the recording that have the right status, at least.</summary>
    private const int RightStatus = 122;

    /// <summary>Answers that are as they were recorded in every part, but for fields more, at least.</summary>
    private const int Whole = 100;

    [Fact]
    public async Task ASiloAnswersAsDrpDidButWhereADifferenceIsNamed()
    {
        await silo.OkAsync("POST", "prefs",
            """{"unknownBootEnv":"ignore","defaultBootEnv":"local","defaultStage":"none","defaultWorkflow":"","logLevel":"warn"}""");
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = silo.Http.BaseAddress };
        var replay = new Replay(http, silo.Http.DefaultRequestHeaders.Authorization!.ToString());
        var known = new KnownDifferences();
        var (status, whole) = (0, 0);
        var (wrong, all) = (new StringBuilder(), new StringBuilder());
        foreach (var exchange in Exchange.All)
        {
            var found = await replay.RunAsync(exchange);
            if (!found.Any(f => f.Where == "status")) status++;
            if (!found.Any(f => f.Where[0] != '+')) whole++;
            foreach (var (where, what) in found)
            {
                var line = $"{exchange.Number}-{exchange.Name} {where} {what}";
                all.AppendLine(line);
                if (!known.IsNamed(exchange.Number, where)) wrong.AppendLine(line);
            }
        }

        foreach (var line in known.Unused) wrong.AppendLine($"named, and not found: {line}");
        output.WriteLine($"{Exchange.All.Count} recorded exchanges: {status} with the right status, {whole} whole");
        output.WriteLine(all.ToString());
        Assert.True(wrong.Length == 0, $"{status} of {Exchange.All.Count} have the right status, {whole} are whole; differences that "
            + $"differences.txt does not name with a reason:\n{wrong}");
        Assert.True(status >= RightStatus && whole >= Whole, $"{status} have the right status, {RightStatus} had; {whole} are whole, "
            + $"{Whole} were");
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleConformanceTests(SingleSilo silo, ITestOutputHelper output)
    : ConformanceTests(silo, output), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterConformanceTests(SiloCluster silo, ITestOutputHelper output)
    : ConformanceTests(silo, output), IClassFixture<SiloCluster>;
