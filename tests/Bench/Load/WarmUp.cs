using System.Diagnostics;

namespace Anvil.Bench.Load;

/// <summary>
/// Load that is part of no figure: until a server's runtime compiles hardly anything beside it. What a silo costs before that is in the
/// case `start`; servers that compile nothing are ready after the first piece.
/// </summary>
internal static class WarmUp
{
    /// <summary>Of the processor time of one piece of load, so much may still be the compiler's.</summary>
    private const double Still = 0.04;

    /// <summary>One piece at least, since little is compiled until code has run for a while.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(90);

    /// <summary>Repeats a piece of load, of a second or more.</summary>
    public static async Task RunAsync(Service server, Func<Task> load)
    {
        var began = Stopwatch.GetTimestamp();
        for (var share = 1.0; share > Still && Stopwatch.GetElapsedTime(began) < Most;)
        {
            var (compiling, all) = (server.CompilerSeconds, server.CpuSeconds);
            var piece = Stopwatch.GetTimestamp();
            do await load();
            while (server.CompilerSeconds > 0 && Stopwatch.GetElapsedTime(piece) < Least);
            var used = server.CpuSeconds - all;
            share = used <= 0 ? 0 : (server.CompilerSeconds - compiling) / used;
        }
    }
}
