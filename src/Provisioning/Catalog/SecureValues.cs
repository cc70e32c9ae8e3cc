using System.Text.Json;
using Anvil.Provisioning.Access;

namespace Anvil.Provisioning.Catalog;

/// <summary>Sees to it that what is stored of secure params is sealed.</summary>
public static class SecureValues
{
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
        bool Open(KeyValuePair<string, JsonElement> p) => catalog.IsSecure(p.Key) && !SecureParams.IsSealed(p.Value);
        return values.Any(Open)
            ? values.ToDictionary(p => p.Key, p => Open(p) ? keys.Seal(prefix, key, p.Value) : p.Value, StringComparer.Ordinal) : values;
    }
}
