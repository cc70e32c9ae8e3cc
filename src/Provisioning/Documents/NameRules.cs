namespace Anvil.Provisioning.Documents;

/// <summary>
/// Which names are allowed: DRP's name rules (letters are Unicode's, in one name of one script; digits are ASCII's, since those of other
/// scripts look like letters, dots, or one another), and host names for machines.
/// </summary>
public static class NameRules
{
    /// <summary>Octets of a host name without a trailing dot (RFC 1035, section 2.3.4, as text).</summary>
    public const int LongestHostName = 253;

    /// <summary>Octets of one label of a host name (RFC 1123, section 2.1).</summary>
    public const int LongestLabel = 63;

    /// <summary>Most characters of a name.</summary>
    public const int Longest = 255;


    /// <summary>True for a name that a machine can have: it becomes the host name of what is installed.</summary>
    public static bool IsMachineName(string name) => HostNameProblem(name) is null;

    /// <summary>
    /// What keeps a name from being a host name; null when nothing does. RFC 1123, section 2.1: labels of 1 to 63 letters, digits and
    /// dashes of ASCII, no
    /// dash at an end, 253 in all, and no IPv4 address. DRP takes blanks, underscores and other letters as well; installers fail on them.
    /// </summary>
    public static string? HostNameProblem(string name)
    {
        if (name.Length == 0) return "a machine needs a name";
        if (name.Length > LongestHostName) return $"a host name has at most {LongestHostName} characters";
        var labels = name.Split('.');
        foreach (var label in labels)
        {
            if (label.Length == 0) return "a host name has no empty part before or after a dot";
            if (label.Length > LongestLabel) return $"a part of a host name has at most {LongestLabel} characters";
            if (!label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
                return "a host name is of letters (a to z), digits, dashes and dots";
            if (label[0] == '-' || label[^1] == '-') return "no part of a host name begins or ends with a dash";
        }

        return labels.Length == 4 && labels.All(l => l.Length <= 3 && l.All(char.IsAsciiDigit)) ? "a host name is no address" : null;
    }

    /// <summary>
    /// The form in which names of machines are compared: the same in either case (RFC 4343). ASCII letters only, whatever the culture.
    /// </summary>
    public static string Fold(string name) => string.Create(name.Length, name, static (folded, from) =>
    {
        for (var i = 0; i < from.Length; i++) folded[i] = from[i] is >= 'A' and <= 'Z' ? (char)(from[i] | 0x20) : from[i];
    });

    /// <summary>Templates: starts with a letter or digit.</summary>
    public static bool IsTemplateName(string name) => Check(name, digitFirst: true, extra: "");

    /// <summary>Most kinds: starts with a letter.</summary>
    public static bool IsName(string name) => Check(name, digitFirst: false, extra: "");

    /// <summary>Params: as most kinds, with slashes.</summary>
    public static bool IsParamName(string name) => Check(name, digitFirst: false, extra: "/");

    /// <summary>Users: as most kinds, with an at sign.</summary>
    public static bool IsUserName(string name) => Check(name, digitFirst: false, extra: "@");

    private static bool Check(string name, bool digitFirst, string extra)
    {
        if (name.Length is < 2 or > Longest) return false;
        if (!char.IsLetter(name[0]) && !(digitFirst && char.IsAsciiDigit(name[0]))) return false;
        // A blank at the end is not seen.
        if (name[^1] == ' ') return false;
        return LookAlikes.IsPlain(name) && name.All(
            c => char.IsLetter(c) || char.IsAsciiDigit(c) || "- _.".Contains(c, StringComparison.Ordinal)
                || extra.Contains(c, StringComparison.Ordinal));
    }
}
