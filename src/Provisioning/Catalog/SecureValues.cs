using System.Text.Json;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>Sees to it that what is stored of secure params is sealed.</summary>
public static class SecureValues
{
    /// <summary>Who seals what was in clear before, as events name it.</summary>
    public const string Sealer = "sealing";

    /// <summary>A document as it may be stored; the same where nothing is to be sealed.</summary>
    public static T Sealed<T>(T document, CatalogSnapshot catalog, ParamKeys keys)
        where T : Document
        => document is Webhook webhook ? (T)(Document)webhook.Sealed(keys)
            : document is IParamHolder holder && Sealed(holder.Params, document.Prefix, document.Key, catalog, keys) is var values
            && !ReferenceEquals(values, holder.Params) ? (T)holder.WithParams(values) : document;

    /// <summary>What the catalog's store holds in clear of params that are secure by now; uploaded packs without their objects.</summary>
    public static IEnumerable<Document> InClear(CatalogSnapshot catalog)
        => CatalogRules.Kinds.Values.Where(k => typeof(IParamHolder).IsAssignableFrom(k.Type))
            .SelectMany(k => catalog.OfKind(k.Prefix).Values)
            .Where(d => d is { ReadOnly: false, Validated: true } && d is IParamHolder holder
                && HasInClear(holder.Params, catalog))
            .Concat(PackSecrets.InClear(catalog));

    /// <summary>True for values in clear of params that are secure.</summary>
    internal static bool HasInClear(IReadOnlyDictionary<string, JsonElement> values, CatalogSnapshot catalog)
        => values.Any(p => IsInClear(p.Key, p.Value, catalog));

    /// <summary>
    /// The values as they may be stored: those of params marked Secure sealed for their object. The same map where nothing is to be
    /// sealed.
    /// </summary>
    /// <param name="values">Values by the param's name.</param>
    /// <param name="prefix">Kind of the object that holds them.</param>
    /// <param name="key">Its key.</param>
    /// <param name="catalog">Which params are secure.</param>
    /// <param name="keys">What seals.</param>
    public static IReadOnlyDictionary<string, JsonElement> Sealed(
        IReadOnlyDictionary<string, JsonElement> values, string prefix, string key, CatalogSnapshot catalog, ParamKeys keys)
    {
        bool Open(KeyValuePair<string, JsonElement> p) => IsInClear(p.Key, p.Value, catalog);
        return values.Any(Open)
            ? values.ToDictionary(p => p.Key, p => Open(p) ? keys.Seal(prefix, key, p.Value) : p.Value, StringComparer.Ordinal) : values;
    }

    private static bool IsInClear(string param, JsonElement value, CatalogSnapshot catalog)
        => catalog.IsSecure(param) && !SecureParams.IsSealed(value);
}
