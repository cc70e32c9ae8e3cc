using System.Text.Json;
using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a machine that registers itself is known by when it boots from a card that nobody knew of: its other cards, its serial number or
/// its asset tag, in the order of the preference <see cref="HardwareMarks.Pref"/>.
/// </summary>
public static class HardwareIdentity
{
    private const string SystemFacts = "hardware/system";
    private const int ShortestMark = 3;

    /// <summary>What the database's index takes.</summary>
    private const int LongestMark = 256;

    /// <summary>A machine's serial number or asset tag, in small letters; "" where it has none of its own.</summary>
    /// <param name="mark"><see cref="HardwareMarks.Serial"/> or <see cref="HardwareMarks.Asset"/>.</param>
    /// <param name="machine">The machine, with what Sledgehammer found out.</param>
    public static string Of(string mark, Machine machine)
    {
        if (!machine.Params.TryGetValue(SystemFacts, out var facts) || facts.ValueKind != JsonValueKind.Object
            || !facts.TryGetProperty(mark == HardwareMarks.Serial ? "Serial" : "AssetTag", out var value)
            || value.ValueKind != JsonValueKind.String) return "";
        var text = value.GetString()!.Trim();
        return text.Length is < ShortestMark or > LongestMark || VendorDefaults.Holds(text) ? "" : text.ToLowerInvariant();
    }

    /// <summary>True for two systems by their serial numbers, whatever else is the same: a tag may be that of a whole chassis.</summary>
    public static bool AreTwo(Machine one, Machine other)
        => (Of(HardwareMarks.Serial, one), Of(HardwareMarks.Serial, other)) is ({ Length: > 0 } own, { Length: > 0 } others)
            && own != others;
}
