using System.Runtime.InteropServices;

namespace Anvil.Silo;

/// <summary>
/// Sees to it that nobody else reads what is kept: the data folder has the mode 0700, and what lies in it 0600, files and folders alike
/// (those 0700), also when it was there before. What is somebody else's cannot be mended, and the silo does not start.
/// </summary>
internal static partial class DataFolder
{
    private const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode OfGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <summary>What this process makes from now on, whatever makes it, is its own (umask 077).</summary>
    public static void MakeOwn() => _ = Umask(63);

    /// <summary>Makes the folder, or mends its modes.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="published">A folder that strangers may read, where it lies in the data folder: boot files.</param>
    /// <exception cref="InvalidOperationException">A mode cannot be mended; with the command that does.</exception>
    public static void Secure(string folder, string published)
    {
        Directory.CreateDirectory(folder, OwnFolder);
        Mend(new DirectoryInfo(folder), OwnFolder);
        var open = Path.GetFullPath(published);
        var left = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (left.TryPop(out var next))
        {
            foreach (var entry in next.EnumerateFileSystemInfos())
            {
                // What a link leads to lies elsewhere.
                if (entry.LinkTarget is not null) continue;
                if (entry is DirectoryInfo inner)
                {
                    if (inner.FullName == open) continue;
                    Mend(inner, OwnFolder);
                    left.Push(inner);
                }
                else
                {
                    Mend(entry, OwnFile);
                }
            }
        }
    }

    /// <summary>Checks a file with a key that lies elsewhere: its owner's group may read it, others may not.</summary>
    /// <exception cref="InvalidOperationException">Others can; with the command that mends it.</exception>
    public static void SecureKey(string file)
    {
        var mode = File.GetUnixFileMode(file);
        if ((mode & (OfOthers | UnixFileMode.GroupWrite)) == UnixFileMode.None) return;
        Change(file, mode & ~(OfOthers | UnixFileMode.GroupWrite), $"chmod o=,g-w '{file}'", mode);
    }

    private static void Mend(FileSystemInfo entry, UnixFileMode wanted)
    {
        var mode = entry.UnixFileMode;
        if ((mode & (OfGroup | OfOthers)) == UnixFileMode.None) return;
        Change(entry.FullName, mode & wanted, $"chmod go= '{entry.FullName}'", mode);
    }

    private static void Change(string path, UnixFileMode wanted, string command, UnixFileMode mode)
    {
        try
        {
            File.SetUnixFileMode(path, wanted);
        }
        catch (FileNotFoundException)
        {
            // Gone meanwhile.
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InvalidOperationException(
                $"{path} has the mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}, so that others than its owner can read what "
                + $"must be secret, and it is not this user's to change. Its owner can: {command}", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint Umask(uint mask);
}
