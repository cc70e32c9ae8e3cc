namespace Anvil.Provisioning.Documents;

/// <summary>Which names are allowed (DRP's name rules; letters and digits are Unicode's).</summary>
public static class NameRules
{
    private const int Longest = 255;

    /// <summary>Machines and templates: starts with a letter or digit.</summary>
    public static bool IsMachineName(string name) => Check(name, digitFirst: true, extra: "");

    /// <summary>Most kinds: starts with a letter.</summary>
    public static bool IsName(string name) => Check(name, digitFirst: false, extra: "");

    /// <summary>Params: as most kinds, with slashes.</summary>
    public static bool IsParamName(string name) => Check(name, digitFirst: false, extra: "/");

    /// <summary>Users: as most kinds, with an at sign.</summary>
    public static bool IsUserName(string name) => Check(name, digitFirst: false, extra: "@");

    private static bool Check(string name, bool digitFirst, string extra)
    {
        if (name.Length is < 2 or > Longest) return false;
        if (!char.IsLetter(name[0]) && !(digitFirst && char.IsDigit(name[0]))) return false;
        return name.All(c => char.IsLetter(c) || char.IsDigit(c) || "- _.".Contains(c, StringComparison.Ordinal) || extra.Contains(c, StringComparison.Ordinal));
    }
}
