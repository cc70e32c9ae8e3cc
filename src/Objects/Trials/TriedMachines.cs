using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects.Access;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Trials;

/// <summary>Changes of machines, tried.</summary>
/// <param name="machines">The kind.</param>
/// <param name="trials">Asks the grains.</param>
/// <param name="tenants">Whose members machines are.</param>
/// <param name="catalog">The tenants.</param>
internal sealed class TriedMachines(MachineObjects machines, ChangeTrials trials, TenantMembers tenants, ICatalog catalog) : IObjectChanges
{
    private const string Kind = "machines";

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
    {
        var wanted = (Machine)document;
        if (tenants.Full(Kind, request) is { } full) return Refused(full);
        if (MachineObjects.UuidOfNew(wanted, request, out var uuid) is { } error) return Refused(error);
        var terms = request.AsTrial().Terms(machine: uuid);
        var tried = await trials.MachineAsync(uuid, new MachineTrial { Make = new MachineWrite(wanted, terms) });
        // A secret of its own is made when it is made.
        return Changed(tried, Consequence.Create, request, request.Principal.Reach.TenantsFor(Kind), wanted.Secret);
    }

    /// <inheritdoc/>
    public async Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await trials.MachineAsync(found.Document.Key, new MachineTrial
        {
            Replace = new MachineWrite((Machine)document, request.AsTrial().TermsOf(found, found.Document.Key)),
        }), Consequence.Update, request);

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
        => Changed(await trials.MachineAsync(found.Document.Key, new MachineTrial
        {
            Amend = new DocumentPatch(patch.GetRawText(), request.AsTrial().TermsOf(found, found.Document.Key)),
        }), Consequence.Update, request);

    /// <summary>Approves of a machine that registered itself.</summary>
    public async Task<ChangedObject> ApproveAsync(FoundObject found, ObjectRequest request)
        => Changed(await trials.MachineAsync(found.Document.Key, new MachineTrial
        {
            Approve = request.AsTrial().TermsOf(found, found.Document.Key),
        }), Consequence.Update, request);

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var key = found.Document.Key;
        var tried = await trials.MachineAsync(key, new MachineTrial { Remove = request.AsTrial().TermsOf(found, key) });
        return Changed(tried, Consequence.Delete, request,
            AccessConsequences.Leaving([new DocumentKey(Kind, key)], catalog.Current).Select(t => t.Name));
    }

    private ChangedObject Changed(MachineTried tried, string action, ObjectRequest request, IEnumerable<string>? tenants = null,
        string? secret = null)
    {
        if (tried.Machine is not { } machine) return new ChangedObject(tried.Status, null, tried.Error, "");
        var own = action == Consequence.Delete ? new Consequence(Kind, machine.Uuid, action, false, false, [])
            : Consequence.Of(Kind, machine.Uuid, action, machine);
        var members = (tenants ?? []).Select(t => new Consequence("tenants", t, Consequence.Update, true, true, []));
        if (secret is not null) machine = machine with { Secret = secret };
        return new ChangedObject(tried.Status, machines.Seen(machine, request.Principal), null, "")
        {
            Would = tried.IsChange ? new Consequences([own, .. members], []) : Consequences.None,
        };
    }

    private static ChangedObject Refused(ApiError error) => new(error.Code, null, error, "");
}
