using System.Text.RegularExpressions;

namespace Anvil.Bench.Load;

/// <summary>What wrk counted.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Megabytes">What was read.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="CpuSeconds">Processor time of the server.</param>
internal sealed record WrkResult(double Requests, double Megabytes, double Seconds, double CpuSeconds);

/// <summary>wrk: a closed loop of connections that are kept.</summary>
internal static partial class Wrk
{
    /// <summary>Runs it.</summary>
    /// <exception cref="Support.SetupException">Some were answered otherwise than well.</exception>
    public static async Task<WrkResult> RunAsync(Link link, Service server, string url, int connections, int seconds,
        CancellationToken cancellation)
    {
        var before = server.CpuSeconds;
        var text = await Runner.RunAsync(link.Client, [0],
            [PeerPrograms.Find("wrk", "wrk"), "-t2", $"-c{connections}", $"-d{seconds}s", "--timeout", "20s", url], cancellation);
        var cpu = server.CpuSeconds - before;
        var match = Totals().Match(text);
        if (!match.Success || text.Contains("Non-2xx", StringComparison.Ordinal)) throw new Support.SetupException($"wrk {url}: {text}");
        var scale = match.Groups[4].Value switch
        {
            "GB" => 1073.741824,
            "MB" => 1.048576,
            "KB" => 0.001024,
            "TB" => 1099511.627776,
            _ => 1e-6
        };
        return new WrkResult(Number(1), Number(3) * scale, Number(2), cpu);

        double Number(int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(\d+) requests in ([\d.]+)s, ([\d.]+)([KMGT]?B) read")]
    private static partial Regex Totals();
}
