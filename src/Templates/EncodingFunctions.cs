using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace Anvil.Templates;

/// <summary>Sprig's encodings and sums of octets.</summary>
internal static class EncodingFunctions
{
    private static readonly SearchValues<char> Digits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    public static IEnumerable<Function> All() =>
    [
        Function.Of("b64enc", "text", a => Convert.ToBase64String(GoText.Bytes(a.Text(0)))),
        Function.Of("b64dec", "text", a => Base64(a.Text(0), out var octets) is { } fault ? fault : GoText.From(octets)),
        Function.Of("b32enc", "text", a => Base32.Encode(GoText.Bytes(a.Text(0)))),
        Function.Of("b32dec", "text", a => Base32.Decode(a.Text(0), out var octets) is { } fault ? fault : GoText.From(octets)),
        Function.Of("sha1sum", "text", a => Convert.ToHexStringLower(Sha1(GoText.Bytes(a.Text(0))))),
        Function.Of("sha256sum", "text", a => Convert.ToHexStringLower(SHA256.HashData(GoText.Bytes(a.Text(0))))),
        Function.Of("sha512sum", "text", a => Convert.ToHexStringLower(SHA512.HashData(GoText.Bytes(a.Text(0))))),
        Function.Of("adler32sum", "text", a => Adler32(GoText.Bytes(a.Text(0))).ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>The octets of base 64; line ends count for nothing. What is wrong, as Sprig gives it in the text's place.</summary>
    public static string? Base64(string text, out byte[] octets)
    {
        octets = [];
        var digits = text.AsSpan().ContainsAny('\r', '\n')
            ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text;
        var end = digits.AsSpan().TrimEnd('=').Length;
        var wrong = digits.AsSpan(0, end).IndexOfAnyExcept(Digits);
        if (wrong < 0)
        {
            var missing = (4 - (end % 4)) % 4;
            if (missing == 3 || digits.Length != end + missing)
            {
                wrong = missing == 3 ? end : digits.Length < end + missing ? digits.Length : end + missing;
            }
            else
            {
                octets = Convert.FromBase64String(digits);
                return null;
            }
        }

        // Go names the place in the text as it was given.
        var (at, left) = (0, wrong);
        for (; at < text.Length && (left > 0 || text[at] is '\r' or '\n'); at++)
        {
            if (text[at] is not ('\r' or '\n')) left--;
        }

        return $"illegal base64 data at input byte {(wrong == digits.Length ? wrong / 4 * 4 : at)}";
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "A template asks for this sum by its name.")]
    private static byte[] Sha1(byte[] data) => SHA1.HashData(data);

    private static uint Adler32(byte[] data)
    {
        uint a = 1, b = 0;
        foreach (var octet in data)
        {
            a = (a + octet) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
