using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog.Kinds;

/// <summary>Definitions of params (DRP's Param).</summary>
internal sealed class ParamKind() : CatalogKind<Param>("params")
{
    /// <inheritdoc/>
    public override bool HasSlashes => true;

    /// <inheritdoc/>
    public override Param Empty(string key) => new() { Name = key };

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems(Param document, Param? old, CatalogSnapshot catalog)
        => [.. KindRules.Name(document.Name, old, NameRules.IsParamName), .. CatalogRules.Schemas.Problems(document)];
}
