using Anvil.Contracts.Catalog;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Objects.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Templates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>What jobs have beside the generic verbs: rendered actions, and the log.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder api, IMachineQueries queries, ICatalog catalog, AccessService access, IJobLogs logs, IEdgeDirectory edges, IOptions<GatewayOptions> options)
    {
        async Task<Job> ReadAsync(HttpContext http, string action)
        {
            var text = (string)http.Request.RouteValues["key"]!;
            var job = Guid.TryParse(text, out var uuid) ? await queries.FindJobAsync(uuid.ToString(), http.RequestAborted) : null;
            if (job is null) throw new ApiException(ApiError.NotFound("jobs", text, http.Request.Method));
            http.Require("jobs", action, job.Machine);
            return job;
        }

        api.MapGet("/jobs/{key}/actions", async http =>
        {
            var job = await ReadAsync(http, "actions");
            var snapshot = catalog.Current;
            if (await queries.FindAsync(job.Machine, http.RequestAborted) is not { } machine) throw new ApiException(ApiError.NotFound("machines", job.Machine));
            if (!snapshot.Tasks.TryGetValue(job.Task, out var task)) throw new ApiException(ApiError.NotFound("tasks", job.Task));
            snapshot.BootEnvs.TryGetValue(machine.BootEnv, out var env);
            var server = new BootServer(edges.For(machine.Address) ?? http.Request.Host.Host, options.Value.FilePort, http.Request.Host.Port ?? options.Value.ApiPort) { ApiAddress = http.Request.Host.Host };
            var context = new RenderContext(snapshot, server, machine, env, await access.ForRenderingAsync(machine)) { Stage = snapshot.Stages.GetValueOrDefault(machine.Stage) };
            try
            {
                var os = http.Request.Query["os"].ToString();
                await http.WriteObjectAsync(JobActions.Render(task, context, os.Length == 0 ? "linux" : os));
            }
            catch (TemplateException e)
            {
                throw new ApiException(new ApiError("jobs", job.Uuid, "ValidationError", [e.Message], 422));
            }
        });
        api.MapGet("/jobs/{key}/log", async http =>
        {
            var job = await ReadAsync(http, "log");
            http.Response.ContentType = "application/octet-stream";
            await logs.CopyToAsync(Guid.Parse(job.Uuid), http.Response.Body, http.RequestAborted);
        });
        api.MapPut("/jobs/{key}/log", async http =>
        {
            var job = await ReadAsync(http, "log");
            if (http.Request.ContentType?.Contains("application/octet-stream", StringComparison.OrdinalIgnoreCase) != true)
                throw new ApiException(new ApiError("jobs", job.Uuid, "PUT", ["Invalid content type: application/octet-stream is needed"], 415));
            if (!await logs.AppendAsync(Guid.Parse(job.Uuid), http.Request.Body, http.RequestAborted))
                throw new ApiException(new ApiError("jobs", job.Uuid, "PUT", [$"a job's log has at most {IJobLogs.MostBytes} octets"], 507));
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }
}
