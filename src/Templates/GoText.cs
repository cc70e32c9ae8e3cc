using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Anvil.Templates;

/// <summary>
/// Texts as Go has them: octets that are mostly UTF-8. An octet that is no part of a character is kept as a surrogate that stands alone
/// (U+DC80 to U+DCFF), which no other text has, so that texts may be cut anywhere and put together again.
/// </summary>
internal static class GoText
{
    private const char FirstRaw = '\uDC80';
    private const char LastRaw = '\uDCFF';
    private const int RawOffset = 0xDC00;

    /// <summary>True for a text of ASCII alone, in which a character is an octet.</summary>
    public static bool IsPlain(string text) => Ascii.IsValid(text);

    /// <summary>The octets of a text.</summary>
    public static byte[] Bytes(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return Encoding.UTF8.GetBytes(text);
        var octets = new ArrayBufferWriter<byte>(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            if (IsRaw(text, i))
            {
                octets.GetSpan(1)[0] = (byte)(text[i++] - RawOffset);
                octets.Advance(1);
                continue;
            }

            var rune = At(text, ref i);
            octets.Advance(rune.EncodeToUtf8(octets.GetSpan(4)));
        }

        return octets.WrittenSpan.ToArray();
    }

    /// <summary>A text from octets.</summary>
    public static string From(ReadOnlySpan<byte> octets)
    {
        if (Utf8.IsValid(octets)) return Encoding.UTF8.GetString(octets);
        var text = new StringBuilder(octets.Length);
        while (octets.Length > 0)
        {
            if (Rune.DecodeFromUtf8(octets, out var rune, out var used) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
                octets = octets[used..];
                continue;
            }

            text.Append((char)(RawOffset + octets[0]));
            octets = octets[1..];
        }

        return text.ToString();
    }

    /// <summary>The number of octets.</summary>
    public static int Length(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return Encoding.UTF8.GetByteCount(text);
        var count = 0;
        for (var i = 0; i < text.Length;)
        {
            if (IsRaw(text, i))
            {
                i++;
                count++;
            }
            else
            {
                count += At(text, ref i).Utf8SequenceLength;
            }
        }

        return count;
    }

    /// <summary>Some of a text's octets.</summary>
    public static string Slice(string text, int from, int to)
        => IsPlain(text) ? text[from..to] : From(Bytes(text).AsSpan(from, to - from));

    /// <summary>The number of characters; an octet that is no part of one counts as one.</summary>
    public static int Count(string text)
    {
        var count = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i])) count--;
        }

        return count;
    }

    /// <summary>The character at a place, which then is that of the next one; what is none is U+FFFD.</summary>
    public static Rune At(string text, ref int place)
    {
        if (!Rune.TryGetRuneAt(text, place, out var rune))
        {
            place++;
            return Rune.ReplacementChar;
        }

        place += rune.Utf16SequenceLength;
        return rune;
    }

    /// <summary>True for an octet that is no part of a character.</summary>
    public static bool IsRaw(string text, int place)
        => text[place] is >= FirstRaw and <= LastRaw && (place == 0 || !char.IsHighSurrogate(text[place - 1]));

    /// <summary>A text as it is shown: octets that make a character together do so, others are U+FFFD.</summary>
    public static string Shown(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uDC80', '\uDCFF')) return text;
        var shown = new StringBuilder(text.Length);
        foreach (var rune in From(Bytes(text)).EnumerateRunes()) shown.Append(rune.ToString());
        return shown.ToString();
    }

    /// <summary>The order of texts by their octets.</summary>
    public static int Compare(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length) return a.Length.CompareTo(b.Length);
        // Characters beyond U+FFFF come after all others, though their halves do not.
        return Rank(a[same]).CompareTo(Rank(b[same]));
    }

    private static int Rank(char c) => c < 0xD800 ? c : c >= 0xE000 ? c - 0x0800 : c + 0x2000;
}
