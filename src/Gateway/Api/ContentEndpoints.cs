using Anvil.Objects;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Catalog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The paths of content packs (DRP's contents).</summary>
internal static class ContentEndpoints
{
    private const string All = "/" + StoredPack.Kind;
    private const string One = All + "/{key}";

    public static void MapContents(this IEndpointRouteBuilder api, ContentVerbs verbs)
    {
        api.MapMethods(All, ["GET", "HEAD"], async http => await http.WriteAsync(
            await http.ReadAsync(StoredPack.Kind, () => verbs.ListAsync(http.Asked(VerbWords.None), http.RequestAborted))));
        api.MapMethods(One, ["GET", "HEAD"], async http => await http.WriteAsync(
            await verbs.GetAsync(http.Part("key"), http.Asked(VerbWords.Pack), http.RequestAborted)));
        api.MapPost(All, async http => await http.WriteAsync(
            await verbs.CreateAsync(await http.ReadJsonAsync(StoredPack.Kind), http.Asked(VerbWords.PackChange), http.RequestAborted)));
        api.MapPut(One, async http => await http.WriteAsync(await verbs.ReplaceAsync(http.Part("key"),
            await http.ReadJsonAsync(StoredPack.Kind), http.Asked(VerbWords.PackChange), http.RequestAborted)));
        api.MapDelete(One, async http => await http.WriteAsync(
            await verbs.DeleteAsync(http.Part("key"), http.Asked(VerbWords.PackChange), http.RequestAborted)));
    }
}
