using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Grains;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The verbs that every kind has (DRP's generic CRUD). A kind is a row of the table given here.</summary>
internal static class KindEndpoints
{
    public static void MapKind(this IEndpointRouteBuilder api, IKind kind)
    {
        var path = "/" + kind.Prefix;
        // Keys of params and templates may hold slashes.
        var one = path + (kind.Prefix is "params" or "templates" ? "/{**key}" : "/{key}");
        api.MapMethods(path, ["GET", "HEAD"], http => ListAsync(http, kind));
        api.MapPost(path, http => CreateAsync(http, kind));
        api.MapMethods(one, ["GET", "HEAD"], http => OneAsync(http, kind, "get", (k, _) => kind.GetAsync(http, k), readsBody: false));
        api.MapPut(one, http => OneAsync(http, kind, "update", (k, body) => kind.PutAsync(http, k, body)));
        api.MapPatch(one, http => OneAsync(http, kind, "update", (k, body) => kind.PatchAsync(http, k, body)));
        api.MapDelete(one, http => OneAsync(http, kind, "delete", (k, _) => kind.DeleteAsync(http, k), readsBody: false));
    }

    /// <summary>Key of the object that a path names.</summary>
    /// <exception cref="ApiException">404.</exception>
    public static async Task<string> KeyAsync(HttpContext http, IKind kind)
    {
        var text = Uri.UnescapeDataString((string)http.Request.RouteValues["key"]!);
        return await kind.ResolveAsync(http, text) ?? throw new ApiException(ApiError.NotFound(kind.Prefix, text, http.Request.Method));
    }

    private static async Task ListAsync(HttpContext http, IKind kind)
    {
        if (!http.Principal().May(kind.Prefix, "list", "*"))
        {
            await RowsAsync(http, new ListPage<Document>([], 0, 0, null), []);
            return;
        }

        var view = ListRequest.View(http, kind.Prefix);
        var page = await kind.ListAsync(http);
        var rows = page.Rows.Select(d => (JsonObject)JsonSerializer.SerializeToNode(d, d.GetType(), Json.Options)!).ToList();
        rows.ForEach(view.Trim);
        await RowsAsync(http, page, rows);
    }

    private static Task RowsAsync(HttpContext http, ListPage<Document> page, List<JsonObject> rows)
    {
        http.Response.Headers["X-DRP-LIST-COUNT"] = rows.Count.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["X-DRP-LIST-TOTAL-COUNT"] = page.Total.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["X-DRP-LIST-FILTER-COUNT"] = page.Filtered.ToString(CultureInfo.InvariantCulture);
        if (page.Next is not null) http.Response.Headers["X-ANVIL-LIST-NEXT"] = page.Next;
        return http.WriteObjectAsync(rows);
    }

    private static async Task CreateAsync(HttpContext http, IKind kind)
    {
        var body = await http.ReadJsonAsync(kind.Prefix, "");
        if (body.Length == 0) throw new ApiException(ApiError.BadRequest(kind.Prefix, "", "POST", "an object is needed"));
        http.Require(kind.Prefix, "create", kind.Prefix == "jobs" ? MachineOf(body) : "*");
        await http.WriteAsync(await kind.CreateAsync(http, body));
    }

    private static async Task OneAsync(HttpContext http, IKind kind, string action, Func<string, string, Task<Reply>> act, bool readsBody = true)
    {
        var body = readsBody ? await http.ReadJsonAsync(kind.Prefix, "") : "";
        var key = await KeyAsync(http, kind);
        var specific = kind.Prefix == "jobs" ? await OwnerOfJobAsync(http, kind, key) : key;
        if (HttpMethods.IsPatch(http.Request.Method) && body.Length > 0)
        {
            using var patch = System.Text.Json.JsonDocument.Parse(body);
            foreach (var pointer in JsonPatch.WrittenPaths(patch.RootElement)) http.Require(kind.Prefix, $"update:{pointer}", specific);
        }
        else
        {
            http.Require(kind.Prefix, action, specific);
        }

        if (readsBody && body.Length == 0) throw new ApiException(ApiError.BadRequest(kind.Prefix, key, http.Request.Method, "a body is needed"));
        await http.WriteAsync(await act(key, body));
    }

    private static string MachineOf(string body)
    {
        using var document = System.Text.Json.JsonDocument.Parse(body);
        return document.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object && document.RootElement.TryGetProperty("Machine", out var m) && m.ValueKind == System.Text.Json.JsonValueKind.String
            ? m.GetString() ?? "" : "";
    }

    private static async Task<string> OwnerOfJobAsync(HttpContext http, IKind kind, string key)
    {
        if (http.Principal().Kind == PrincipalKind.User) return key;
        var reply = await kind.GetAsync(http, key);
        return reply.Body is null ? "" : Json.Read<Provisioning.Jobs.Job>(reply.Body).Machine;
    }
}
