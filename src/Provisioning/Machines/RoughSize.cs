using System.Runtime.InteropServices;
using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>How large a document is, about, without writing it once more where it is asked for often.</summary>
public static class RoughSize
{
    /// <summary>Octets of what may be long in a machine or profile; all octets of what is of another kind.</summary>
    public static long Of(Document document) => document switch
    {
        Machine machine => Raw(machine.Params) + machine.Description.Length + Sum(machine.Tasks) + Sum(machine.Profiles)
            + Sum(machine.Meta.Values),
        Profile profile => Raw(profile.Params) + profile.Description.Length + profile.Documentation.Length + Sum(profile.Meta.Values),
        _ => DocumentSize.Of(document),
    };

    private static long Raw(IReadOnlyDictionary<string, JsonElement> values)
        => values.Sum(v => v.Key.Length + (long)JsonMarshal.GetRawUtf8Value(v.Value).Length);

    private static long Sum(IEnumerable<string> texts) => texts.Sum(t => (long)t.Length);
}
