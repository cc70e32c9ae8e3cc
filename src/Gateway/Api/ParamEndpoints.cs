using Anvil.Objects;
using Anvil.Objects.Verbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The paths of objects' params. Names of params may hold slashes.</summary>
internal static class ParamEndpoints
{
    public static void MapParams(this IEndpointRouteBuilder api, ParamVerbs verbs)
    {
        foreach (var kind in verbs.Kinds)
        {
            var all = $"/{kind}/{{key}}/params";
            var one = all + "/{**name}";
            api.MapGet($"/{kind}/{{key}}/pubkey",
                async http => await http.WriteAsync(
                    await verbs.PublicKeyAsync(kind, http.Part("key"), http.Asked(VerbWords.None),
                        http.RequestAborted)));
            api.MapGet(all,
                async http => await http.WriteAsync(
                    await verbs.GetAllAsync(kind, http.Part("key"), http.Asked(ParamVerbs.AllWords),
                    http.RequestAborted)));
            api.MapPost(all,
                async http => await http.WriteAsync(
                    await verbs.SetAllAsync(kind, http.Part("key"), await http.ReadJsonAsync(kind),
                        http.Asked(VerbWords.WritePart), http.RequestAborted)));
            api.MapPatch(all,
                async http => await http.WriteAsync(
                    await verbs.PatchAsync(kind, http.Part("key"), await http.ReadJsonAsync(kind),
                        http.Asked(VerbWords.WritePart), http.RequestAborted)));
            api.MapGet(one,
                async http => await http.WriteAsync(
                    await verbs.GetAsync(kind, http.Part("key"), http.Part("name"), http.Asked(ParamVerbs.OneWords),
                        http.RequestAborted)));
            api.MapPost(one,
                async http => await http.WriteAsync(
                    await verbs.SetAsync(kind, http.Part("key"), http.Part("name"), await http.ReadJsonAsync(kind),
                        http.Asked(VerbWords.WritePart), http.RequestAborted)));
            api.MapDelete(one,
                async http => await http.WriteAsync(
                    await verbs.RemoveAsync(kind, http.Part("key"), http.Part("name"), http.Asked(VerbWords.WritePart),
                        http.RequestAborted)));
        }
    }
}
