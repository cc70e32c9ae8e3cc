using System.Diagnostics;

namespace Anvil.Support;

/// <summary>Waits for a condition, with a deadline whose message names it.</summary>
public static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until a condition holds.</summary>
    /// <exception cref="SetupException">It did not hold in time.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan deadline, Func<string> problem,
        CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > deadline) throw new SetupException($"after {deadline.TotalSeconds:F0} s: {problem()}");
            await Task.Delay(Pause, cancellation);
        }
    }
}
