using Anvil.Objects;
using Anvil.Objects.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The paths of webhooks beyond those of every kind.</summary>
internal static class WebhookEndpoints
{
    /// <summary>Where a webhook's dead letters are.</summary>
    public const string DeadLetters = "/webhooks/{key}/deadletters";

    public static void MapWebhooks(this IEndpointRouteBuilder api, WebhookVerbs verbs)
    {
        api.MapGet("/webhooks/{key}/status", async http => await http.WriteAsync(
            await verbs.StatusAsync(http.Part("key"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapPost("/webhooks/{key}/ping", async http => await http.WriteAsync(
            await verbs.PingAsync(http.Part("key"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapGet(DeadLetters, async http => await http.WriteAsync(
            await verbs.DeadLettersAsync(http.Part("key"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapPost(DeadLetters + "/{id}/redeliver", async http => await http.WriteAsync(
            await verbs.RedeliverAsync(http.Part("key"), http.Part("id"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapDelete(DeadLetters + "/{id}", async http => await http.WriteAsync(
            await verbs.DropAsync(http.Part("key"), http.Part("id"), http.Asked(VerbWords.None), http.RequestAborted)));
    }
}
