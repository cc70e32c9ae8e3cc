using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Files;

/// <summary>
/// A file that was uploaded: what it is called, and which content it has. The content lies apart, by its hash, on the silos that have it.
/// </summary>
public abstract record StoredFile : Document
{
    /// <summary>Path below the folder of its kind, without a slash at its beginning.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Octets.</summary>
    public long Size { get; init; }

    /// <summary>SHA-256 of the content, in hex of small letters.</summary>
    public string Sha256 { get; init => field = value ?? ""; } = "";

    /// <summary>When it was uploaded.</summary>
    public DateTimeOffset Time { get; init; }

    /// <inheritdoc/>
    public sealed override string Key => Path;
}
