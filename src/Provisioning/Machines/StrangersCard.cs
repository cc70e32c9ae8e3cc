using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Machines;

/// <summary>What who registers itself comes to by its own word: no machine that is worth something, and nothing for ever.</summary>
/// <remarks>What it names of a machine can be seen on the wire and read off a case, and it would be that machine from then on.</remarks>
public static class StrangersCard
{
    /// <summary>Why a machine gets none; null where it may.</summary>
    /// <param name="known">The machine.</param>
    /// <param name="policy">The policy about machines that register themselves where it was heard.</param>
    /// <param name="catalog">What the machine is given.</param>
    public static string? Problem(Machine known, string policy, CatalogSnapshot catalog)
    {
        if (policy != RegistrationPolicy.Open) return "machines do not come in by their own word there";
        if (IPv4.TryParse(known.Address, out var address) && address != 0
            && RegistrationPolicy.PolicyAt(address, catalog) != RegistrationPolicy.Open)
            return "machines do not come in by their own word where that one is";
        if (known.Boot.IsPending) return "that one waits for approval itself";
        if (known.Boot.Admission == MachineBoot.Approved) return "somebody has approved of that one as it is";
        if (IsGivenSecrets(known, catalog)) return "it is given secure params";
        return known.Boot.IsTrusted && TaskGrants.WithRights(known, catalog) is { } task
            ? $"its task {task} has rights of its own" : null;
    }

    /// <summary>
    /// True for a machine that registered itself and waits, or might be anybody's, has not been seen since a time, and is nobody's:
    /// whoever gave it a description, a profile or a param, or locked it, means to keep it.
    /// </summary>
    public static bool IsLeftAlone(Machine machine, DateTimeOffset since)
        => !machine.Boot.IsTrusted && (machine.Boot.IsPending || machine.Boot.Unleased || machine.Boot.Doubt.Length > 0)
            && machine.Boot.LastSeen < since && !machine.Locked && machine.CurrentJob.Length == 0
            && machine.Description.Length == 0 && machine.Profiles.Count == 0 && machine.Params.Keys.All(MachineRules.IsFact);

    /// <summary>Now, or in a stage that it will come to.</summary>
    private static bool IsGivenSecrets(Machine known, CatalogSnapshot catalog)
        => MachineParams.Layers(known, catalog).Concat(TaskGrants.StagesOf(known.Tasks).Distinct(StringComparer.Ordinal)
            .SelectMany(s => MachineParams.Inherited(known with { Stage = s }, catalog)))
            .Any(l => catalog.SecretsAmong(l.Values).Count > 0) || catalog.Params.Values.Any(p => p.HasSecretDefault());
}
