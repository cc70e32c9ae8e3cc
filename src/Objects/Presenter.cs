using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>
/// Objects as a requester may see them: password hashes and users' secrets never, secure params sealed unless the requester asks for them
/// decoded and has the right to (getSecure).
/// </summary>
/// <param name="catalog">Which params are secure.</param>
/// <param name="secrets">What opens them.</param>
/// <param name="principal">Who asks.</param>
/// <param name="shown">A document without what its kind never shows.</param>
/// <param name="opened">Told of what is opened; null where nothing is.</param>
internal sealed class Presenter(CatalogSnapshot catalog, ParamKeys secrets, Principal principal, Func<Document, Document> shown,
    OpenedSecrets? opened = null)
{
    /// <summary>The JSON text of a document.</summary>
    public string Text(Document document, ListView view)
        => Plain(document, view)
            ? DeprecatedFields.In(document.Prefix, JsonSerializer.Serialize(Clean(document), document.GetType(), Json.Options))
            : Row(document, view).ToJsonString(Json.Options);

    /// <summary>The JSON text of a row that is shown whole.</summary>
    public string Text(StoredRow row, ListView view)
        => row.AsWritten(catalog.IsSecure) is { } text ? DeprecatedFields.In(row.Prefix, text) : Text(row.Read(), view);

    /// <summary>The JSON text of a document's key alone.</summary>
    public string KeyText(Document document, FieldTable fields)
    {
        var name = fields.Order[^1].Path[0];
        var row = (JsonObject)JsonSerializer.SerializeToNode(Clean(document), document.GetType(), Json.Options)!;
        return new JsonObject { [name] = row[name]?.DeepClone(), ["Partial"] = true }.ToJsonString(Json.Options);
    }

    /// <summary>The JSON of a document.</summary>
    public JsonObject Row(Document document, ListView view)
    {
        var row = (JsonObject)JsonSerializer.SerializeToNode(Clean(document), document.GetType(), Json.Options)!;
        view.Trim(row);
        if (view.Fields is null) DeprecatedFields.Into(document.Prefix, row);
        if (row["Params"] is not JsonObject values) return row;
        foreach (var (name, value) in ParamsOf(document)!.Where(p => values.ContainsKey(p.Key) && catalog.IsSecure(p.Key)))
            values[name] = JsonNode.Parse(Shown(document.Prefix, document.Key, name, value, view.Decode).GetRawText());
        return row;
    }

    /// <summary>Values of params by name, as the requester may see them.</summary>
    /// <param name="prefix">Kind of the object that holds them.</param>
    /// <param name="key">Its key.</param>
    /// <param name="values">The values.</param>
    /// <param name="decode">Open what is secure.</param>
    /// <exception cref="ApiException">403: no right to decode.</exception>
    public IReadOnlyDictionary<string, JsonElement> Values(string prefix, string key,
        IEnumerable<KeyValuePair<string, JsonElement>> values, bool decode)
        => values.ToDictionary(p => p.Key, p => Value(prefix, key, p.Key, p.Value, decode), StringComparer.Ordinal);

    /// <summary>One value of a param, as the requester may see it.</summary>
    /// <exception cref="ApiException">403: no right to decode.</exception>
    public JsonElement Value(string prefix, string key, string name, JsonElement value, bool decode)
        => catalog.IsSecure(name) ? Shown(prefix, key, name, value, decode) : value;

    /// <summary>The params that a document holds; null for a kind that has none.</summary>
    public static IReadOnlyDictionary<string, JsonElement>? ParamsOf(Document document) => (document as IParamHolder)?.Params;

    private bool Plain(Document document, ListView view)
        => view.IsWhole && (ParamsOf(document) is not { } values || !values.Keys.Any(catalog.IsSecure));

    private JsonElement Shown(string prefix, string key, string name, JsonElement value, bool decode)
    {
        // A param may have become secure after its value was written.
        if (!decode) return secrets.Seal(prefix, key, value);
        if (!principal.May(prefix, "getSecure", key))
            throw new ApiException(new ApiError(prefix, key, "AUTH", [$"Requires: {prefix} getSecure {key}"], 403));
        if (!secrets.TryOpen(prefix, key, value, out var clear))
            throw new ApiException(
                new ApiError(prefix, key, "GET",
                    ["a secure param cannot be opened: it was sealed for another object, or with a key that is gone"], 409));
        opened?.Add(prefix, key, name);
        return clear;
    }

    private Document Clean(Document document) => document switch
    {
        Param param when !principal.May("params", "getSecure", param.Name) => param.WithoutSecretDefault(),
        _ => shown(document),
    };
}
