namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Profiles (DRP's Profile).</summary>
internal sealed class ProfileKind() : CatalogKind<Profile>("profiles")
{
    /// <inheritdoc/>
    public override Profile Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Profile document, Profile? old, CatalogSnapshot catalog)
        => [.. KindRules.Name(document.Name), .. CatalogRules.Values(document.Params, catalog)];

    /// <inheritdoc/>
    protected override IEnumerable<string> Stays(Profile document, CatalogSnapshot catalog)
        => document.Name == Profile.Global ? ["global cannot be deleted"] : [];
}
