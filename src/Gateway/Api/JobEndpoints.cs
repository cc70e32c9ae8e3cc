using Anvil.Contracts.Access;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>The paths of jobs' rendered actions and logs.</summary>
internal static class JobEndpoints
{
    /// <summary>
    /// Transfers of logs, read or written, that one machine may have at once: Anvil's agent sends one piece after another, DRP's a line
    /// at a time, and does not wait.
    /// </summary>
    private const int MostOfMachine = 8;

    public static void MapJobs(this IEndpointRouteBuilder api, JobVerbs verbs, IOptions<GatewayOptions> options, IApiReach reach)
    {
        var transfers = new Shares(int.MaxValue);
        api.MapGet("/jobs/{key}/actions", async http =>
        {
            var server = http.Server(options.Value, reach);
            await http.WriteAsync(
                await verbs.ActionsAsync(http.Part("key"), server, http.Asked(JobVerbs.ActionWords), http.RequestAborted));
        });
        api.MapGet("/jobs/{key}/log", async http =>
        {
            var job = await verbs.LogAsync(http.Part("key"), "GET", http.Asked(VerbWords.None), http.RequestAborted);
            using var transfer = http.Transfer(transfers, job);
            http.Response.ContentType = "application/octet-stream";
            await verbs.CopyLogAsync(job, http.Response.Body, http.RequestAborted);
        });
        api.MapPut("/jobs/{key}/log", async http =>
        {
            var job = await verbs.LogAsync(http.Part("key"), "PUT", http.Asked(VerbWords.None), http.RequestAborted);
            if (http.Request.ContentType?.Contains("application/octet-stream", StringComparison.OrdinalIgnoreCase) != true)
                throw new ApiException(
                    new ApiError("jobs", job.ToString(), "PUT", ["Invalid content type: application/octet-stream is needed"], 415));
            using var transfer = http.Transfer(transfers, job);
            // The log counts by itself, and its own octets alone: a body that comes in chunks is longer than what it holds.
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
            try
            {
                await http.WithinTimeAsync("jobs",
                    patience => verbs.AppendLogAsync(job, http.Request.Body, http.Asked(VerbWords.None), patience));
            }
            catch (ApiException e) when (e.Error.Code == StatusCodes.Status429TooManyRequests)
            {
                // A sixth of the allowance is back by then.
                http.Response.Headers.RetryAfter = "600";
                throw;
            }

            http.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }

    /// <summary>A machine's place among transfers of logs; nothing for people.</summary>
    /// <exception cref="ApiException">429: it has as many as one may.</exception>
    private static IDisposable? Transfer(this HttpContext http, Shares transfers, Guid job)
    {
        var principal = http.Principal();
        if (principal.Kind != PrincipalKind.Machine) return null;
        if (transfers.TryTake([(principal.Name, MostOfMachine)], out _) is { } place) return place;
        http.Response.Headers.RetryAfter = "10";
        throw new ApiException(new ApiError("jobs", job.ToString(), http.Request.Method,
            [$"machine {principal.Name} reads or sends {MostOfMachine} logs already: one more when one of them is over"], 429));
    }
}
