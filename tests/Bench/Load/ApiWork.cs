using System.Text.Json.Nodes;

namespace Anvil.Bench.Load;

/// <summary>What is asked of a Machines API, the same of ours and of DRP's.</summary>
/// <param name="http">Client with a token.</param>
/// <param name="server">Whose processor time is counted.</param>
/// <param name="size">Machines that are there.</param>
/// <param name="isQuick">A third of the calls.</param>
internal sealed class ApiWork(HttpClient http, Service server, int size, bool isQuick)
{
    /// <summary>So many machines may be listed at once: more are beyond the octets of a list that ours gives.</summary>
    private const int MostListed = 5_000;

    private const string Param = "bench/rack";

    /// <summary>Number of the first machine that is made before anything is measured.</summary>
    private const int Warming = 1_000_000;
    private readonly int _writes = isQuick ? 200 : 500;
    private readonly int _reads = isQuick ? 1_000 : 4_000;
    private readonly int _lists = isQuick ? 10 : 30;

    /// <summary>Fills a server with machines.</summary>
    public async Task FillAsync(CancellationToken cancellation)
    {
        await Api.SendAsync(http, "POST", "params", $$$"""{"Name":"{{{Param}}}","Schema":{"type":"string"}}""", cancellation);
        await Api.RunAsync(http, null, 8, size, i => ("POST", "machines", Machine(i)), cancellation);
    }

    /// <summary>Measures each call, of a server that is filled.</summary>
    public async Task RunAsync(ApiFigures figures, CancellationToken cancellation)
    {
        var list = JsonNode.Parse(await Api.SendAsync(http, "GET", $"machines?limit={MostListed}", null, cancellation))!;
        var keys = list.AsArray().Select(m => $"{m!["Uuid"]}").ToList();
        await WarmUp.RunAsync(server, WarmAsync);
        var (next, turn) = (size, 0);
        foreach (var connections in new[] { 1, 8 })
        {
            var first = next;
            next += _writes;
            figures.Add($"create.{connections}", await RunAsync(connections, _writes, i => ("POST", "machines", Machine(first + i))));
        }

        foreach (var connections in new[] { 1, 8 })
        {
            var round = turn++;
            figures.Add($"patch.{connections}",
                await RunAsync(connections, _writes, i => ("PATCH", $"machines/{keys[(i + (round * _writes)) % keys.Count]}",
                $$"""[{"op":"replace","path":"/Description","value":"round {{round}} of {{i}}"}]""")));
        }

        foreach (var connections in new[] { 1, 8 })
            figures.Add($"get.{connections}",
                await RunAsync(connections, _reads, i => ("GET", $"machines/{keys[i * 7 % keys.Count]}", null)));
        if (size <= MostListed) figures.Add("list", await RunAsync(1, _lists, _ => ("GET", "machines", null)));
        figures.Add("list-100", await RunAsync(1, _lists * 10, i => ("GET", $"machines?limit=100&offset={i * 100 % size}", null)));
        figures.Add("filter-name", await RunAsync(1, _reads / 4, i => ("GET", $"machines?Name=Eq({Name(i * 13 % size)})", null)));
        figures.Add("filter-param", await RunAsync(1, _reads / 20, i => ("GET", $"machines?{Param}=Eq(rack-{i % 100})&limit=100", null)));
        figures.Add("head", await RunAsync(1, _reads / 10, _ => ("HEAD", "machines", null)));
        var extra = JsonNode.Parse(
            await Api.SendAsync(http, "GET", $"machines?limit={2 * _writes}&offset={size}&sort=Name", null, cancellation))!
            .AsArray().Select(m => $"{m!["Uuid"]}").ToList();
        figures.Add("delete", await RunAsync(1, Math.Min(_writes, extra.Count), i => ("DELETE", $"machines/{extra[i]}", null)));

        Task<ApiResult> RunAsync(int connections, int count, Func<int, (string, string, string?)> call)
            => Api.RunAsync(http, server, connections, count, call, cancellation);

        // Each call as it is measured, on machines of its own that are gone afterwards.
        async Task WarmAsync()
        {
            const int Some = 100;
            var made = new System.Collections.Concurrent.ConcurrentQueue<string>();
            await Parallel.ForAsync(0, Some, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation },
                async (i, stop) => made.Enqueue(
                    $"{JsonNode.Parse(await Api.SendAsync(http, "POST", "machines", Machine(Warming + i), stop))!["Uuid"]}"));
            var own = made.ToList();
            await RunAsync(4, Some, i => ("PATCH", $"machines/{own[i]}", """[{"op":"replace","path":"/Description","value":"warm"}]"""));
            await RunAsync(4, 4 * Some, i => ("GET", $"machines/{keys[i % keys.Count]}", null));
            if (size <= MostListed) await RunAsync(1, 1, _ => ("GET", "machines", null));
            await RunAsync(1, Some / 4, i => ("GET", $"machines?limit=100&offset={i * 100 % size}", null));
            await RunAsync(1, Some, i => ("GET", $"machines?Name=Eq({Name(i * 13 % size)})", null));
            await RunAsync(1, Some / 4, i => ("GET", $"machines?{Param}=Eq(rack-{i % 100})&limit=100", null));
            await RunAsync(1, Some, _ => ("HEAD", "machines", null));
            await RunAsync(1, Some, i => ("DELETE", $"machines/{own[i]}", null));
        }
    }

    private static string Name(int i) => $"m{i:00000}.bench.example";

    /// <summary>About the 670 octets of a machine of DRP's, with the same fields on both sides.</summary>
    private static string Machine(int i) => $$"""
        {"Name":"{{Name(i)}}","Description":"machine {{i}} of the bench",
        "HardwareAddrs":["{{PerfDhcp.Mac(PerfDhcp.FirstMac + (ulong)i)}}"],
         "Params":{"{{Param}}":"rack-{{i % 100}}"},"BootEnv":"local"}
        """;
}
