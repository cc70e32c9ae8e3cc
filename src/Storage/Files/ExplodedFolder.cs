using System.Runtime.InteropServices;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Files;

namespace Anvil.Storage.Files;

/// <summary>
/// The folder that an archive becomes: filled beside its place under a name of its own, and put there in one step when it is whole. What
/// is written is files and folders below it, whatever the archive names; links come last, so that nothing is written through one.
/// </summary>
public sealed partial class ExplodedFolder : IDisposable
{
    /// <summary>How the names of folders begin that are being filled.</summary>
    public const string Mark = ".anvil-exploding-";

    private const int AtCurrentFolder = -100;

    /// <summary>RENAME_EXCHANGE of renameat2(2).</summary>
    private const uint Exchange = 2;

    /// <summary>Most symbolic links of an archive: they are in memory until the rest of it is written.</summary>
    private const int MostLinks = 50_000;

    /// <summary>Octets of one copy.</summary>
    private const int Piece = 256 << 10;

    /// <summary>Octets of a disk that a file, folder or link takes at least.</summary>
    private const int Least = 4096;

    /// <summary>Octets between two looks at what is left of the disk.</summary>
    private const long Unlooked = 64L << 20;

    private readonly string _root;
    private readonly string _making;
    private readonly long _reserveMiB;
    private readonly List<(string Path, string Target)> _links = [];
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal) { "" };
    private readonly long _most;
    private long _looked = Unlooked;

    /// <summary>Begins one.</summary>
    /// <param name="root">The file root.</param>
    /// <param name="reserveMiB">MiB of the disk that are left free; below 0: a part of it.</param>
    /// <param name="most">Most files, folders and links, those on the way to others counted.</param>
    public ExplodedFolder(string root, long reserveMiB, long most)
    {
        (_root, _reserveMiB, _most) = (root, reserveMiB, most);
        _making = Path.Combine(root, $"{Mark}{Guid.NewGuid():N}");
        Directory.CreateDirectory(_making);
    }

    /// <summary>Octets of its files so far.</summary>
    public long Octets { get; private set; }

    /// <summary>Files, folders and links so far.</summary>
    public long Entries { get; private set; }

    /// <summary>Links that lead out of the archive's folder, and were left out.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Removes what was being filled by who ended in the midst of it.</summary>
    /// <param name="root">The file root.</param>
    /// <param name="before">What was begun after that may be somebody's.</param>
    public static void Clean(string root, DateTimeOffset before)
    {
        if (!Directory.Exists(root)) return;
        foreach (var folder in new DirectoryInfo(root).EnumerateDirectories(Mark + "*"))
        {
            if (folder.LinkTarget is null && folder.LastWriteTimeUtc < before.UtcDateTime) folder.Delete(recursive: true);
        }
    }

    /// <summary>SHA-256 of what a folder was made from; null where it was made from nothing that is known.</summary>
    public static string? MadeFrom(string root, IsoExplosion explosion)
    {
        var canary = new FileInfo(Path.Combine(root, explosion.Folder, explosion.Canary));
        if (!canary.Exists || canary.LinkTarget is not null || canary.Length > 256) return null;
        return File.ReadAllText(canary.FullName).Trim();
    }

    /// <summary>
    /// Why a folder cannot be put in its place: what lies there was not made from an ISO. Folders within it that are made from ISOs of
    /// their own (DRP puts the other architectures there) are moved along.
    /// </summary>
    /// <param name="root">The file root.</param>
    /// <param name="explosion">What it is for.</param>
    /// <param name="all">All folders that are made from ISOs.</param>
    public static string? Problem(string root, IsoExplosion explosion, IReadOnlyCollection<string> all)
    {
        var parts = explosion.Folder.Split('/');
        for (var i = 1; i <= parts.Length; i++)
        {
            var each = new DirectoryInfo(Path.Combine([root, .. parts[..i]]));
            if (File.Exists(each.FullName) || each.LinkTarget is not null)
                return $"{string.Join('/', parts[..i])} in the file root is no folder";
        }

        var folder = Path.Combine(root, explosion.Folder);
        return !Directory.Exists(folder) || File.Exists(Path.Combine(folder, explosion.Canary)) || HoldsOnly(folder, explosion.Folder, all)
            ? null : $"the folder {explosion.Folder} in the file root was not made from an ISO: move it away, or boot from what is there";
    }

    /// <summary>Takes an entry of the archive.</summary>
    /// <exception cref="ArchiveFaultException">It does not fit with what came before.</exception>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public async Task AddAsync(ArchiveEntry entry, bool foldsNames, CancellationToken cancellation)
    {
        var path = foldsNames ? entry.Path.ToLowerInvariant() : entry.Path;
        var place = Path.Combine(_making, path);
        try
        {
            switch (entry.Kind)
            {
                case ArchiveEntryKind.Folder:
                    MakeFolder(path);
                    return;
                case ArchiveEntryKind.File:
                    MakeFolder(Path.GetDirectoryName(path)!);
                    await WriteAsync(entry.Content, place, cancellation);
                    break;
                case ArchiveEntryKind.HardLink:
                    MakeFolder(Path.GetDirectoryName(path)!);
                    var first = Path.Combine(_making, foldsNames ? entry.Target.ToLowerInvariant() : entry.Target);
                    if (Link(first, place) != 0)
                        throw new ArchiveFaultException($"{path} is another name of {entry.Target}, which is not there");
                    break;
                default:
                    if (_links.Count >= MostLinks)
                        throw new ArchiveFaultException($"it has more than {MostLinks} symbolic links");
                    _links.Add((path, foldsNames ? entry.Target.ToLowerInvariant() : entry.Target));
                    break;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            // .NET says so where a folder is in a file's place.
            throw new ArchiveFaultException($"{path} is there twice, as a file and as a folder", e);
        }

        Count();
    }

    /// <summary>Makes a folder and those that it lies in; each counts as one that the archive names.</summary>
    private void MakeFolder(string path)
    {
        if (_folders.Contains(path)) return;
        MakeFolder(Path.GetDirectoryName(path) ?? "");
        Count();
        Directory.CreateDirectory(Path.Combine(_making, path));
        _folders.Add(path);
    }

    private void Count()
    {
        if (++Entries > _most) throw new ArchiveFaultException($"it has more than {_most} files and folders (Files:ExplodedEntries)");
        Take(Least);
    }

    private void Take(long octets)
    {
        _looked += octets;
        if (_looked < Unlooked) return;
        _looked = 0;
        if (DiskRoom.Of(_root, _reserveMiB) == 0)
            throw new ArchiveFaultException("the disk of the file root has too little left (Files:ReserveMiB)");
    }

    /// <summary>Puts the whole folder in its place.</summary>
    /// <param name="explosion">What it is for.</param>
    /// <param name="all">All folders that are made from ISOs.</param>
    public void Finish(IsoExplosion explosion, IReadOnlyCollection<string> all)
    {
        var canary = Path.Combine(_making, explosion.Canary);
        File.WriteAllText(canary, explosion.Sha256);
        List<string> inner = [.. all.Where(f => f.StartsWith(explosion.Folder + "/", StringComparison.Ordinal))
            .Select(f => f[(explosion.Folder.Length + 1)..])];
        MakeLinks(inner);
        FolderSync.All(_making);
        if (Problem(_root, explosion, all) is { } problem) throw new ArchiveFaultException(problem);
        var folder = Path.Combine(_root, explosion.Folder);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        if (!Directory.Exists(folder))
        {
            Directory.Move(_making, folder);
        }
        else
        {
            if (RenameAt(AtCurrentFolder, _making, AtCurrentFolder, folder, Exchange) != 0)
                throw new IOException($"{explosion.Folder} cannot be put in its place: errno {Marshal.GetLastPInvokeError()}");
            foreach (var each in inner) Carry(each, folder);
        }

        FolderSync.Names(Path.GetDirectoryName(folder)!);
    }

    /// <summary>
    /// What the text of a link says is true only as long as no other link is on its way: such are left out, wherever they lead.
    /// </summary>
    /// <param name="inner">Folders below this one that are made from ISOs of their own: what is in them is not known here.</param>
    private void MakeLinks(List<string> inner)
    {
        var links = _links.DistinctBy(l => l.Path, StringComparer.Ordinal).Where(l => !IsThere(Path.Combine(_making, l.Path))).ToList();
        LeftOut += _links.Count - links.Count;
        var paths = links.Select(l => l.Path).Concat(inner.Where(f => !IsThere(Path.Combine(_making, f))))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (path, target) in links)
        {
            var place = Path.Combine(_making, path);
            if (!ArchiveLinks.IsSafe(path, target, paths) || IsThere(place))
            {
                LeftOut++;
                continue;
            }

            MakeFolder(Path.GetDirectoryName(path)!);
            File.CreateSymbolicLink(place, target);
        }
    }

    /// <summary>True where there is anything, also a link that leads nowhere.</summary>
    private static bool IsThere(string place) => Path.Exists(place) || new FileInfo(place).LinkTarget is not null;

    /// <summary>True where a part of a path is a link.</summary>
    private static bool IsThroughLink(string folder, string inner)
    {
        var parts = inner.Split('/');
        return Enumerable.Range(1, parts.Length)
            .Any(i => new DirectoryInfo(Path.Combine([folder, .. parts[..i]])).LinkTarget is not null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(_making)) Directory.Delete(_making, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left of it goes later.
        }
    }

    /// <summary>A folder in the former one that has an ISO of its own goes along, unless the new one has something there.</summary>
    private void Carry(string inner, string folder)
    {
        var (from, to) = (Path.Combine(_making, inner), Path.Combine(folder, inner));
        if (IsThroughLink(_making, inner) || IsThroughLink(folder, inner)) return;
        if (!Directory.Exists(from) || Path.Exists(to)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        Directory.Move(from, to);
    }

    /// <summary>True for a folder of nothing but ways to folders that are made from ISOs.</summary>
    private static bool HoldsOnly(string place, string folder, IReadOnlyCollection<string> all)
        => all.Any(f => f.StartsWith(folder + "/", StringComparison.Ordinal))
            && new DirectoryInfo(place).EnumerateFileSystemInfos().All(e => e is DirectoryInfo { LinkTarget: null } inner
                && (all.Contains($"{folder}/{e.Name}", StringComparer.Ordinal)
                    || HoldsOnly(inner.FullName, $"{folder}/{e.Name}", all)));

    private async Task WriteAsync(Stream content, string place, CancellationToken cancellation)
    {
        await using var file = new FileStream(place, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        var piece = new byte[Piece];
        int read;
        try
        {
            while ((read = await content.ReadAsync(piece, cancellation)) > 0)
            {
                Take(read);
                await file.WriteAsync(piece.AsMemory(0, read), cancellation);
                Octets += read;
            }
        }
        catch (EndOfStreamException e)
        {
            throw new ArchiveFaultException("it is cut off", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int fromFolder, string from, int toFolder, string to, uint flags);
}
