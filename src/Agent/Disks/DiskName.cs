using System.Text.RegularExpressions;

namespace Anvil.Agent.Disks;

/// <summary>Order of the kernel's names of disks: numbers are numbers (nvme2n1 before nvme10n1), and sdaa comes after sdz.</summary>
public sealed partial class DiskName : IComparer<string>
{
    /// <summary>The order.</summary>
    public static DiskName Order { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var (left, right) = (Parts(x ?? ""), Parts(y ?? ""));
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (ComparePart(left[i], right[i]) is not 0 and var order) return order;
        }

        return left.Count != right.Count ? left.Count - right.Count : string.CompareOrdinal(x, y);
    }

    private static int ComparePart(string left, string right)
    {
        // Counted by letters, as columns of a sheet are: the shorter comes first.
        var isCounted = (left.Length > 0 && char.IsAsciiDigit(left[0]) && right.Length > 0 && char.IsAsciiDigit(right[0]))
            || (left.StartsWith('+') && right.StartsWith('+'));
        var (a, b) = isCounted ? (left.TrimStart('0'), right.TrimStart('0')) : (left, right);
        return isCounted && a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(a, b);
    }

    /// <summary>A name's runs of digits and of what is none; letters that count are a run of their own, marked with a plus.</summary>
    private static List<string> Parts(string name)
    {
        var counted = Counted().Match(name);
        return [.. counted.Success ? [counted.Groups[1].Value, '+' + counted.Groups[2].Value] : Array.Empty<string>(),
            .. Runs().Matches(counted.Success ? name[counted.Length..] : name).Select(m => m.Value)];
    }

    [GeneratedRegex("^(sd|vd|xvd|hd|dasd|rssd|skd)([a-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Counted();

    [GeneratedRegex("[0-9]+|[^0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Runs();
}
