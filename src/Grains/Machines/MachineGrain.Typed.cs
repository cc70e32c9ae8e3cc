using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Grains.Machines;

/// <summary>The typed calls of a machine's grain.</summary>
public sealed partial class MachineGrain
{
    /// <inheritdoc/>
    public async Task<MachineAnswer> Make(MachineWrite write) => Typed(await Create(Json.Write(write.Machine), write.Terms.Actor, write.Discovered, write.Terms.Force));

    /// <inheritdoc/>
    public async Task<MachineAnswer> Read() => Typed(await Get());

    /// <inheritdoc/>
    public async Task<MachineAnswer> Await(long revision, TimeSpan wait) => Typed(await Watch(revision, wait));

    /// <inheritdoc/>
    public async Task<MachineAnswer> Replace(MachineWrite write)
        => Changed(write.Terms, "PUT") ?? Typed(await Put(Json.Write(write.Machine), write.Terms.Actor, write.Terms.Force));

    /// <inheritdoc/>
    public async Task<MachineAnswer> Amend(DocumentPatch patch)
        => Changed(patch.Terms, "PATCH") ?? Typed(await Patch(patch.Operations, patch.Terms.Actor, patch.Terms.Force));

    /// <inheritdoc/>
    public async Task<MachineAnswer> Remove(ChangeTerms terms) => Changed(terms, "DELETE") ?? Typed(await Delete(terms.Actor));

    /// <inheritdoc/>
    public async Task<JobAnswer> StartJob(Actor actor) => Job(await NextJob(actor));

    /// <inheritdoc/>
    public async Task<JobAnswer> AmendJob(string job, DocumentPatch patch) => Job(await PatchJob(job, patch.Operations, patch.Terms.Actor));

    private MachineAnswer? Changed(ChangeTerms terms, string type)
        => terms.IfRevision is { } wanted && state.State.Machine is not null && wanted != state.State.Revision
            ? new MachineAnswer(412, null, new ApiError("machines", Uuid, type, ["the machine has changed since (If-Match)"], 412), state.State.Revision) : null;

    private static MachineAnswer Typed(Reply reply)
        => new(reply.Status, reply.Body is null ? null : Json.Read<Machine>(reply.Body), reply.Error, reply.Revision) { Again = reply.Again };

    private static JobAnswer Job(Reply reply) => new(reply.Status, reply.Body is null ? null : Json.Read<Job>(reply.Body), reply.Error) { Again = reply.Again };
}
