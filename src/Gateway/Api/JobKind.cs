using System.Text.Json;
using Anvil.Grains;
using Anvil.Grains.Catalog;
using Anvil.Grains.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Storage;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>Jobs behind the generic verbs: made by POST for a machine's agent, changed through the machine's grain, read from the query table.</summary>
internal sealed class JobKind(IMachineQueries queries, ICatalog catalog, IGrainFactory grains, IJobLogs logs) : IKind
{
    public string Prefix => "jobs";

    public async Task<ListPage<Document>> ListAsync(HttpContext http)
    {
        var page = await queries.PageJobsAsync(ListRequest.Query(http, JobFields.Table, catalog), http.RequestAborted);
        return new ListPage<Document>(page.Rows, page.Total, page.Filtered, page.Next);
    }

    public async Task<string?> ResolveAsync(HttpContext http, string text)
    {
        var key = text.StartsWith("Uuid:", StringComparison.Ordinal) || text.StartsWith("Key:", StringComparison.Ordinal) ? text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..] : text;
        return Guid.TryParse(key, out var uuid) && await queries.FindJobAsync(uuid.ToString(), http.RequestAborted) is not null ? uuid.ToString() : null;
    }

    public async Task<Reply> GetAsync(HttpContext http, string key)
        => await queries.FindJobAsync(key, http.RequestAborted) is { } job ? Reply.Ok(Json.Write(job)) : Reply.Fail(ApiError.NotFound(Prefix, key));

    public async Task<Reply> CreateAsync(HttpContext http, string body)
    {
        string machine;
        try
        {
            machine = Json.Read<Job>(body).Machine;
        }
        catch (JsonException e)
        {
            return Reply.Fail(ApiError.BadRequest(Prefix, "", "POST", "Invalid jobs object: " + e.Message));
        }

        if (!Guid.TryParse(machine, out var uuid)) return Reply.Fail(ApiError.BadRequest(Prefix, "", "POST", "Must specify a Machine"));
        return await GrainCalls.ActAsync(() => Grain(uuid.ToString()).NextJob(http.Actor(uuid.ToString())));
    }

    public Task<Reply> PutAsync(HttpContext http, string key, string body)
        => Task.FromResult(Reply.Fail(ApiError.BadRequest(Prefix, key, "PUT", "jobs are changed by PATCH")));

    public async Task<Reply> PatchAsync(HttpContext http, string key, string patch)
        => await queries.FindJobAsync(key, http.RequestAborted) is { } job ? await GrainCalls.ActAsync(() => Grain(job.Machine).PatchJob(key, patch, http.Actor(job.Machine))) : Reply.Fail(ApiError.NotFound(Prefix, key, "PATCH"));

    public async Task<Reply> DeleteAsync(HttpContext http, string key)
    {
        if (await queries.FindJobAsync(key, http.RequestAborted) is not { } job) return Reply.Fail(ApiError.NotFound(Prefix, key, "DELETE"));
        var orphan = await queries.FindAsync(job.Machine, http.RequestAborted) is null;
        if (!orphan && job.Current && !(job.State is JobState.Finished or JobState.Failed)) return Reply.Fail(ApiError.Invalid(Prefix, key, "the job is not over"));
        await queries.DeleteJobAsync(key, http.RequestAborted);
        await logs.DeleteAsync(Guid.Parse(key), http.RequestAborted);
        return Reply.Ok(Json.Write(job));
    }

    private IMachineGrain Grain(string uuid) => grains.GetGrain<IMachineGrain>(GrainKeys.Machine(uuid));
}
