using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Objects.Access;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Kinds;

/// <summary>Jobs: made for a machine's agent and changed through the machine's grain, read from the query table.</summary>
public sealed class JobObjects(IMachineQueries queries, GrainFinder grains, IJobLogs logs, AccessService access,
    ChangeTrials trials, TimeProvider time) : IObjectKind
{
    /// <inheritdoc/>
    public string Prefix => "jobs";

    /// <inheritdoc/>
    public Type Document => typeof(Job);

    /// <inheritdoc/>
    public FieldTable Fields => JobFields.Table;

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var page = await queries.PageJobsAsync(query, cancellation);
        return new ListPage<Document>([.. page.Rows], page.Total, page.Filtered, page.Next);
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
    {
        if (!UuidRules.TryRead(KeyText.Bare(text, "Uuid", "Key"), out var uuid)
            || await queries.FindJobAsync(uuid, cancellation) is not { } job) return null;
        // A machine's rights name its own uuid: its jobs are known by their machine.
        return new FoundObject(job, DocumentTag.Of(job), SpecificOf(job, request));
    }

    /// <inheritdoc/>
    public string SpecificOf(Document document, ObjectRequest request)
        => request.Principal.Kind == PrincipalKind.User ? document.Key : ((Job)document).Machine;

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        // Uuids of jobs are random: that one of somebody else's is there tells nothing, as long as it is answered as if it were not.
        => await FindAsync(text, request, cancellation) is { } found && owners.Contains(found.Specific) ? found : null;

    /// <inheritdoc/>
    public async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => await FindAsync(text, request, cancellation) is { Document: Job job } found && reach.Holds("machines", job.Machine)
            ? found : null;

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => new(Fields["Machine"], reach.KeysOf("machines"));

    /// <inheritdoc/>
    public Task<bool> MayMakeAsync(Document document, Reach reach, CancellationToken cancellation)
        => Task.FromResult(reach.Holds("machines", OwnerOfNew(document)));

    /// <inheritdoc/>
    public string OwnerOfNew(Document document)
        => UuidRules.TryRead(((Job)document).Machine, out var uuid) ? uuid : ((Job)document).Machine;

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        if (MachineOf((Job)document, out var uuid) is { } nobodys) return Refused(nobodys);
        await request.HoldAsync(uuid, queries, cancellation);
        var answer = await GrainCalls.ActAsync(() => Grain(uuid).StartJob(request.Actor(uuid)));
        // The machine itself is given what the task's scripts need; nobody else is. It is in no stored job, and so in no version of one.
        var changed = Changed(answer);
        return !request.Principal.IsMachine(uuid) || answer.Job is null ? changed
            : changed with { Document = answer.Job with { Token = await access.ForJobAsync(uuid, answer.Job.Uuid) } };
    }

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => Task.FromResult(Refused(ApiError.BadRequest(Prefix, found.Document.Key, "PUT", "jobs are changed by PATCH")));

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
    {
        var job = (Job)found.Document;
        await request.HoldAsync(job.Machine, queries, cancellation);
        return Changed(await GrainCalls.ActAsync(
            () => Grain(job.Machine).AmendJob(job.Uuid, new DocumentPatch(patch.GetRawText(), request.Terms(machine: job.Machine))
            {
                IfTag = request.WantedOf(found),
            })));
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var job = (Job)found.Document;
        var problem = await StaysAsync(found, request, cancellation);
        var by = request.Principal.Name;
        var told = new MachineEvent(time.GetUtcNow(), Prefix, "delete", job.Uuid, $"by {by}") { Principal = by };
        if (await queries.DeleteJobAsync(job.Uuid, problem, told, cancellation) is { } error) return Refused(error);
        await logs.DeleteAsync(Guid.Parse(job.Uuid), cancellation);
        return new ChangedObject(200, job, null, "");
    }

    /// <inheritdoc/>
    public IObjectChanges Trial => new TriedJobs(this, queries, trials);

    /// <summary>Reads the machine that a job is asked for.</summary>
    /// <returns>Why it is none; null where all is well.</returns>
    internal static ApiError? MachineOf(Job job, out string uuid)
        => UuidRules.TryRead(job.Machine, out uuid) ? null
            : ApiError.BadRequest("jobs", "", "POST", job.Machine.Length == 0 ? "Must specify a Machine"
                : $"/Machine `{job.Machine}` is no uuid");

    /// <summary>Why a job cannot be deleted as it is then; null from it where it can.</summary>
    internal async Task<Func<Job, ApiError?>> StaysAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var hasMachine = await queries.FindAsync(((Job)found.Document).Machine, cancellation) is not null;
        return now => now.Current && now.State is not (JobState.Finished or JobState.Failed) && hasMachine
            ? ApiError.Invalid(Prefix, now.Uuid, "the job is not over") : DocumentTag.Problem(request.WantedOf(found), now, "DELETE");
    }

    private IMachineGrain Grain(string uuid) => grains.Machine(uuid);

    private static ChangedObject Changed(JobAnswer answer)
        => new(answer.Status, answer.Job, answer.Error, answer.Job is null ? "" : DocumentTag.Of(answer.Job));

    private static ChangedObject Refused(ApiError error) => new(error.Code, null, error, "");
}
