using System.Diagnostics;
using Anvil.Support;

namespace Anvil.Bench.Host;

/// <summary>Runs a load generator in a namespace to its end.</summary>
internal static class Runner
{
    /// <summary>What it said on standard output; a cancelled one is ended.</summary>
    /// <param name="host">Where it runs.</param>
    /// <param name="taken">Exit codes that are no failure.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="SetupException">It failed.</exception>
    public static async Task<string> RunAsync(NetworkNamespace host, IReadOnlyList<int> taken, IReadOnlyList<string> command,
        CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("ip", ["netns", "exec", host.Name, .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LD_LIBRARY_PATH"] = PeerPrograms.Libraries;
        using var process = Process.Start(start) ?? throw new SetupException($"{command[0]} does not start");
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        if (!taken.Contains(process.ExitCode))
            throw new SetupException($"{Path.GetFileName(command[0])} ended with {process.ExitCode}: {(await error).Trim()}");
        return await output;
    }
}
