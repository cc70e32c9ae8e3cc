using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>What lists may do with a param's name: filter by it where it is defined (DRP), and never where its values are
/// secret.</summary>
internal static class ParamUses
{
    /// <summary>The rule over a snapshot.</summary>
    public static Func<string, ParamUse> Of(CatalogSnapshot catalog)
        => name => catalog.IsSecure(name) ? ParamUse.Secret : catalog.Params.ContainsKey(name) ? ParamUse.Known : ParamUse.Unknown;
}
