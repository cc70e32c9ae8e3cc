namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The preference that says by which marks a machine that registers itself is known again, and the marks that there are.
/// </summary>
public static class HardwareMarks
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
}
