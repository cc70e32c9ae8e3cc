namespace Anvil.Provisioning.Files;

/// <summary>An install medium below `/isos` (DRP).</summary>
public sealed record UploadedIso : StoredFile
{
    /// <summary>The kind's name, in the API's paths and in those of boot files.</summary>
    public const string Kind = "isos";

    /// <inheritdoc/>
    public override string Prefix => Kind;
}
