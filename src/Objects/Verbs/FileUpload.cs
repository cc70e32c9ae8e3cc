using Anvil.Provisioning.Files;

namespace Anvil.Objects.Verbs;

/// <summary>What is uploaded.</summary>
/// <param name="Kind">files or isos.</param>
/// <param name="Path">The path as it was asked for, decoded, without the slash at its beginning.</param>
/// <param name="Content">The octets.</param>
/// <param name="Length">How many, where that was said; null else.</param>
public sealed record FileUpload(string Kind, string Path, Stream Content, long? Length)
{
    /// <summary>The path as DRP names it in answers: that of a file with a slash at its beginning.</summary>
    public string Named => FileVerbs.Named(Kind, Path);
}

/// <summary>What is told of an upload (DRP's BlobInfo).</summary>
/// <param name="Path">The path.</param>
/// <param name="Size">Octets of the whole.</param>
public sealed record BlobInfo(string Path, long Size);

/// <summary>What is told of an upload that is not whole yet.</summary>
/// <param name="Path">The path.</param>
/// <param name="Size">Octets of the whole.</param>
/// <param name="Offset">Octets that are there.</param>
public sealed record UnfinishedBlob(string Path, long Size, long Offset);

/// <summary>What an upload says of the whole that its octets are a part of.</summary>
/// <param name="Sha256">SHA-256 of the whole; "" where that was not said.</param>
/// <param name="Size">Octets of the whole; null where that was not said.</param>
/// <param name="Offset">Where the octets begin.</param>
internal sealed record UploadTerms(string Sha256, long? Size, long Offset)
{
    /// <summary>It can be gone on with when it breaks off.</summary>
    public bool IsResumable => Sha256.Length > 0 && Size is not null;

    /// <summary>Its name among those of its user.</summary>
    public string KeyOf(FileUpload upload) => $"{upload.Kind}/{upload.Path}/{Sha256}/{Size}";
}
