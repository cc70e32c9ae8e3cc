using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Anvil.Support;

/// <summary>
/// Runs a test alone in a process of its own: what it reads of the process (memory kept, meters, listeners) nobody else moves, and a
/// crash is a failure of this one test. The test's own program is started again for it, so that it works however the tests are run.
/// </summary>
public static partial class OwnProcess
{
    /// <summary>Set in such a process, to the test's full name.</summary>
    private const string Mark = "ANVIL_TEST_ALONE";

    /// <summary>Longest end of what the process said that a failure shows, in lines.</summary>
    private const int ShownLines = 60;

    /// <summary>Longest time of such a process beyond what the test itself asks for; hit by one that hangs alone.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Runs a test's body here when this is the process made for it, else starts that process and waits for its result.</summary>
    /// <param name="owner">The class of the test; a closure's class stands for the one around it.</param>
    /// <param name="method">Name of the test's method.</param>
    /// <param name="body">What is to be run alone.</param>
    /// <param name="time">How long the body is meant to run, in addition to what any may take.</param>
    /// <param name="heapOctets">Most memory that it may have, in octets; one that wants more ends. 0: as this process.</param>
    /// <param name="environment">What its environment has besides.</param>
    /// <exception cref="InvalidOperationException">It failed there; with what it said.</exception>
    public static async Task RunAsync(Type owner, string method, Func<Task> body, TimeSpan time = default, long heapOctets = 0,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        while (owner.DeclaringType is { } outer) owner = outer;
        var test = $"{owner.FullName}.{method}";
        if (Environment.GetEnvironmentVariable(Mark) == test)
        {
            await body();
            return;
        }

        var start = new ProcessStartInfo("dotnet",
            [Assembly.GetEntryAssembly()!.Location, "-noColor", "-noLogo", "-explicit", "on", "-parallelMode", "none", "-method", test])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Mark] = test;
        if (heapOctets > 0) start.Environment["DOTNET_GCHeapHardLimit"] = heapOctets.ToString("x", CultureInfo.InvariantCulture);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest + time);
        }
        catch (TimeoutException e)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{test} does not end: {Tail(await said)}", e);
        }

        // A process that ran nothing ends well, too.
        var all = await said;
        if (process.ExitCode != 0 || !One().IsMatch(all[0]))
            throw new InvalidOperationException($"in a process of its own, which ended with {process.ExitCode}: {Tail(all)}");
    }

    private static string Tail(string[] said)
    {
        var lines = string.Concat(said).Split('\n').Where(l => !Chatter().IsMatch(l)).ToList();
        return string.Join('\n', lines.Skip(Math.Max(0, lines.Count - ShownLines))).Trim();
    }

    [GeneratedRegex("Total: 1, Errors: 0, Failed: 0, Skipped: 0")]
    private static partial Regex One();

    [GeneratedRegex("^ *(Discover|Starting|Finished)|^[0-9:.]+ (INF|WRN|DBG) ")]
    private static partial Regex Chatter();
}
