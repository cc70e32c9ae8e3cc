using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Grains.Machines;

/// <summary>
/// The calls of silos of the version before, by which bodies came as text. They go when no such silo is upgraded from any more.
/// </summary>
public sealed partial class MachineGrain
{
    /// <inheritdoc/>
    public Task<Reply> Create(string body, Actor actor, bool discovered, bool force)
        => ReadAsync(body, "POST",
            machine => Make(new MachineWrite(machine, new ChangeTerms(actor) { Force = force }) { Discovered = discovered }));

    /// <inheritdoc/>
    public async Task<Reply> Get() => Plain(await Read());

    /// <inheritdoc/>
    public async Task<Reply> Watch(long revision, TimeSpan wait) => Plain(await Await(revision, wait));

    /// <inheritdoc/>
    public async Task<Reply> Patch(string patch, Actor actor, bool force)
        => Plain(await Amend(new DocumentPatch(patch, new ChangeTerms(actor) { Force = force })));

    /// <inheritdoc/>
    public Task<Reply> Put(string body, Actor actor, bool force)
        => ReadAsync(body, "PUT", machine => Replace(new MachineWrite(machine, new ChangeTerms(actor) { Force = force })));

    /// <inheritdoc/>
    public async Task<Reply> Delete(Actor actor) => Plain(await Remove(new ChangeTerms(actor)));

    /// <inheritdoc/>
    public async Task<Reply> NextJob(Actor actor) => Plain(await StartJob(actor));

    /// <inheritdoc/>
    public async Task<Reply> PatchJob(string job, string patch, Actor actor)
        => Plain(await AmendJob(job, new DocumentPatch(patch, new ChangeTerms(actor))));

    /// <summary>Fields that are not known are passed over, as the version before does.</summary>
    private async Task<Reply> ReadAsync(string body, string type, Func<Machine, Task<MachineAnswer>> act)
    {
        var (machine, problem) = DocumentReader.ReadStored<Machine>(body, "machines");
        if (machine is not null) return Plain(await act(machine));
        return Reply.Fail(ApiError.BadRequest("machines", Uuid, type, "Invalid machines object: " + problem));
    }

    private static Reply Plain(MachineAnswer answer)
    {
        var body = answer.Machine is null ? null : Json.Write(answer.Machine);
        return new Reply(answer.Status, body, answer.Error) { Revision = answer.Revision, Again = answer.Again };
    }

    private static Reply Plain(JobAnswer answer)
        => new(answer.Status, answer.Job is null ? null : Json.Write(answer.Job), answer.Error) { Again = answer.Again };
}
