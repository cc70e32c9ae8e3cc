using Anvil.Grains.Catalog;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The list language as it comes in a request's query.</summary>
internal static class ListRequest
{
    /// <summary>What the request's list asks for.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406 with the reason.</exception>
    public static ListQuery Query(HttpContext http, FieldTable fields, ICatalog catalog) => ListParser.Query(fields, Words(http), name => Use(catalog, name));

    /// <summary>What the request wants to see of each row.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406 with the reason.</exception>
    public static ListView View(HttpContext http, string model) => ListParser.View(model, Words(http));

    private static IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> Words(HttpContext http)
        => http.Request.Query.Select(q => KeyValuePair.Create(q.Key, (IReadOnlyList<string>)[.. q.Value.Select(v => v ?? "")]));

    private static ParamUse Use(ICatalog catalog, string name)
        => !catalog.Current.Params.TryGetValue(name, out var param) ? ParamUse.Unknown : param.Secure ? ParamUse.Secret : ParamUse.Known;
}
