using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// Opens files in folders that others can write to. What is checked is what was opened, by its descriptor: a name may mean something else
/// a moment later. Pipes and devices, which would be waited for or have no end, are no files.
/// </summary>
public static partial class RegularFile
{
    /// <summary>O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC of open(2), on x86-64 and arm64: a pipe without a writer is not waited
    /// for.</summary>
    private const int ReadOnly = 0x100 | 0x800 | 0x80000;

    /// <summary>O_PATH | O_CLOEXEC: only to see where it lies.</summary>
    private const int Place = 0x200000 | 0x80000;

    /// <summary>AT_EMPTY_PATH, STATX_TYPE and the place of stx_mode of statx(2), the same on every processor.</summary>
    private const int EmptyPath = 0x1000;

    /// <inheritdoc cref="EmptyPath"/>
    private const uint TypeAsked = 1;

    /// <inheritdoc cref="EmptyPath"/>
    private const int ModeAt = 28;

    /// <summary>EINTR.</summary>
    private const int Interrupted = 4;

    private const int StatxLength = 256;
    private const int TypeBits = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Opens a regular file that lies within a folder once all links are followed, its own and those on the way.</summary>
    /// <param name="folder">The folder; may be a link itself.</param>
    /// <param name="path">The file's path.</param>
    /// <returns>The file; null when there is none, it is no regular file, or it lies elsewhere.</returns>
    public static FileStream? Open(string folder, string path)
    {
        using var root = Handle(folder, Place);
        var file = Handle(path, ReadOnly);
        if (root.IsInvalid || file.IsInvalid || !IsRegular(file) || Where(root) is not { } within
            || Where(file)?.StartsWith(within.TrimEnd('/') + '/', StringComparison.Ordinal) != true)
        {
            file.Dispose();
            return null;
        }

        return new FileStream(file, FileAccess.Read);
    }

    private static SafeFileHandle Handle(string path, int flags)
    {
        int descriptor;
        do
        {
            descriptor = OpenFile(path, flags, 0);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static bool IsRegular(SafeFileHandle file)
    {
        var answer = new byte[StatxLength];
        return Statx((int)file.DangerousGetHandle(), "", EmptyPath, TypeAsked, answer) == 0
            && (BitConverter.ToUInt16(answer, ModeAt) & TypeBits) == Regular;
    }

    /// <summary>Where the kernel says that an open file lies (proc(5)).</summary>
    private static string? Where(SafeFileHandle file) => new FileInfo($"/proc/self/fd/{(int)file.DangerousGetHandle()}").LinkTarget;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint asked, [Out] byte[] answer);
}
