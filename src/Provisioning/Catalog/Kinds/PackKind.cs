using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>
/// Uploaded content packs (DRP's Content): rows of the store, and none of the kinds with the generic verbs. What keeps a pack from being
/// stored is said by <see cref="PackPlan"/>, since it concerns all layers.
/// </summary>
internal sealed class PackKind() : CatalogKind<StoredPack>(StoredPack.Kind, "meta")
{
    /// <inheritdoc/>
    public override bool HasOwnVerbs => true;

    /// <inheritdoc/>
    public override StoredPack Empty(string key) => new() { About = new ContentMeta { Name = key, Type = "dynamic" } };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(StoredPack document, StoredPack? old, CatalogSnapshot catalog) => [];
}
