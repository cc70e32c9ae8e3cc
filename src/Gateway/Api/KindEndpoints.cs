using Anvil.Contracts.Diagnostics;
using Anvil.Objects;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Gateway.Api;

/// <summary>The paths of the verbs that every kind has (DRP's generic CRUD).</summary>
internal static class KindEndpoints
{
    public static void MapKinds(this IEndpointRouteBuilder api, ObjectFloor floor)
    {
        foreach (var kind in floor.Kinds) api.MapKind(floor, kind);
    }

    private static void MapKind(this IEndpointRouteBuilder api, ObjectFloor floor, IObjectKind kind)
    {
        var prefix = kind.Prefix;
        var path = "/" + prefix;
        var one = path + (kind.HasSlashes ? "/{**key}" : "/{key}");
        api.MapMethods(path, ["GET", "HEAD"], http => ListAsync(http, floor, prefix));
        api.MapPost(path,
            async http => await http.WriteAsync(
                await floor.CreateAsync(prefix, await http.ReadJsonAsync(prefix), http.Asked(VerbWords.Write), http.RequestAborted)));
        api.MapMethods(one, ["GET", "HEAD"], async http =>
        {
            if (Key(http) is { Length: > 0 } key) await GetAsync(http, floor, prefix, key);
            else await ListAsync(http, floor, prefix);
        });
        api.MapPut(one,
            async http => await http.WriteAsync(
                await floor.ReplaceAsync(prefix, OneKey(http, prefix), await http.ReadJsonAsync(prefix), http.Asked(VerbWords.Write),
                    http.RequestAborted)));
        api.MapPatch(one,
            async http => await http.WriteAsync(
                await floor.PatchAsync(prefix, OneKey(http, prefix), await http.ReadJsonAsync(prefix), http.Asked(VerbWords.Write),
                    http.RequestAborted)));
        api.MapDelete(one,
            async http => await http.WriteAsync(
                await floor.DeleteAsync(prefix, OneKey(http, prefix), http.Asked(VerbWords.Write), http.RequestAborted)));
    }

    private static async Task GetAsync(HttpContext http, ObjectFloor floor, string prefix, string key)
    {
        var asked = http.Asked(VerbWords.One);
        var answer = await floor.GetAsync(prefix, key, asked, http.RequestAborted);
        if (asked.Wait is null || await http.RequestServices.GetRequiredService<Authentication>().StillAsync(http))
            await http.WriteAsync(answer);
    }

    private static string Key(HttpContext http) => http.Part("key");

    /// <summary>Where keys may hold slashes the path of one object matches that of all.</summary>
    private static string OneKey(HttpContext http, string prefix)
        => Key(http) is { Length: > 0 } key ? key
            : throw new ApiException(new ApiError(prefix, "", http.Request.Method, ["Method not allowed: a key is needed"], 405));

    private static async Task ListAsync(HttpContext http, ObjectFloor floor, string prefix)
    {
        using var step = AnvilDiagnostics.Step();
        if (LineAnswers.AreWanted(http))
        {
            await http.RequestServices.GetRequiredService<LineAnswers>().WriteKindAsync(http, prefix, http.Asked(VerbWords.List));
            return;
        }

        ObjectList list;
        using (var place = await http.ReadPlaceAsync(prefix))
        {
            var asked = http.Asked(VerbWords.List) with
            {
                Memory = http.ListMemory(place),
                CountsAlone = HttpMethods.IsHead(http.Request.Method),
            };
            list = await floor.ListAsync(prefix, asked, http.RequestAborted);
        }

        await http.WriteListAsync(list);
    }
}
