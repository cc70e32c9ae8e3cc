namespace Anvil.Provisioning.Files;

/// <summary>A file below `/files` (DRP).</summary>
public sealed record UploadedFile : StoredFile
{
    /// <summary>The kind's name, in the API's paths and in those of boot files.</summary>
    public const string Kind = "files";

    /// <inheritdoc/>
    public override string Prefix => Kind;
}
