using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// What a machine that registers itself is known by when it boots from a card that nobody knew of: its other cards, its serial number or
/// its asset tag, in the order of the preference <see cref="HardwareMarks.Pref"/>.
/// </summary>
public static class HardwareIdentity
{
    private const string SystemFacts = "hardware/system";
    private const string CardFacts = "hardware/nics";

    /// <summary>
    /// How a UUID ends that AMI's firmware has where a maker of boards has set none (03000200-0400-0500-0006-000700080009).
    /// </summary>
    private const string BoardUuid = "0006000700080009";

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

    /// <summary>
    /// True for two systems, whatever else is the same, by their serial numbers; by their system's UUIDs where one tells no serial number.
    /// A tag may be that of a whole chassis, and a card may have been moved, or have an address that its maker gives to all.
    /// </summary>
    public static bool AreTwo(Machine one, Machine other)
        => (Of(HardwareMarks.Serial, one), Of(HardwareMarks.Serial, other)) is ({ Length: > 0 } own, { Length: > 0 } others)
            ? own != others
            : SystemUuid(one) is { } uuid && SystemUuid(other) is { } another && uuid != another && uuid != Swapped(another);

    /// <summary>
    /// All cards that who registers tells of: those that it calls its own, and those of its inventory, in their one written form. What a
    /// management controller shows is in the inventory alone.
    /// </summary>
    public static IEnumerable<string> Told(Machine registered)
    {
        var inventory = registered.Params.TryGetValue(CardFacts, out var facts) && facts.ValueKind == JsonValueKind.Array
            ? facts.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.Object && n.TryGetProperty("Mac", out var mac)
                && mac.ValueKind == JsonValueKind.String).Select(n => n.GetProperty("Mac").GetString()) : [];
        return registered.HardwareAddrs.Concat(inventory.Take(MachineRules.MostOwnCards))
            .Select(m => MacAddress.TryNormalize(m, out var mac) ? mac : "").Where(m => m.Length > 0).Distinct(StringComparer.Ordinal);
    }

    /// <summary>The UUID of a machine's system (SMBIOS type 1); null where its maker has set none, or one for all.</summary>
    private static Guid? SystemUuid(Machine machine)
        => machine.Params.TryGetValue(SystemFacts, out var facts) && facts.ValueKind == JsonValueKind.Object
            && facts.TryGetProperty("Uuid", out var value) && value.ValueKind == JsonValueKind.String
            && Guid.TryParse(value.GetString(), out var uuid) && uuid.ToString("N") is var digits && digits.Distinct().Count() > 2
            && !digits.EndsWith(BoardUuid, StringComparison.Ordinal) ? uuid : null;

    /// <summary>
    /// The same UUID as firmware of another age writes it: before SMBIOS 2.6 its first three numbers were the other way round.
    /// </summary>
    private static Guid Swapped(Guid uuid) => new(uuid.ToByteArray(bigEndian: true));
}
