using System.Runtime.InteropServices;

namespace Anvil.Silo;

/// <summary>How SQLite's memory comes and goes (mallopt(3)).</summary>
internal static partial class NativeMemory
{
    /// <summary>M_MMAP_THRESHOLD of malloc.h.</summary>
    private const int MmapThreshold = -3;

    private const int LargeBlock = 1 << 20;

    /// <summary>
    /// Gives large blocks back to the system once they are free. The C library would keep those of up to 32 MiB, for each thread: a few
    /// documents of the longest kind, written by several threads, held two GiB.
    /// </summary>
    public static void ReturnLargeBlocks()
    {
        try
        {
            _ = Mallopt(MmapThreshold, LargeBlock);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library than GNU's, which does not keep them.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
