using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Anvil.Support;

/// <summary>
/// Runs a parser on made-up input: no case may crash (other than by its one way to refuse), take long, allocate much, or leave memory
/// behind. A fixed number of cases in every test run; in long ones, until the minutes of ANVIL_FUZZ_MINUTES (10) are over, each time with
/// another seed. All of it runs in a process of its own, on one thread: what is measured is the parser's.
/// </summary>
public static class Fuzz
{
    /// <summary>Cases of a parser in every test run.</summary>
    public const int Cases = 100_000;

    /// <summary>Most that the cases of a run may leave in memory, all together, in octets.</summary>
    public const long MostKept = 16 << 20;

    /// <summary>Most that one case may allocate, garbage included, in octets.</summary>
    public const long MostAllocated = 64 << 20;

    /// <summary>Cases before the memory in use is first looked at: caches and statics fill.</summary>
    private const int WarmUp = 1000;

    /// <summary>A case over the time is measured so often again: a garbage collection may have fallen into it.</summary>
    private const int Tries = 3;

    /// <summary>Longest that a case may keep a processor busy.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Runs the fixed number of cases.</summary>
    /// <param name="one">One case; by the random numbers alone.</param>
    /// <param name="cases">How many.</param>
    /// <param name="test">The test's method.</param>
    public static Task FixedAsync(Action<Random> one, int cases = Cases, [CallerMemberName] string test = "")
        => AloneAsync(one, test, () => Run(1, n => n < cases, one));

    /// <summary>Runs cases until the time is over.</summary>
    /// <param name="one">One case; by the random numbers alone.</param>
    /// <param name="test">The test's method.</param>
    public static Task OpenAsync(Action<Random> one, [CallerMemberName] string test = "")
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("ANVIL_FUZZ_MINUTES"),
            System.Globalization.CultureInfo.InvariantCulture, out var set) ? set : 10;
        var time = TimeSpan.FromMinutes(minutes);
        return AloneAsync(
            one,
            test,
            () =>
            {
                var clock = Stopwatch.StartNew();
                Run(Environment.TickCount, _ => clock.Elapsed < time, one);
            },
            time);
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

    private static Task AloneAsync(Action<Random> one, string test, Action run, TimeSpan time = default)
        => OwnProcess.RunAsync(
            one.Method.DeclaringType!,
            test,
            () =>
            {
                run();
                return Task.CompletedTask;
            },
            time);

    private static void Run(int seed, Func<int, bool> goOn, Action<Random> one)
    {
        for (var warm = 1; warm <= WarmUp; warm++) Measure(one, -warm, unchecked((seed * 7919) - warm));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; goOn(n); n++)
        {
            // Each case has a seed of its own, so that one that fails can be run alone.
            var own = unchecked((seed * 1_000_003) + n);
            var took = TimeSpan.MaxValue;
            for (var tries = 0; tries < Tries && took > Longest; tries++) took = Measure(one, n, own);
            if (took > Longest)
                throw new InvalidOperationException($"case {n} (seed {own}) kept a processor busy for {took.TotalSeconds:F1} s");
        }

        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        if (kept > MostKept) throw new InvalidOperationException($"{kept >> 20} MiB were kept");
    }

    private static TimeSpan Measure(Action<Random> one, int number, int seed)
    {
        var (allocated, processor) = (ThreadCost.Allocated, ThreadCost.Processor);
        try
        {
            one(new Random(seed));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"case {number} (seed {seed}) failed: {e.Message}", e);
        }

        allocated = ThreadCost.Allocated - allocated;
        if (allocated > MostAllocated) throw new InvalidOperationException($"case {number} (seed {seed}) allocated {allocated >> 20} MiB");
        return ThreadCost.Processor - processor;
    }
}
