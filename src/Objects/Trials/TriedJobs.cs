using System.Text.Json;
using Anvil.Contracts.Machines;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;

namespace Anvil.Objects.Trials;

/// <summary>Changes of jobs, tried.</summary>
/// <param name="jobs">The kind.</param>
/// <param name="queries">Finds machines and jobs.</param>
/// <param name="trials">Asks the machines' grains.</param>
internal sealed class TriedJobs(JobObjects jobs, IMachineQueries queries, ChangeTrials trials) : IObjectChanges
{
    private const string Kind = "jobs";

    /// <summary>The job that would begin. It is given no token.</summary>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        if (JobObjects.MachineOf((Job)document, out var uuid) is { } error) return new ChangedObject(error.Code, null, error, "");
        await request.HoldAsync(uuid, queries, cancellation);
        var tried = await trials.MachineAsync(uuid, new MachineTrial { StartJob = request.AsTrial().Actor(uuid) });
        return Changed(tried.Status == 204 ? tried with { Job = null } : tried, tried.Status == 201 ? Consequence.Create : "");
    }

    /// <summary>Refused as the change is: jobs are changed by PATCH.</summary>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => jobs.ReplaceAsync(found, document, request, cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
    {
        var job = (Job)found.Document;
        await request.HoldAsync(job.Machine, queries, cancellation);
        return Changed(await trials.MachineAsync(job.Machine, new MachineTrial
        {
            AmendJob = new DocumentPatch(patch.GetRawText(), request.AsTrial().Terms(machine: job.Machine))
            {
                IfTag = request.WantedOf(found),
            },
            Job = job.Uuid,
        }), Consequence.Update);
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        if (await queries.FindJobAsync(found.Document.Key, cancellation) is not { } job)
            return new ChangedObject(404, null, ApiError.NotFound(Kind, found.Document.Key, "DELETE"), "");
        if ((await jobs.StaysAsync(found, request, cancellation))(job) is { } error) return new ChangedObject(error.Code, null, error, "");
        return new ChangedObject(200, job, null, "")
        {
            Would = new Consequences([new Consequence(Kind, job.Uuid, Consequence.Delete, false, false, [])], []),
        };
    }

    private static ChangedObject Changed(MachineTried tried, string action)
    {
        if (tried.Error is not null || tried.Job is not { } job || action.Length == 0)
            return new ChangedObject(tried.Status, tried.Error is null ? tried.Job : null, tried.Error, "");
        // The machine moves with its job.
        IEnumerable<Consequence> moved = tried.Machine is { } machine
            ? [Consequence.Of("machines", machine.Uuid, Consequence.Update, machine)] : [];
        return new ChangedObject(tried.Status, job, null, "")
        {
            Would = new Consequences([Consequence.Of(Kind, job.Uuid, action, job), .. moved], []),
        };
    }
}
