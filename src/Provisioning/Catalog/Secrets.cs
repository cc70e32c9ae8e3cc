using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Catalog;

/// <summary>What of params is secret: the one rule for whoever renders, shows or chooses them.</summary>
public static class Secrets
{
    /// <summary>Field of a schema that holds the value of last resort.</summary>
    internal const string Default = "default";

    /// <summary>True for a param whose definition says so.</summary>
    public static bool IsSecure(this CatalogSnapshot catalog, string param)
        => catalog.Params.TryGetValue(param, out var found) && found.Secure;

    /// <summary>The names of all params whose definitions say so, in order.</summary>
    public static IReadOnlyList<string> Secure(this CatalogSnapshot catalog)
        => [.. catalog.Params.Values.Where(p => p.Secure).Select(p => p.Name).Order(StringComparer.Ordinal)];

    /// <summary>
    /// True for a value that its param's definition makes secret, sealed or in clear, and for one that is sealed whatever its param's
    /// definition says by now: it is opened for the machines that it is given to.
    /// </summary>
    public static bool IsSecret(this CatalogSnapshot catalog, string param, JsonElement value)
        => catalog.IsSecure(param) || SecureParams.IsSealed(value);

    /// <summary>The names of those of some values that are secret, in order.</summary>
    public static IReadOnlyList<string> SecretsAmong(this CatalogSnapshot catalog, IReadOnlyDictionary<string, JsonElement> values)
        => [.. values.Where(p => catalog.IsSecret(p.Key, p.Value)).Select(p => p.Key).Order(StringComparer.Ordinal)];

    /// <summary>Some values as they are shown to who may not open them; the same map where none is secret.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Masked(this CatalogSnapshot catalog,
        IReadOnlyDictionary<string, JsonElement> values)
        => !values.Any(p => catalog.IsSecret(p.Key, p.Value)) ? values
            : values.ToDictionary(p => p.Key, p => catalog.IsSecret(p.Key, p.Value) ? SecureParams.Mask(p.Value) : p.Value,
                StringComparer.Ordinal);

    /// <summary>True for a definition with a secret for whoever reads definitions: older ones, and content packs' alone.</summary>
    public static bool HasSecretDefault(this Param param)
        => param is { Secure: true, Schema.ValueKind: JsonValueKind.Object } && param.Schema.TryGetProperty(Default, out _);

    /// <summary>Such a definition as it is shown to who may not open the param (`params getSecure`).</summary>
    public static Param WithoutSecretDefault(this Param param)
    {
        if (!param.HasSecretDefault()) return param;
        var schema = JsonNode.Parse(param.Schema.GetRawText())!.AsObject();
        schema[Default] = JsonSerializer.SerializeToNode(SecureParams.Mask(param.Schema.GetProperty(Default)), Json.Options);
        return param with { Schema = Json.Element(schema) };
    }
}
