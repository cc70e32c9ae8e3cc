using Anvil.Contracts.Access;
using Anvil.Objects.Verbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>The path of the preview of what is rendered for a machine.</summary>
internal static class RenderEndpoints
{
    public static void MapRender(this IEndpointRouteBuilder api, RenderVerbs verbs, IOptions<GatewayOptions> options, IApiReach reach)
        => api.MapPost("/machines/{key}/render", async http =>
        {
            var server = http.Server(options.Value, reach);
            var asked = http.Asked(RenderVerbs.Words);
            var answer = await verbs.RenderAsync(http.Part("key"), await http.ReadJsonAsync("machines"), server, asked,
                http.RequestAborted);
            // It may be as long as what is read, and is no change. It is there already: nobody waits for room with it.
            if (!ObjectShare.OfRead(http).TryTake(answer.Json!.Length))
                throw ApiMemory.Full("machines", http.Request.Method, "lists and large objects");
            await http.WriteAsync(answer);
        });
}
