using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Microsoft.Extensions.Options;

namespace Anvil.Storage.Files;

/// <summary>
/// Archives, each entry looked at here before anything of it is written: ISO 9660 (with Rock Ridge and Joliet), zip and 7-Zip as
/// libarchive's bsdtar gives them, as a tar stream; tar itself, and packed by gzip, without any program.
/// </summary>
public sealed class Archives(IOptions<FilesOptions> options) : IArchives
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ArchiveEntry> ReadAsync(string file, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var settings = options.Value;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(TimeSpan.FromMinutes(settings.ExplodeMinutes));
        await using var archive = File.OpenRead(file);
        var head = new byte[ArchiveFormat.Head];
        var length = await archive.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, time.Token);
        archive.Position = 0;
        var kind = ArchiveFormat.Of(head.AsSpan(0, length));
        if (kind == ArchiveKind.Unknown) throw new ArchiveFaultException($"it is no archive that is read: {ArchiveFormat.Known}");
        await using var program = kind is ArchiveKind.Iso or ArchiveKind.Zip or ArchiveKind.SevenZip
            ? BsdTar.Start(settings.BsdTar, file, kind, archive, time.Token) : null;
        await using var unpacked = kind == ArchiveKind.TarGzip
            ? new GZipStream(archive, CompressionMode.Decompress, leaveOpen: true) : null;
        await using var heads = new TarHeads(program?.Output ?? unpacked ?? (Stream)archive);
        await using var tar = new TarReader(heads, leaveOpen: true);
        var (entries, octets, most) = (0, 0L, settings.ExplodedMiB << 20);
        Task<ArchiveFaultException?> FaultOf(Exception e) => FaultOfAsync(e, program, settings, time.Token, cancellation);
        while (await NextAsync(tar, FaultOf, time.Token) is { } entry)
        {
            if (++entries > settings.ExplodedEntries)
                throw new ArchiveFaultException($"it has more than {settings.ExplodedEntries} files (Files:ExplodedEntries)");
            if (entry.Length < 0 || entry.Length > most - octets)
                throw new ArchiveFaultException($"it unpacks to more than {settings.ExplodedMiB} MiB (Files:ExplodedMiB)");
            octets += entry.Length;
            if (Of(entry) is not { } found) continue;
            yield return found.Kind == ArchiveEntryKind.File
                ? found with { Content = new EntryContent(found.Content, FaultOf, time.Token) } : found;
        }

        if (program is not null && await SaidAsync(program, settings, time.Token, cancellation) is { Length: > 0 } fault)
            throw new ArchiveFaultException(fault);
        // An image that is cut off before its folders begin is read without a complaint.
        if (entries == 0) throw new ArchiveFaultException("there is nothing in it");
    }

    private static async Task<TarEntry?> NextAsync(TarReader tar, Func<Exception, Task<ArchiveFaultException?>> faultOf,
        CancellationToken time)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, time);
        }
        catch (Exception e)
        {
            if (await faultOf(e) is { } fault) throw fault;
            throw;
        }
    }

    /// <summary>
    /// What is said of an archive that is read no further: whatever its reader threw is a fault of the archive, and never one of who has
    /// it read. Null where the reading was called off.
    /// </summary>
    private static async Task<ArchiveFaultException?> FaultOfAsync(Exception e, BsdTar? program, FilesOptions settings,
        CancellationToken time, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return null;
        if (time.IsCancellationRequested) return TooLong(settings, e);
        var said = program is null ? "" : await SaidAsync(program, settings, time, cancellation);
        return new ArchiveFaultException(said.Length > 0 ? said
            : e is EndOfStreamException ? "it is cut off" : $"it is damaged: {e.Message}", e);
    }

    /// <summary>What the program says where it could not read an archive; "" when it could.</summary>
    private static async Task<string> SaidAsync(BsdTar program, FilesOptions settings, CancellationToken time,
        CancellationToken cancellation)
    {
        try
        {
            return await program.FaultAsync(time) is { Length: > 0 } fault ? $"{settings.BsdTar} cannot read it: {fault}" : "";
        }
        catch (Exception e) when (time.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw TooLong(settings, e);
        }
    }

    private static ArchiveFaultException TooLong(FilesOptions settings, Exception e)
        => new($"it took longer than {settings.ExplodeMinutes:0.##} minutes (Files:ExplodeMinutes)", e);

    private static ArchiveEntry? Of(TarEntry entry)
    {
        if (FilePaths.OfEntry(entry.Name) is not { } path)
            throw new ArchiveFaultException($"it has an entry whose name is none here: {ShortText.Of(entry.Name, 100)}");
        if (path.Length == 0) return null;
        if (entry.LinkName.Length > FileBounds.LongestPath)
            throw new ArchiveFaultException($"{ShortText.Of(path, 100)} is a link of more than {FileBounds.LongestPath} characters");
        return entry.EntryType switch
        {
            TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile
                => new ArchiveEntry(path, ArchiveEntryKind.File, "", entry.DataStream ?? Stream.Null),
            TarEntryType.Directory => new ArchiveEntry(path, ArchiveEntryKind.Folder, "", Stream.Null),
            TarEntryType.SymbolicLink => new ArchiveEntry(path, ArchiveEntryKind.SymbolicLink, entry.LinkName, Stream.Null),
            TarEntryType.HardLink when FilePaths.OfEntry(entry.LinkName) is { Length: > 0 } target
                => new ArchiveEntry(path, ArchiveEntryKind.HardLink, target, Stream.Null),
            // Devices, pipes and the like are none of ours.
            _ => null,
        };
    }
}
