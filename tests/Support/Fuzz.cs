using System.Diagnostics;

namespace Anvil.Support;

/// <summary>
/// Runs a parser on made-up input: no case may crash (other than by its one way to refuse), take long, or leave memory behind. A fixed
/// number of cases in every test run; in long ones, until the minutes of ANVIL_FUZZ_MINUTES (10) are over, each time with another seed.
/// </summary>
public static class Fuzz
{
    /// <summary>Cases of a parser in every test run.</summary>
    public const int Cases = 100_000;

    private const long MostGrowth = 64 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Runs the fixed number of cases.</summary>
    public static void Fixed(Action<Random> one, int cases = Cases) => Run(1, n => n < cases, one);

    /// <summary>Runs cases until the time is over.</summary>
    public static void Open(Action<Random> one)
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("ANVIL_FUZZ_MINUTES"), System.Globalization.CultureInfo.InvariantCulture, out var set) ? set : 10;
        var clock = Stopwatch.StartNew();
        Run(Environment.TickCount, _ => clock.Elapsed < TimeSpan.FromMinutes(minutes), one);
    }

    /// <summary>Some octets of a text or packet, changed: flipped, cut, doubled, or replaced by nasty ones.</summary>
    public static byte[] Mutate(Random random, byte[] seed)
    {
        byte[] nasty = [0, 1, 10, 13, 34, 39, 44, 46, 47, 59, 92, 123, 125, 127, 128, 192, 255];
        var data = seed.ToList();
        for (var changes = random.Next(1, 8); changes > 0 && data.Count > 0; changes--)
        {
            var at = random.Next(data.Count);
            switch (random.Next(6))
            {
                case 0: data[at] = (byte)random.Next(256); break;
                case 1: data[at] = nasty[random.Next(nasty.Length)]; break;
                case 2: data.Insert(at, nasty[random.Next(nasty.Length)]); break;
                case 3: data.RemoveRange(at, Math.Min(data.Count - at, random.Next(1, 9))); break;
                case 4: data.InsertRange(at, data.GetRange(at, Math.Min(data.Count - at, random.Next(1, 33)))); break;
                default: data[at] ^= (byte)(1 << random.Next(8)); break;
            }
        }

        return [.. data];
    }

    private static void Run(int seed, Func<int, bool> goOn, Action<Random> one)
    {
        for (var warm = 0; warm < 1000; warm++) one(new Random(unchecked((seed * 7919) - 1 - warm)));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; goOn(n); n++)
        {
            // Each case has a seed of its own, so that one that fails can be run alone.
            var own = unchecked((seed * 1_000_003) + n);
            var began = Stopwatch.GetTimestamp();
            try
            {
                one(new Random(own));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {n} (seed {own}) failed: {e.Message}", e);
            }

            if (Stopwatch.GetElapsedTime(began) is var took && took > Longest) throw new TimeoutException($"case {n} (seed {own}) took {took}");
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        if (grown > MostGrowth) throw new InvalidOperationException($"memory grew by {grown >> 20} MiB");
    }
}
