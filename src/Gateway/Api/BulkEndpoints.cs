using System.Text.Json;
using Anvil.Objects.Access;
using Anvil.Objects.Bulk;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Api;

/// <summary>The path of the one call for many machines: a line for each as it is done.</summary>
internal static class BulkEndpoints
{
    /// <summary>Calls at once of a gateway, and of them those of one requester.</summary>
    private const int MostAtOnce = 8;
    private const int MostOfOne = 2;

    private const string Lines = "application/x-ndjson";

    public static void MapBulk(this IEndpointRouteBuilder api, BulkVerbs verbs, AccessService access)
    {
        var places = new Shares(MostAtOnce);
        api.MapPost("/machines/bulk", async http =>
        {
            var asked = http.Asked(BulkVerbs.Words);
            var body = await http.ReadJsonAsync("machines");
            using var place = places.TryTake([(http.Requester(), MostOfOne)], out var full);
            if (place is null)
            {
                http.Response.Headers.RetryAfter = "10";
                throw new ApiException(new ApiError("machines", "", "BULK", [full!.Length == 0
                    ? $"{MostAtOnce} bulk calls are under way already; try again"
                    : $"{full} has {MostOfOne} bulk calls under way already; one more when one of them is over"], 429));
            }

            var plan = await http.ReadAsync("machines", () => verbs.PlanAsync(body, asked, http.RequestAborted));
            plan = await verbs.HeldAsync(plan, asked, http.RequestAborted);
            await LineAsync(http, new { Plan = new { Machines = plan.Uuids.Count, DryRun = asked.IsDryRun } });
            await verbs.RunAsync(plan, asked, () => access.EndedAsync(http.Admission()), line => LineAsync(http, line),
                http.RequestAborted);
        });
    }

    private static async Task LineAsync(HttpContext http, object line)
    {
        if (!http.Response.HasStarted) http.Response.ContentType = Lines;
        await http.Response.WriteAsync(JsonSerializer.Serialize(line, line.GetType(), Json.Options) + "\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
