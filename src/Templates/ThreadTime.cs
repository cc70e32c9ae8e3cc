using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Anvil.Templates;

/// <summary>
/// The processor time that the calling thread has taken (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)), as a clock for work that stays on one
/// thread: it stands still while the thread waits for a processor, so that no bound is hit by what others do on the machine. Where the
/// system has no such clock, that of the wall.
/// </summary>
public sealed partial class ThreadTime : TimeProvider
{
    private const int ThreadProcessorTime = 3;
    private const long NanosecondsOfASecond = 1_000_000_000;

    private ThreadTime()
    {
    }

    /// <summary>The clock of whichever thread asks.</summary>
    public static ThreadTime Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => OperatingSystem.IsLinux() ? NanosecondsOfASecond : Stopwatch.Frequency;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (!OperatingSystem.IsLinux()) return Stopwatch.GetTimestamp();
        if (Read(ThreadProcessorTime, out var spent) != 0) throw new InvalidOperationException("the thread's time cannot be read");
        return (spent.Seconds * NanosecondsOfASecond) + spent.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out TimeSpec time);

    /// <summary>`struct timespec` of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
