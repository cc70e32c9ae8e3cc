using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Profiles (DRP's Profile).</summary>
internal sealed class ProfileKind() : CatalogKind<Profile>("profiles")
{
    /// <inheritdoc/>
    public override IReadOnlyList<Reference> References { get; } = [To("Profiles", "profiles", "Profile", p => p.Profiles)];

    /// <inheritdoc/>
    public override Profile Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override Profile Fill(Profile document) => document with { Partial = false };

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

    /// <summary>DRP tells of profiles by 422 what it tells of other kinds by 409.</summary>
    public override ApiError StillUsed(string key, IReadOnlyList<string> by) => ApiError.Invalid(Prefix, key, by);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lacks(Profile document, CatalogIndexes indexes) => ContentBounds.Of(document);

    /// <inheritdoc/>
    protected override IEnumerable<string> Stays(Profile document, CatalogSnapshot catalog)
        => document.Name == Profile.Global ? ["Profile global is the global profile, you cannot delete it"] : [];
}
