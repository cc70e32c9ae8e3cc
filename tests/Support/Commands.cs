using System.Diagnostics;

namespace Anvil.Support;

/// <summary>Runs programs.</summary>
public static class Commands
{
    /// <summary>Runs a program to its end; its standard output.</summary>
    /// <exception cref="SetupException">It failed, with what it said.</exception>
    public static string Run(string program, params string[] arguments)
    {
        var (code, output, error) = Try(program, arguments);
        return code == 0 ? output : throw new SetupException($"{program} {string.Join(' ', arguments)} ended with {code}: {error.Trim()}");
    }

    /// <summary>Runs a program to its end; its exit code and what it said.</summary>
    public static (int Code, string Output, string Error) Try(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Appends what a started program says to a file, line by line, which others may read meanwhile.</summary>
    public static void LogTo(Process process, string file)
    {
        var log = new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        foreach (var stream in new[] { process.StandardOutput, process.StandardError }) _ = PumpAsync(stream, log);
    }

    /// <summary>Starts a program.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start) ?? throw new SetupException($"{program} does not start");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SetupException($"{program} does not start: {e.Message}");
        }
    }

    private static async Task PumpAsync(StreamReader from, StreamWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to) to.WriteLine(line);
        }
    }
}
