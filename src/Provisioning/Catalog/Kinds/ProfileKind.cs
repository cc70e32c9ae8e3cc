namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Profiles (DRP's Profile).</summary>
internal sealed class ProfileKind() : CatalogKind<Profile>("profiles")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [To("Profiles", "profiles", "Profile", p => p.Profiles)];

    /// <inheritdoc/>
    public override Profile Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Profile document, Profile? old, CatalogSnapshot catalog)
        => KindRules.Bounded(ContentBounds.Of(document), () =>
    [
        .. KindRules.Name(document.Name, old),
        .. CatalogRules.Values(document.Params, catalog),
        .. document.Profiles.Where(p => p == Profile.Global).Take(1).Select(_ => "Profiles: every machine has global already"),
        .. catalog.WithNested(document.Profiles).Contains(document.Name, StringComparer.Ordinal)
            ? [$"Profile {document.Name} is within its own profiles"] : (string[])[],
    ]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Profile document, CatalogIndexes indexes) => ContentBounds.Of(document);

    /// <inheritdoc/>
    protected override IEnumerable<string> Stays(Profile document, CatalogSnapshot catalog)
        => document.Name == Profile.Global ? ["global cannot be deleted"] : [];
}
