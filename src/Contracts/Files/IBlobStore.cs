namespace Anvil.Contracts.Files;

/// <summary>The contents that this silo has, by their SHA-256. What is there is whole and was verified.</summary>
public interface IBlobStore
{
    /// <summary>Octets of a content; null where it is not here.</summary>
    long? LengthOf(string sha256);

    /// <summary>A content, open, at its beginning; null where it is not here.</summary>
    FileStream? Open(string sha256);

    /// <summary>Path of a content's file, for a program that reads it; null where it is not here.</summary>
    string? PathOf(string sha256);

    /// <summary>All contents.</summary>
    IReadOnlyList<StoredBlob> List();

    /// <summary>Removes a content that nobody holds (<see cref="IBlobDraft.StoreAsync"/>).</summary>
    /// <param name="sha256">Its hash.</param>
    /// <param name="isNamed">Asked once nobody holds it, and nobody can come to: true where it is to stay.</param>
    /// <returns>Octets that it had; 0 where there is none to remove.</returns>
    long Remove(string sha256, Func<bool>? isNamed = null);

    /// <summary>Octets that may be written before the disk has less than what is to be left of it.</summary>
    long Room { get; }

    /// <summary>Begins a content, in a file that is gone when it is not stored.</summary>
    IBlobDraft Begin();

    /// <summary>
    /// Goes on with a content that was broken off, or begins it; its file stays when it is not stored. Null: somebody writes it now, or
    /// its owner has as many as one may have.
    /// </summary>
    /// <param name="owner">Whose it is; of one owner so many are kept.</param>
    /// <param name="key">Its name among those.</param>
    /// <param name="most">Most of one owner.</param>
    IBlobDraft? Resume(string owner, string key, int most);

    /// <summary>Octets that are kept of a content that was broken off; 0 for none.</summary>
    long Unfinished(string owner, string key);

    /// <summary>Octets that are kept of all contents that were broken off.</summary>
    long UnfinishedOctets { get; }

    /// <summary>Removes what was broken off before a time, and of what cannot be gone on with all that nobody writes.</summary>
    void Clean(DateTimeOffset before);
}

/// <summary>A content of the store.</summary>
/// <param name="Sha256">Its hash.</param>
/// <param name="Length">Octets.</param>
/// <param name="Used">When it was asked for last, as far as this process knows; else when it came.</param>
/// <param name="IsOwn">It came by this process, and was not there before: what does not name it now never will.</param>
public sealed record StoredBlob(string Sha256, long Length, DateTimeOffset Used, bool IsOwn = false);
