using System.Runtime.InteropServices;
using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>How large a document is, about, without writing it once more where it is asked for often.</summary>
public static class RoughSize
{
    /// <summary>Octets of one character at most, as it is stored.</summary>
    private const int OfCharacter = 6;

    /// <summary>
    /// Characters of every text of a machine or profile, with the octets of their params as they were read; all octets of what is of
    /// another kind.
    /// </summary>
    public static long Of(Document document) => document switch
    {
        Machine machine => Shared(machine) + Raw(machine.Params) + machine.Uuid.Length + machine.Name.Length + machine.Description.Length
            + machine.Secret.Length + machine.OS.Length + machine.Arch.Length + machine.Address.Length + machine.CurrentJob.Length
            + machine.Stage.Length + machine.Workflow.Length + machine.BootEnv.Length + machine.Boot.Reason.Length
            + machine.Boot.Doubt.Length + Sum(machine.Tasks) + Sum(machine.Profiles) + Sum(machine.HardwareAddrs),
        Profile profile => Shared(profile) + Raw(profile.Params) + profile.Name.Length + profile.Description.Length
            + profile.Documentation.Length + Sum(profile.Profiles),
        _ => DocumentSize.Of(document),
    };

    /// <summary>Octets that a document takes at most as it is stored, but for the names of its fields.</summary>
    public static long AtMost(Document document) => OfCharacter * Of(document);

    /// <summary>
    /// Refuses a machine that is longer, as it is stored, than what is read again; one that was so before may be changed, and grow no
    /// longer.
    /// </summary>
    /// <param name="before">The machine as it was; null for a new one.</param>
    /// <param name="after">The machine as it becomes; null for one that goes.</param>
    /// <exception cref="ApiException">413.</exception>
    public static void Check(Machine? before, Machine? after)
    {
        // Mostly it is far from that, and nothing is measured.
        if (after is null || AtMost(after) <= JsonLimits.Octets) return;
        var octets = DocumentSize.Of(after);
        if (octets <= JsonLimits.Octets || (before is not null && octets <= DocumentSize.Of(before))) return;
        StoredDocument.Check(after, octets);
    }

    private static long Shared(Document document)
        => document.Endpoint.Length + document.Bundle.Length + Sum(document.Errors) + Sum(document.Meta.Keys) + Sum(document.Meta.Values);

    private static long Raw(IReadOnlyDictionary<string, JsonElement> values)
        => values.Sum(v => v.Key.Length + (long)JsonMarshal.GetRawUtf8Value(v.Value).Length);

    private static long Sum(IEnumerable<string> texts) => texts.Sum(t => (long)t.Length);
}
