using System.Text.Json;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The paths that DRP's clients ask beside those of kinds: indexes, labels, actions, plugin providers and upgrades.</summary>
internal static class ClientEndpoints
{
    public static void MapClients(this IEndpointRouteBuilder api, IndexVerbs indexes, MetaVerbs meta, ActionVerbs actions)
    {
        api.MapGet("/indexes", http => http.WriteAsync(indexes.All(http.Asked(VerbWords.None))));
        api.MapGet("/indexes/{kind}", http => http.WriteAsync(indexes.Of(http.Part("kind"), http.Asked(VerbWords.None))));
        api.MapGet("/indexes/{kind}/{**name}",
            http => http.WriteAsync(indexes.Of(http.Part("kind"), http.Part("name"), http.Asked(VerbWords.None))));
        api.MapGet("/meta/{kind}/{**key}", async http => await http.WriteAsync(
            await meta.GetAsync(http.Part("kind"), http.Part("key"), http.Asked(VerbWords.Change), http.RequestAborted)));
        api.MapPatch("/meta/{kind}/{**key}", async http => await http.WriteAsync(
            await meta.PatchAsync(http.Part("kind"), http.Part("key"), await http.ReadJsonAsync(http.Part("kind")),
                http.Asked(VerbWords.WritePart), http.RequestAborted)));
        foreach (var kind in actions.Kinds) api.MapActions(actions, kind, $"/{kind}/{{key}}/actions");
        api.MapActions(actions, "jobs", "/jobs/{key}/plugin_actions");
        api.MapActions(actions, ActionVerbs.System, "/system/actions");
        api.MapProviders();
        api.MapPost("/system/upgrade", http => throw PluginVerbs.NoUpgrade(http.Asked(VerbWords.None)));
        // DRP has no such path for anything else.
        api.MapGet("/system/upgrade", http =>
        {
            http.Asked(VerbWords.None);
            throw new ApiException(new ApiError("", http.Request.Path, http.Request.Method, ["No route"], 404));
        });
    }

    private static void MapActions(this IEndpointRouteBuilder api, ActionVerbs actions, string kind, string path)
    {
        var one = path + "/{command}";
        api.MapGet(path, async http => await http.WriteAsync(
            await actions.ListAsync(kind, http.Part("key"), http.Asked(ActionVerbs.Words), http.RequestAborted)));
        api.MapGet(one, async http => await http.WriteAsync(await actions.GetAsync(kind, http.Part("key"), http.Part("command"),
            http.Asked(ActionVerbs.Words), http.RequestAborted)));
        api.MapPost(one, async http =>
        {
            var asked = http.Asked(ActionVerbs.Words);
            var body = await http.ReadJsonAsync(kind);
            if (!body.IsEmpty && JsonText.Read(body.Span, "", "", "POST").ValueKind != JsonValueKind.Object)
                throw new ApiException(ApiError.BadRequest("", "", "POST", "the params of an action are an object"));
            await http.WriteAsync(await actions.RunAsync(kind, http.Part("key"), http.Part("command"), asked, http.RequestAborted));
        });
    }

    private static void MapProviders(this IEndpointRouteBuilder api)
    {
        const string All = "/" + PluginVerbs.Providers;
        const string One = All + "/{name}";
        api.MapMethods(All, ["GET", "HEAD"], http =>
        {
            http.Asked(VerbWords.None);
            return http.WriteListAsync(ObjectList.Nothing);
        });
        api.MapMethods(One, ["GET", "HEAD"], http => throw PluginVerbs.NotFound(http.Part("name"), "get", http.Asked(VerbWords.None)));
        api.MapPost(One, http => throw PluginVerbs.Unwanted(http.Part("name"), http.Asked(VerbWords.None)));
        api.MapDelete(One, http => throw PluginVerbs.NotFound(http.Part("name"), "delete", http.Asked(VerbWords.None)));
    }
}
