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
        await using var tar = new TarReader(program?.Output ?? unpacked ?? (Stream)archive, leaveOpen: true);
        var (entries, octets) = (0, 0L);
        while (await NextAsync(tar, program, settings, time.Token, cancellation) is { } entry)
        {
            if (++entries > settings.ExplodedEntries)
                throw new ArchiveFaultException($"it has more than {settings.ExplodedEntries} files (Files:ExplodedEntries)");
            octets += entry.Length;
            if (octets > settings.ExplodedMiB << 20)
                throw new ArchiveFaultException($"it unpacks to more than {settings.ExplodedMiB} MiB (Files:ExplodedMiB)");
            if (Of(entry) is { } found) yield return found;
        }

        if (program is not null && await program.FaultAsync(time.Token) is { Length: > 0 } fault)
            throw new ArchiveFaultException($"{settings.BsdTar} cannot read it: {fault}");
        // An image that is cut off before its folders begin is read without a complaint.
        if (entries == 0) throw new ArchiveFaultException("there is nothing in it");
    }

    private static async Task<TarEntry?> NextAsync(TarReader tar, BsdTar? program, FilesOptions settings, CancellationToken time,
        CancellationToken cancellation)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, time);
        }
        catch (Exception e) when (time.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new ArchiveFaultException($"it took longer than {settings.ExplodeMinutes:0.##} minutes (Files:ExplodeMinutes)", e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            var fault = program is null ? "" : await program.FaultAsync(time);
            throw new ArchiveFaultException(fault.Length > 0 ? $"{settings.BsdTar} cannot read it: {fault}"
                : $"it is damaged: {e.Message}", e);
        }
    }

    private static ArchiveEntry? Of(TarEntry entry)
    {
        if (FilePaths.OfEntry(entry.Name) is not { } path)
            throw new ArchiveFaultException($"it has an entry whose name is none here: {ShortText.Of(entry.Name, 100)}");
        if (path.Length == 0) return null;
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
