using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>What lists may do with a param's name: filter by it where it is defined (DRP), and never where its values are
/// secret.</summary>
internal static class ParamUses
{
    /// <summary>The rule over a snapshot.</summary>
    public static Func<string, ParamUse> Of(CatalogSnapshot catalog)
        => name => catalog.Params.TryGetValue(name, out var param) ? (param.Secure ? ParamUse.Secret : ParamUse.Known) : ParamUse.Unknown;
}
