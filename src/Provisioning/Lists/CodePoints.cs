namespace Anvil.Provisioning.Lists;

/// <summary>
/// Order of texts by code point, which is the order of their UTF-8 octets and so that of both databases; .NET's ordinal order is that of
/// UTF-16.
/// </summary>
public sealed class CodePoints : IComparer<string>
{
    private CodePoints()
    {
    }

    /// <summary>The one comparer.</summary>
    public static CodePoints Order { get; } = new();

    /// <summary>Compares two texts.</summary>
    public static int Compare(string x, string y)
    {
        var same = x.AsSpan().CommonPrefixLength(y);
        if (same == x.Length || same == y.Length) return x.Length.CompareTo(y.Length);
        return Weight(x[same]).CompareTo(Weight(y[same]));
    }

    /// <summary>The first code points of a text.</summary>
    public static string First(string text, int count)
    {
        if (text.Length <= count) return text;
        var at = 0;
        for (var n = 0; n < count && at < text.Length; n++)
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        return at == text.Length ? text : text[..at];
    }

    /// <summary>True for a text that both databases can hold: Unicode without U+0000 and without half a surrogate pair.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsLowSurrogate(text[i])) return false;
            if (!char.IsHighSurrogate(text[i])) continue;
            if (++i == text.Length || !char.IsLowSurrogate(text[i])) return false;
        }

        return true;
    }

    int IComparer<string>.Compare(string? x, string? y) => Compare(x ?? "", y ?? "");

    /// <summary>Surrogates, which stand for code points from U+10000 on, come after U+E000 to U+FFFF.</summary>
    private static int Weight(char c) => c < 0xD800 ? c : c < 0xE000 ? c + 0x2000 : c - 0x800;
}
