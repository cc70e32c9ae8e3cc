using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Support;

namespace Anvil.Bench.Load;

/// <summary>What some calls took.</summary>
/// <param name="Calls">How many.</param>
/// <param name="Seconds">All together.</param>
/// <param name="Milliseconds">Each, sorted.</param>
/// <param name="CpuSeconds">Processor time of the server.</param>
internal sealed record ApiResult(int Calls, double Seconds, IReadOnlyList<double> Milliseconds, double CpuSeconds)
{
    /// <summary>Calls a second.</summary>
    public double Rate => Calls / Seconds;

    /// <summary>Calls for each second of the server's processor time.</summary>
    public double PerCpuSecond => Calls / Math.Max(CpuSeconds, 0.01);

    /// <summary>The middle one, in milliseconds.</summary>
    public double Median => Spread.Percentile(Milliseconds, 0.5);
}

/// <summary>Calls of the Machines API, which DRP's server has as well: a closed loop of some connections.</summary>
internal static class Api
{
    /// <summary>A client with a user's token: a password is slow on purpose, and that is not what is measured.</summary>
    public static async Task<HttpClient> LogInAsync(NetworkNamespace host, string address, string user, string password,
        CancellationToken cancellation)
    {
        var http = host.Http(new Uri(address));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        var text = await http.GetStringAsync(new Uri($"users/{user}/token?ttl=28800", UriKind.Relative), cancellation);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"{JsonNode.Parse(text)!["Token"]}");
        return http;
    }

    /// <summary>One call; its answer.</summary>
    /// <exception cref="SetupException">It was refused.</exception>
    public static async Task<string> SendAsync(HttpClient http, string method, string path, string? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request, cancellation);
        var text = await response.Content.ReadAsStringAsync(cancellation);
        return response.IsSuccessStatusCode ? text : throw new SetupException($"{method} {path}: {(int)response.StatusCode} {text}");
    }

    /// <summary>Many calls, numbered, each once.</summary>
    /// <param name="http">Client.</param>
    /// <param name="server">Whose processor time is counted; null: nobody's.</param>
    /// <param name="connections">At once.</param>
    /// <param name="count">How many.</param>
    /// <param name="call">Method, path and body of each.</param>
    /// <param name="cancellation">Ends it.</param>
    public static Task<ApiResult> RunAsync(HttpClient http, Service? server, int connections, int count,
        Func<int, (string Method, string Path, string? Body)> call, CancellationToken cancellation)
        => RoundsAsync(server, connections, count, i =>
        {
            var (method, path, body) = call(i);
            return SendAsync(http, method, path, body, cancellation);
        });

    /// <summary>Many rounds of several calls each, numbered.</summary>
    /// <param name="server">Whose processor time is counted; null: nobody's.</param>
    /// <param name="connections">At once.</param>
    /// <param name="count">How many.</param>
    /// <param name="round">One round.</param>
    public static async Task<ApiResult> RoundsAsync(Service? server, int connections, int count, Func<int, Task> round)
    {
        var times = new double[count];
        var turn = -1;
        var before = server?.CpuSeconds ?? 0;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref turn)) < count;)
            {
                var start = Stopwatch.GetTimestamp();
                await round(i);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.Sort(times);
        return new ApiResult(count, seconds, times, (server?.CpuSeconds ?? 0) - before);
    }
}
