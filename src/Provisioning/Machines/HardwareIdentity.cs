using System.Text.Json;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a machine that registers itself is known by when it boots from a card that nobody knew of: its other cards, its serial number or
/// its asset tag, in the order of the preference <see cref="Pref"/>.
/// </summary>
public static class HardwareIdentity
{
    /// <summary>The preference: some of these marks, separated by commas, in order; "none" for none.</summary>
    public const string Pref = "matchMachinesBy";

    /// <summary>The cards that it names.</summary>
    public const string Cards = "macs";

    /// <summary>The serial number of its system (SMBIOS type 1).</summary>
    public const string Serial = "serial";

    /// <summary>The asset tag of its chassis (SMBIOS type 3).</summary>
    public const string Asset = "asset";

    /// <summary>Value of <see cref="Pref"/>: a machine with a card more is another machine.</summary>
    public const string None = "none";

    private const string SystemFacts = "hardware/system";
    private const int ShortestMark = 3;

    /// <summary>What the database's index takes.</summary>
    private const int LongestMark = 256;

    /// <summary>The marks of a preference's value, in order.</summary>
    public static IReadOnlyList<string> Order(string value)
        => value == None ? [] : value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What is wrong with a preference's value; null when nothing is.</summary>
    public static string? OrderProblem(string value)
    {
        var marks = Order(value);
        return value == None || (marks.Count > 0 && marks.All(m => m is Cards or Serial or Asset)
            && marks.Distinct(StringComparer.Ordinal).Count() == marks.Count)
            ? null : $"{value} is not {None}, or some of {Cards}, {Serial} and {Asset} in an order, with commas";
    }

    /// <summary>A machine's serial number or asset tag, in small letters; "" where it has none of its own.</summary>
    /// <param name="mark"><see cref="Serial"/> or <see cref="Asset"/>.</param>
    /// <param name="machine">The machine, with what Sledgehammer found out.</param>
    public static string Of(string mark, Machine machine)
    {
        if (!machine.Params.TryGetValue(SystemFacts, out var facts) || facts.ValueKind != JsonValueKind.Object
            || !facts.TryGetProperty(mark == Serial ? "Serial" : "AssetTag", out var value) || value.ValueKind != JsonValueKind.String)
            return "";
        var text = value.GetString()!.Trim();
        return text.Length is < ShortestMark or > LongestMark || VendorDefaults.Holds(text) ? "" : text.ToLowerInvariant();
    }

    /// <summary>True for two systems by their serial numbers, whatever else is the same: a tag may be that of a whole chassis.</summary>
    public static bool AreTwo(Machine one, Machine other)
        => (Of(Serial, one), Of(Serial, other)) is ({ Length: > 0 } own, { Length: > 0 } others) && own != others;
}
