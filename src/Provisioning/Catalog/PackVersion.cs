using System.Globalization;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The version of a content pack: up to three numbers, with a v before them or without. What follows the first dash or plus counts for
/// nothing (DRP).
/// </summary>
internal readonly record struct PackVersion(ulong Major, ulong Minor, ulong Patch) : IComparable<PackVersion>
{
    /// <inheritdoc/>
    public int CompareTo(PackVersion other)
        => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Reads a version; "" is 0.0.0, and parts that are left out are 0.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PackVersion Parse(string text)
    {
        var (version, given) = Read(text.Length == 0 ? "0" : text);
        return given >= 0 ? version : throw new FormatException($"{text} has a number left open");
    }

    /// <summary>Reads a version of which the last parts may be open: left out, or x.</summary>
    /// <returns>The version with 0 for what is open, and how many parts are given; -1 - given where one is x.</returns>
    internal static (PackVersion Version, int Given) Read(string text)
    {
        var cut = text.AsSpan().Trim().IndexOfAny('-', '+');
        var numbers = (cut < 0 ? text.Trim() : text.Trim()[..cut]).TrimStart('v').Split('.');
        if (numbers.Length > 3) throw new FormatException($"{text} has more than three numbers");
        var parts = new ulong[3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] is "x" or "X" or "*")
            {
                if (numbers[i..].Any(n => n is not ("x" or "X" or "*")))
                    throw new FormatException($"{text} has a number after an open one");
                return (new PackVersion(parts[0], parts[1], parts[2]), -1 - i);
            }

            if (!ulong.TryParse(numbers[i], NumberStyles.None, CultureInfo.InvariantCulture, out parts[i]))
                throw new FormatException($"Invalid character(s) found in {(i == 0 ? "major" : i == 1 ? "minor" : "patch")} number "
                    + $"\"{(numbers[i].Length <= 40 ? numbers[i] : numbers[i][..40])}\"");
        }

        return (new PackVersion(parts[0], parts[1], parts[2]), numbers.Length);
    }
}
