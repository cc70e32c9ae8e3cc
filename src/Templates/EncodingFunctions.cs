using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Sprig's encoding, hashing, JSON, version and URL functions.</summary>
internal static class EncodingFunctions
{
    /// <summary>Longest URL that is taken apart, in characters.</summary>
    private const int LongestUrl = 65_519;

    /// <summary>What one constraint of a range of versions takes: two patterns are matched.</summary>
    private const int OctetsOfConstraint = 4096;

    public static IEnumerable<Function> All() =>
    [
        Function.OfText("b64enc", s => Convert.ToBase64String(Encoding.UTF8.GetBytes(s))),
        Function.OfText("b64dec", s => Encoding.UTF8.GetString(Convert.FromBase64String(s))),
        Function.OfText("b32enc", s => Base32.Encode(Encoding.UTF8.GetBytes(s))),
        Function.OfText("b32dec", s => Encoding.UTF8.GetString(Base32.Decode(s))),
        Function.OfText("sha256sum", s => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(s)))),
        Function.OfText("sha512sum", s => Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(s)))),
        Function.OfText("adler32sum", s => Adler32(Encoding.UTF8.GetBytes(s)).ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Function.Of("toJson", (v, b) => ValueJson.Write(v, b)).ChargingAll(),
        Function.Of("mustToJson", (v, b) => ValueJson.Write(v, b)).ChargingAll(),
        Function.Of("toRawJson", (v, b) => ValueJson.Write(v, b)).ChargingAll(),
        Function.Of("toPrettyJson", (v, b) => ValueJson.Write(v, b, isPretty: true)).ChargingAll(),
        Function.OfText("fromJson", FromJson),
        Function.OfText("mustFromJson", FromJson),
        Function.OfText("semver", Semver),
        Function.OfText("semverCompare", Satisfies),
        Function.OfText("urlParse", UrlParse),
        Function.Of("urlJoin", (v, b) => UrlJoin(Function.Map(v), b)),
    ];

    private static object? FromJson(string text, RenderBudget budget)
    {
        // The reader keeps the text in UTF-8 and twelve octets for each token.
        budget.MakeText(8L * text.Length);
        try
        {
            using var document = JsonDocument.Parse(text);
            return ValueJson.Read(document.RootElement, budget);
        }
        catch (JsonException e)
        {
            throw new TemplateFault("not JSON: " + e.Message);
        }
    }

    private static object? Satisfies(string range, string version, RenderBudget budget)
    {
        budget.MakePieces(range.Length, range.AsSpan().CountAny(',', '|') + 2L, OctetsOfConstraint);
        return SemanticVersion.Parse(version).Satisfies(range);
    }

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

    private static TemplateMap Semver(string text, RenderBudget budget)
    {
        budget.MakePieces(text.Length, 2, OctetsOfConstraint);
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

    private static object? UrlParse(string text, RenderBudget budget)
    {
        if (text.Length > LongestUrl) throw new TemplateFault($"a URL has at most {LongestUrl} characters");
        budget.MakeText(256 + (64L * text.Length));
        budget.MakeMap(16);
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

    private static string UrlJoin(IReadOnlyDictionary<string, object?> map, RenderBudget budget)
    {
        string Part(string key)
        {
            var text = budget.Text(map.GetValueOrDefault(key));
            budget.MakeText(4L * text.Length);
            return text;
        }


        var user = Part("userinfo") is { Length: > 0 } info ? info + "@" : "";
        var query = Part("query") is { Length: > 0 } q ? "?" + q : "";
        var fragment = Part("fragment") is { Length: > 0 } f ? "#" + f : "";
        return $"{Part("scheme")}://{user}{Part("host")}{Part("path")}{query}{fragment}";
    }
}
