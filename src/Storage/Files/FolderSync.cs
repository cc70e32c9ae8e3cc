using System.Runtime.InteropServices;

namespace Anvil.Storage.Files;

/// <summary>
/// Has the names in a folder written to the disk (fsync(2)): a file that was renamed is there after a power failure, under its new name.
/// </summary>
public static partial class FolderSync
{
    /// <summary>O_RDONLY | O_DIRECTORY | O_CLOEXEC of open(2), on x86-64 and on arm64.</summary>
    private static readonly int ReadFolder = 0x80000
        | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000);

    /// <summary>Writes a folder's names.</summary>
    public static void Names(string folder) => Do(folder, Fsync);

    /// <summary>Writes all that the file system of a folder holds (syncfs(2)): cheaper than file by file where there are many.</summary>
    public static void All(string folder) => Do(folder, SyncFs);

    private static void Do(string folder, Func<int, int> sync)
    {
        var descriptor = Open(folder, ReadFolder, 0);
        if (descriptor < 0) throw new IOException($"{folder} cannot be opened: errno {Marshal.GetLastPInvokeError()}");
        try
        {
            if (sync(descriptor) != 0) throw new IOException($"{folder} cannot be written: errno {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string folder, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
