using System.Globalization;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Gateway.Events;

/// <summary>The paths of the log of events, and of the lines that this silo logs.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api, EventVerbs verbs, EventFeed feed, LogVerbs logs)
    {
        api.MapGet("/events", async http =>
        {
            if (LineAnswers.AreWanted(http))
            {
                await http.RequestServices.GetRequiredService<LineAnswers>().WriteEventsAsync(http, "events", http.Asked(VerbWords.List));
                return;
            }

            var page = await http.ReadAsync("events", () => verbs.ListAsync(http.Asked(VerbWords.List), http.RequestAborted));
            var headers = http.Response.Headers;
            headers["X-DRP-LIST-COUNT"] = page.Rows.Count.ToString(CultureInfo.InvariantCulture);
            if (page.Next is { } next) headers["X-Anvil-List-Next"] = next;
            if (page.Trimmed.Length > 0) headers["X-Anvil-Trimmed"] = page.Trimmed;
            // As text it takes two octets of memory for each of these; the client may take it slowly.
            await http.HoldAsync(page.Rows.Sum(row => (long)row.Length));
            await http.WriteRowsAsync(page.Rows);
        });
        api.MapPost("/events",
            async http => await http.WriteAsync(
                await verbs.PostAsync(await http.ReadJsonAsync("events"), http.Asked(VerbWords.None), http.RequestAborted)));
        api.MapGet("/events/stream", feed.HandleAsync);
        api.MapGet("/logs", async http => await http.WriteAsync(logs.Get(http.Asked(VerbWords.None))));
    }
}
