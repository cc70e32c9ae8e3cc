namespace Anvil.Bench.Load;

/// <summary>
/// The highest rate that passes, on a grid of steps of 8 %: in leaps until one fails, then halving. A further search begins where the last
/// one ended.
/// </summary>
internal sealed class RateSearch(int lowest = 50, int highest = 20_000)
{
    private const double Step = 1.08;
    private const int Leap = 8;
    private const int First = 2 * Leap;
    private int _start = -1;

    /// <summary>Searches; the best try that passed, or one that failed when even the lowest rate does.</summary>
    /// <param name="tryAsync">Tries a rate.</param>
    public async Task<PerfResult> RunAsync(Func<int, Task<PerfResult>> tryAsync)
    {
        var last = (int)Math.Floor(Math.Log((double)highest / lowest, Step));
        var leap = _start < 0 ? Leap : 1;
        var (good, bad) = (-1, last + 1);
        PerfResult? best = null, worst = null;
        for (var at = _start < 0 ? First : _start; bad - good > 1;)
        {
            var result = await tryAsync((int)Math.Round(lowest * Math.Pow(Step, at)));
            if (result.IsGood) (good, best) = (at, result);
            else (bad, worst) = (at, result);
            if (best is null) at = Math.Max(0, at - leap);
            else if (bad > last) at = Math.Min(last, at + leap);
            else at = (good + bad) / 2;
            leap = Math.Min(Leap, leap * 2);
        }

        _start = Math.Max(0, good);
        return best ?? worst!;
    }
}
