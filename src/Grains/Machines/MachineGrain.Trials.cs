using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Anvil.Storage;

namespace Anvil.Grains.Machines;

/// <summary>Changes that are tried: decided as those that are made, by the same code, up to where these are stored.</summary>
public sealed partial class MachineGrain
{
    /// <inheritdoc/>
    public async Task<MachineTried> Try(MachineTrial trial)
    {
        var answer = await (trial switch
        {
            { Make: { Discovered: false } write } => TryAsync("POST", write.Terms, (s, o) =>
                MachineSteps.Make(s, write.Machine with { Uuid = Uuid }, discovered: false, o, Context)),
            { Replace: { } write } => TryAsync("PUT", write.Terms, (s, o) => MachineSteps.Replace(s, Uuid, write.Machine, o, Context)),
            { Amend: { } patch } => TryAsync("PATCH", patch.Terms, (s, o) =>
                MachineSteps.Amend(s with { Machine = Sealed(s.Machine) }, Uuid, patch.Operations, o, Context)),
            { Remove: { } terms } => TryAsync("DELETE", terms, (s, o) => MachineSteps.Remove(s, Uuid, o, Context)),
            { Approve: { } terms } => TryAsync("POST", terms, (s, o) => MachineSteps.Approve(s, Uuid, o, Context)),
            { StartJob: not null } when TooSoon() is { } soon => Task.FromResult(new MachineTried(429, null, null, soon, false)),
            { StartJob: { } actor } => TryAsync("POST", new ChangeTerms(actor), (s, o) => MachineSteps.StartJob(s, Uuid, o, Context)),
            { AmendJob: { } patch } => TryAsync("PATCH", patch.Terms, (s, o) =>
                MachineSteps.AmendJob(s, Uuid, trial.Job, patch.Operations, o with { IfTag = patch.IfTag }, Context)),
            // One of a later version.
            _ => Task.FromResult(new MachineTried(503, null, null,
                new ApiError("machines", Uuid, "POST", ["this silo does not know how such a change is tried"], 503), false)),
        });
        // Nobody has it: whoever makes it finds it by a new activation.
        if (State.Machine is null) DeactivateOnIdle();
        return answer;
    }

    private async Task<MachineTried> TryAsync(string type, ChangeTerms terms, Func<MachineState, ChangeOptions, MachineChange?> step)
    {
        // What machines bring about themselves is counted, and what is counted is no trial.
        if (terms.Actor.IsMachine)
            return new MachineTried(400, null, null, ApiError.BadRequest("machines", Uuid, type, "a machine tries no change"), false);
        MachineChange? tried = null;
        var outcome = await ActAsync(type, s => step(s, Options(terms)), store: async change =>
        {
            // What the database refuses when it stores a machine.
            if (change.State.Machine is { } machine && await BrokenAsync(machine) is { } rule)
                throw new ApiException(ApiError.Invalid("machines", Uuid, UniqueRule.Broken(rule, Uuid)));
            if (await AddressProblemAsync(change.State.Machine) is { } taken)
                throw new ApiException(ApiError.Invalid("machines", Uuid, taken));
            _store.Stored(change.State);
            tried = change;
        });
        if (outcome.Error is { } error) return new MachineTried(error.Code, null, null, error, false) { Again = outcome.Again };
        var machine = tried is null ? State.Machine : tried.State.Machine ?? State.Machine;
        return new MachineTried(outcome.Status, MachineSteps.Seen(machine, _seen), (tried?.State ?? State).Job, null, tried is not null);
    }

    /// <summary>The rule of the database that a machine would break with what it has more than before; null for none.</summary>
    private async Task<string?> BrokenAsync(Machine machine)
    {
        if (await _queries.UuidOfNameAsync(machine.Name, CancellationToken.None) is { } named && named != Uuid) return UniqueRule.Name;
        foreach (var card in machine.HardwareAddrs.Except(State.Machine?.HardwareAddrs ?? [], StringComparer.Ordinal))
        {
            if (await _queries.UuidOfMacAsync(card, CancellationToken.None) is { } holder && holder != Uuid) return UniqueRule.Mac;
        }

        return null;
    }
}
