using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Anvil.Storage.Files;

/// <summary>
/// Opens files of a folder that is this program's own, never through a symbolic link in a file's place (O_NOFOLLOW of open(2)): what
/// somebody puts there leads to no file elsewhere.
/// </summary>
internal static partial class OwnFile
{
    /// <summary>O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, on x86-64 and on arm64: a pipe is not waited for.</summary>
    private static readonly int Always = 0x800 | 0x80000
        | (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000);

    /// <summary>O_RDWR | O_CREAT.</summary>
    private const int WriteOrCreate = 0x2 | 0x40;

    /// <summary>rw-------.</summary>
    private const int OwnMode = 0x180;

    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int LinkInPlace = 40;

    /// <summary>Octets of a file; null where there is none, or a link or a folder in its place.</summary>
    public static long? LengthOf(string path) => new FileInfo(path) is { Exists: true, LinkTarget: null } file ? file.Length : null;

    /// <summary>A file to read; null where there is none, or a link or a folder in its place.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static FileStream? Read(string path)
    {
        if (LengthOf(path) is null) return null;
        var (file, error) = Handle(path, Always, 0);
        if (error == 0) return new FileStream(file, FileAccess.Read, bufferSize: 0);
        file.Dispose();
        return error is NoEntry or LinkInPlace ? null : throw Failed(path, error);
    }

    /// <summary>A file to read and write, which is made where there is none.</summary>
    /// <exception cref="IOException">It cannot be opened, or there is a link in its place.</exception>
    public static FileStream Write(string path)
    {
        var (file, error) = Handle(path, Always | WriteOrCreate, OwnMode);
        if (error == 0) return new FileStream(file, FileAccess.ReadWrite, bufferSize: 0);
        file.Dispose();
        throw Failed(path, error);
    }

    private static IOException Failed(string path, int error)
        => new($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");

    private static (SafeFileHandle File, int Error) Handle(string path, int flags, int mode)
    {
        int descriptor, error;
        do
        {
            descriptor = Open(path, flags, mode);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Interrupted);
        return (new SafeFileHandle(descriptor, ownsHandle: true), error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);
}
