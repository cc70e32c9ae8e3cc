using System.Runtime.InteropServices;

namespace Anvil.Support;

/// <summary>What the calling thread has used, which nobody else in the process or on the machine moves.</summary>
public static partial class ThreadCost
{
    /// <summary>CLOCK_THREAD_CPUTIME_ID of time.h.</summary>
    private const int ThreadClock = 3;

    /// <summary>Octets that this thread has allocated so far, garbage included.</summary>
    public static long Allocated => GC.GetAllocatedBytesForCurrentThread();

    /// <summary>Time that this thread has spent on a processor so far (clock_gettime(2)).</summary>
    public static TimeSpan Processor
    {
        get
        {
            if (ClockGetTime(ThreadClock, out var time) != 0)
                throw new InvalidOperationException($"clock_gettime: error {Marshal.GetLastPInvokeError()}");
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
