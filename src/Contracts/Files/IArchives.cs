namespace Anvil.Contracts.Files;

/// <summary>Reads archives of many formats, ISOs among them. Nothing of one is written by whoever reads it.</summary>
public interface IArchives
{
    /// <summary>
    /// The entries of an archive, in its order, as far as they have a path (<see cref="Provisioning.Files.FilePaths.OfEntry"/>). The
    /// content of one is to be read before the next one is asked for.
    /// </summary>
    /// <param name="file">The archive.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ArchiveFaultException">It cannot be read, or is beyond the bounds.</exception>
    IAsyncEnumerable<ArchiveEntry> ReadAsync(string file, CancellationToken cancellation);
}

/// <summary>What an entry of an archive is.</summary>
public enum ArchiveEntryKind
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>Another name of a file that came before.</summary>
    HardLink,
}

/// <summary>An entry of an archive.</summary>
/// <param name="Path">Its path, in one form.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Target">What a link leads to, as it is written; "" for others.</param>
/// <param name="Content">The content of a file.</param>
public sealed record ArchiveEntry(string Path, ArchiveEntryKind Kind, string Target, Stream Content);

/// <summary>An archive that cannot be unpacked; the message says why.</summary>
public sealed class ArchiveFaultException(string message, Exception? inner = null) : Exception(message, inner);
