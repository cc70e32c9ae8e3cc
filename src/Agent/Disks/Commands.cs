using System.Diagnostics;

namespace Anvil.Agent.Disks;

/// <summary>Runs the disk programs that Sledgehammer carries.</summary>
internal static class Commands
{
    /// <summary>Runs a program; its standard output.</summary>
    /// <exception cref="AgentException">It ended with a code above <paramref name="mostCode"/>.</exception>
    public static string Run(string program, string arguments, string input = "", int mostCode = 0)
    {
        using var process =
            Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            })
            ?? throw new AgentException($"{program} does not start");
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode <= mostCode ? output
            : throw new AgentException($"{program} {arguments} ended with {process.ExitCode}: {error.Result.Trim()}");
    }
}
