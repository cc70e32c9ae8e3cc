using Anvil.Provisioning.Network;
using Anvil.Templates;

namespace Anvil.Provisioning.Catalog;

/// <summary>What the catalog keeps beside its documents, and kinds keep true with each change.</summary>
/// <param name="Templates">Parsed templates.</param>
/// <param name="Networks">The networks of subnets.</param>
public sealed record CatalogIndexes(TemplateSet Templates, PrefixTable Networks)
{
    /// <summary>Of an empty catalog.</summary>
    public static CatalogIndexes Empty { get; } = new(TemplateSet.Empty, PrefixTable.Empty);
}
