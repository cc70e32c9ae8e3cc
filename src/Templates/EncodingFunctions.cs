using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Sprig's encoding, hashing, JSON, version and URL functions.</summary>
internal static class EncodingFunctions
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Pretty = new(Plain) { WriteIndented = true };

    public static IEnumerable<Function> All() =>
    [
        Function.OfText("b64enc", s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s))),
        Function.OfText("b64dec", s => Encoding.UTF8.GetString(Convert.FromBase64String(s))),
        Function.OfText("b32enc", s => Base32.Encode(Encoding.UTF8.GetBytes(s))),
        Function.OfText("b32dec", s => Encoding.UTF8.GetString(Base32.Decode(s))),
        Function.OfText("sha256sum", s => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(s)))),
        Function.OfText("sha512sum", s => Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(s)))),
        Function.OfText("adler32sum", s => Adler32(Encoding.UTF8.GetBytes(s)).ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Function.Of("toJson", v => Json(v)),
        Function.Of("mustToJson", v => Json(v)),
        Function.Of("toRawJson", v => Json(v)),
        Function.Of("toPrettyJson", v => JsonSerializer.Serialize(Plainly(v), Pretty)),
        Function.OfText("fromJson", FromJson),
        Function.OfText("mustFromJson", FromJson),
        Function.OfText("semver", s => Semver(s)),
        Function.OfText("semverCompare", (range, version) => SemanticVersion.Parse(version).Satisfies(range)),
        Function.OfText("urlParse", UrlParse),
        Function.Of("urlJoin", v => UrlJoin(Function.Map(v))),
    ];

    /// <summary>Compact JSON of a template value.</summary>
    internal static string Json(object? value) => JsonSerializer.Serialize(Plainly(value), Plain);

    private static object? FromJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Values.FromJson(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new TemplateFault("not JSON: " + e.Message);
        }
    }

    private static object? Plainly(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map =>
            new SortedDictionary<string, object?>(map.ToDictionary(p => p.Key, p => Plainly(p.Value)), StringComparer.Ordinal),
        IReadOnlyList<object?> list => list.Select(Plainly).ToList(),
        ITemplateObject => value.ToString(),
        _ => value,
    };

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

    private static TemplateMap Semver(string text)
    {
        var version = SemanticVersion.Parse(text);
        return new TemplateMap
        {
            ["Major"] = version.Major,
            ["Minor"] = version.Minor,
            ["Patch"] = version.Patch,
            ["Prerelease"] = version.Prerelease,
            ["Metadata"] = version.Metadata,
            ["Original"] = text,
        };
    }

    private static object? UrlParse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)) throw new TemplateFault($"\"{text}\" is not an absolute URL");
        return new TemplateMap
        {
            ["scheme"] = url.Scheme,
            ["host"] = url.IsDefaultPort ? url.Host : $"{url.Host}:{url.Port}",
            ["hostname"] = url.Host,
            ["path"] = url.AbsolutePath,
            ["query"] = url.Query.TrimStart('?'),
            ["fragment"] = url.Fragment.TrimStart('#'),
            ["userinfo"] = url.UserInfo,
            ["opaque"] = "",
        };
    }

    private static string UrlJoin(IReadOnlyDictionary<string, object?> map)
    {
        string Part(string key) => Function.Text(map.GetValueOrDefault(key));
        var user = Part("userinfo") is { Length: > 0 } info ? info + "@" : "";
        var query = Part("query") is { Length: > 0 } q ? "?" + q : "";
        var fragment = Part("fragment") is { Length: > 0 } f ? "#" + f : "";
        return $"{Part("scheme")}://{user}{Part("host")}{Part("path")}{query}{fragment}";
    }
}
