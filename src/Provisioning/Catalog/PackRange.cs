using System.Buffers;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// The versions that a prerequisite takes (DRP): = == != ! &gt; &gt;= &lt; &lt;= before a version, several with blanks between (all
/// hold), || between choices (one holds). Parts that are left out or x are open.
/// </summary>
internal sealed class PackRange
{
    /// <summary>Longest range that is read, in characters.</summary>
    private const int Longest = 1000;

    private static readonly SearchValues<char> Between = SearchValues.Create("=!<> \t");

    private readonly List<List<Bound>> _choices = [];

    /// <summary>Reads a range; "" takes any version.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PackRange Parse(string text)
    {
        if (text.Length > Longest) throw new FormatException($"a range has at most {Longest} characters");
        var range = new PackRange();
        if (text.Trim().Length == 0) return range;
        foreach (var choice in text.Split("||"))
        {
            var bounds = new List<Bound>();
            var left = choice.AsSpan().Trim();
            while (left.Length > 0)
            {
                var version = left.IndexOfAnyExcept(Between);
                if (version < 0) throw new FormatException($"\"{choice.Trim()}\" ends without a version");
                var length = left[version..].IndexOfAny(Between);
                var end = length < 0 ? left.Length : version + length;
                bounds.Add(Bound.Of(left[..version].Trim().ToString(), left[version..end].ToString()));
                left = left[end..].Trim();
            }

            if (bounds.Count == 0) throw new FormatException("an empty choice takes no version");
            range._choices.Add(bounds);
        }

        return range;
    }

    /// <summary>True for a version within the range.</summary>
    public bool Has(PackVersion version) => _choices.Count == 0 || _choices.Exists(all => all.TrueForAll(b => b.Admits(version)));

    /// <summary>One bound.</summary>
    /// <param name="Operator">What stands before the version.</param>
    /// <param name="From">The first version that it names.</param>
    /// <param name="Beyond">The first version after those that it names; null where it names all that follow.</param>
    private sealed record Bound(string Operator, PackVersion From, PackVersion? Beyond)
    {
        public static Bound Of(string op, string text)
        {
            if (op is not ("" or "=" or "==" or "!" or "!=" or ">" or ">=" or "<" or "<="))
                throw new FormatException($"\"{op}\" is no operator");
            var (from, read) = PackVersion.Read(text);
            var given = read < 0 ? -1 - read : read;
            return new Bound(op, from, given switch
            {
                0 => null,
                1 => new PackVersion(from.Major + 1, 0, 0),
                2 => new PackVersion(from.Major, from.Minor + 1, 0),
                _ => new PackVersion(from.Major, from.Minor, from.Patch + 1),
            });
        }

        public bool Admits(PackVersion version)
        {
            var isBelow = version.CompareTo(From) < 0;
            var isBeyond = Beyond is { } beyond && version.CompareTo(beyond) >= 0;
            return Operator switch
            {
                "!" or "!=" => isBelow || isBeyond,
                ">" => isBeyond,
                ">=" => !isBelow,
                "<" => isBelow,
                "<=" => !isBeyond,
                _ => !isBelow && !isBeyond,
            };
        }
    }
}
