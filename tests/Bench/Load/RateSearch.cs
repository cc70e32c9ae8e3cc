namespace Anvil.Bench.Load;

/// <summary>
/// The highest rate that passes, on a grid of steps of 8 %: in leaps until one fails, then halving. A further search begins where the last
/// one ended.
/// </summary>
/// <param name="guess">Rate at which the first search begins.</param>
internal sealed class RateSearch(int guess = RateSearch.Silo)
{
    private const double Step = 1.08;
    private const int Leap = 8;
    private const int FirstLeap = 4;
    private const double Lowest = 50;
    private const double Highest = 20_000;

    /// <summary>Where ours is looked for first.</summary>
    public const int Silo = 1_300;

    /// <summary>Where Kea is looked for first.</summary>
    public const int Kea = 5_000;

    /// <summary>Where dnsmasq is looked for first.</summary>
    public const int Dnsmasq = 250;

    private int _start = -1;

    /// <summary>Searches; the best try that passed, or one that failed when even the lowest rate does.</summary>
    /// <param name="tryAsync">Tries a rate.</param>
    public async Task<PerfResult> RunAsync(Func<int, Task<PerfResult>> tryAsync)
    {
        var last = (int)Math.Floor(Math.Log(Highest / Lowest, Step));
        var leap = _start < 0 ? FirstLeap : 1;
        var (good, bad) = (-1, last + 1);
        PerfResult? best = null, worst = null;
        for (var at = _start < 0 ? (int)Math.Round(Math.Log(guess / Lowest, Step)) : _start; bad - good > 1;)
        {
            var result = await tryAsync((int)Math.Round(Lowest * Math.Pow(Step, at)));
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
