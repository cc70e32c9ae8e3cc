using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Anvil.Bench.Cases;

/// <summary>What an agent asks for each job: the next one, its actions, its log, its end; with 1,000 machines that have work.</summary>
internal sealed class JobsCase : IBenchCase
{
    private const int Machines = 1_000;
    private const int Tasks = 10;

    /// <inheritdoc/>
    public string Name => "jobs";

    /// <inheritdoc/>
    public string About
        => "an agent's round: next job, actions, log, finish, with 1,000 machines; beside DRP's server where it is given (--drp)";

    /// <inheritdoc/>
    public async IAsyncEnumerable<BenchLine> RunAsync(BenchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (ours, peer) = await ApiTurns.RunAsync(options,
            (http, server, figures) => MeasureAsync(http, server, options, figures, cancellation), cancellation);
        foreach (var (name, figures) in ours.All)
        {
            var unit = ApiFigures.UnitOf(name);
            var goal = unit == ApiFigures.PerSecond ? Goal.AtLeast(4) : null;
            yield return peer.All.TryGetValue(name, out var theirs) ? BenchLine.Beside(name, unit, figures, "DRP", theirs, goal)
                : BenchLine.Alone(name, unit, figures);
        }
    }

    private static async Task MeasureAsync(HttpClient http, Service server, BenchOptions options, ApiFigures figures,
        CancellationToken cancellation)
    {
        var tasks = Enumerable.Range(0, Tasks).Select(i => $"bench-{i}").ToList();
        foreach (var task in tasks)
        {
            await Api.SendAsync(http, "POST", "tasks", new JsonObject
            {
                ["Name"] = task,
                ["Templates"] = new JsonArray(new JsonObject
                {
                    ["Name"] = "work.sh",
                    ["Contents"] = "#!/bin/sh\necho {{ .Machine.Name }}\n",
                }),
            }.ToJsonString(), cancellation);
        }

        await Api.SendAsync(http, "POST", "stages",
            new JsonObject { ["Name"] = "bench", ["Tasks"] = new JsonArray([.. tasks.Select(t => JsonValue.Create(t))]) }.ToJsonString(),
            cancellation);
        await Api.SendAsync(http, "POST", "workflows", """{"Name":"bench","Stages":["bench"]}""", cancellation);
        var machines = new string[Machines];
        await Parallel.ForAsync(0, Machines, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation },
            async (i, stop) => machines[i] = $"{JsonNode.Parse(await Api.SendAsync(http, "POST", "machines",
                $$"""{"Name":"m{{i}}.bench.example","Workflow":"bench","Runnable":true}""", stop))!["Uuid"]}");
        // What is compiled at the first rounds is no part of the path.
        var next = 0;
        await WarmUp.RunAsync(server, () =>
        {
            var first = next;
            next += 100;
            return Api.RoundsAsync(server, 2, 100, i => RoundAsync(http, machines[(first + i) % Machines], cancellation));
        });
        foreach (var connections in new[] { 1, 8 })
        {
            var first = next;
            next += options.IsQuick ? 100 : 400;
            figures.Add($"jobs.round.{connections}", await Api.RoundsAsync(server, connections, next - first,
                i => RoundAsync(http, machines[(first + i) % Machines], cancellation)));
        }
    }

    private static async Task RoundAsync(HttpClient http, string machine, CancellationToken cancellation)
    {
        var job = JsonNode.Parse(await Api.SendAsync(http, "POST", "jobs", $$"""{"Machine":"{{machine}}"}""", cancellation))!;
        var path = $"jobs/{job["Uuid"]}";
        await Api.SendAsync(http, "GET", $"{path}/actions?os=linux", null, cancellation);
        await Api.SendAsync(http, "PATCH", path, """[{"op":"replace","path":"/State","value":"running"}]""", cancellation);
        using var log = new ByteArrayContent("working\ndone\n"u8.ToArray());
        log.Headers.ContentType = new("application/octet-stream");
        using var answer = await http.PutAsync(new Uri($"{path}/log", UriKind.Relative), log, cancellation);
        if (!answer.IsSuccessStatusCode) throw new Support.SetupException($"PUT {path}/log: {(int)answer.StatusCode}");
        await Api.SendAsync(http, "PATCH", path,
            """[{"op":"replace","path":"/State","value":"finished"},{"op":"replace","path":"/ExitState","value":"complete"}]""",
            cancellation);
    }
}
