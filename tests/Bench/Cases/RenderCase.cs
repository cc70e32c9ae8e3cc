using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Anvil.Support;
using Anvil.Templates;

namespace Anvil.Bench.Cases;

/// <summary>A kickstart, parsed once and rendered again and again on one thread; beside Go's own text/template.</summary>
internal sealed class RenderCase : IBenchCase
{
    private const string Template = "kickstart";
    private const int Batch = 100;

    /// <inheritdoc/>
    public string Name => "render";

    /// <inheritdoc/>
    public string About => "a kickstart rendered from a parsed template; beside Go's text/template";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var folder = Path.Combine(BenchOptions.Repository, "tests", "Bench", "Render");
        var (text, values) = (Path.Combine(folder, "kickstart.tmpl"), Path.Combine(folder, "kickstart.json"));
        var go = await GoRender.BuildAsync(Path.Combine(folder, "main.go"), options.Folder, cancellation);
        var templates = TemplateSet.Empty.With(Template, await File.ReadAllTextAsync(text, cancellation));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(values, cancellation));
        var data = Value(json.RootElement);
        if (templates.Execute(Template, data) != go.Once(text, values)) throw new SetupException("the two render different texts");
        var (ours, peer, oursCpu, peerCpu) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        // What is compiled in the first seconds is no part of the path.
        Render(templates, data, 2);
        for (var run = 0; run < options.Runs; run++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (rate, perCpu) = Render(templates, data, options.Seconds);
            ours.Add(rate);
            oursCpu.Add(perCpu);
            (rate, perCpu) = go.For(text, values, options.Seconds);
            peer.Add(rate);
            peerCpu.Add(perCpu);
        }

        yield return BenchLine.Beside("render.kickstart", "/s", ours, "Go", peer, Goal.AtLeast(1));
        yield return BenchLine.Beside("render.kickstart.cpu", "/CPUs", oursCpu, "Go", peerCpu, Goal.AtLeast(1));
    }

    private static (double Rate, double PerCpu) Render(TemplateSet templates, object? data, double seconds)
    {
        using var self = Process.GetCurrentProcess();
        var (count, began, before) = (0, Stopwatch.GetTimestamp(), self.TotalProcessorTime);
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            for (var i = 0; i < Batch; i++) templates.Execute(Template, data);
            count += Batch;
        }

        self.Refresh();
        return (count / Stopwatch.GetElapsedTime(began).TotalSeconds, count / (self.TotalProcessorTime - before).TotalSeconds);
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new TemplateMap(element.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, Value(p.Value)))),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.String => element.GetString(),
        _ => throw new SetupException($"the template's data hold a {element.ValueKind}"),
    };
}
