using System.Globalization;
using Anvil.Contracts.Access;
using Anvil.Contracts.Diagnostics;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Anvil.Gateway.Api;

/// <summary>What is read from HTTP: who asks, the query, the conditions, and the body.</summary>
internal static class ApiRequest
{
    /// <summary>The header of an answer to a change that was tried, and not made.</summary>
    public const string DryRun = "X-Anvil-Dry-Run";

    private static readonly string[] JsonTypes = ["application/json", "application/json-patch+json"];

    public static Admission Admission(this HttpContext http) => (Admission)http.Items[typeof(Admission)]!;

    public static Principal Principal(this HttpContext http) => http.Admission().Principal;

    public static void Set(this HttpContext http, Admission admission) => http.Items[typeof(Admission)] = admission;

    /// <summary>The request without HTTP.</summary>
    /// <param name="http">The request.</param>
    /// <param name="words">The words that the verb knows.</param>
    /// <exception cref="ApiException">400: the query has others.</exception>
    public static ObjectRequest Asked(this HttpContext http, VerbWords words)
    {
        var asked = Read(http, words);
        // Refusals have it as well: they are what the change would be answered with.
        if (asked.IsDryRun) http.Response.Headers[DryRun] = "true";
        if (!asked.Flag("decode")) return asked;
        AnswerCompression.LeaveAsItIs(http);
        // Told before the first octet leaves; of what was refused nothing does.
        http.Response.OnStarting(() =>
        {
            if (http.Response.StatusCode < StatusCodes.Status400BadRequest
                && asked.Opened.Of(asked.Principal, $"{http.Request.Method} {asked.Place}") is { } opening)
                http.RequestServices.GetRequiredService<ISecretAudit>().Opened(opening);
            return Task.CompletedTask;
        });
        return asked;
    }

    private static ObjectRequest Read(HttpContext http, VerbWords words) => new ObjectRequest(http.Principal(), http.Request.Path)
    {
        IfMatch = EntityTags.Parse(http.Request.Headers.IfMatch),
        IfNoneMatch = EntityTags.Parse(http.Request.Headers.IfNoneMatch),
        // Only what reads waits: a change is made by the rights of now.
        Wait = http.Reads() ? Wait(http) : null,
        Room = ObjectShare.OfChange(http),
        Reading = http.Reads() ? ObjectShare.OfRead(http) : null,
        Source = http.Connection.RemoteIpAddress is { } remote && IPv4.FromIPAddress(remote) is not 0 and var source
            ? IPv4.Format(source) : "",
    }.Saying(Words(http), words);

    /// <summary>The query's words; those that differ in case alone are different ones.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Words(HttpContext http)
    {
        var words = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var pair in new QueryStringEnumerable(http.Request.QueryString.Value))
        {
            var name = pair.DecodeName().ToString();
            if (!words.TryGetValue(name, out var values)) words[name] = values = new List<string>();
            ((List<string>)values).Add(pair.DecodeValue().ToString());
        }

        return words;
    }

    /// <summary>
    /// A part of the path, decoded once; slashes that it was sent with escaped are its own. It is read from the target as it was sent:
    /// what routes go by is decoded but for its slashes, and tells no longer whether one was sent as %2F or as %252F.
    /// </summary>
    public static string Part(this HttpContext http, string name)
    {
        var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.PathSegments ?? [];
        var sent = Segments(http);
        for (var i = 0; i < Math.Min(pattern.Count, sent.Length); i++)
        {
            if (pattern[i].Parts is not [RoutePatternParameterPart part] || part.Name != name) continue;
            return Uri.UnescapeDataString(part.IsCatchAll ? string.Join('/', sent[i..]) : sent[i]);
        }

        return "";
    }

    /// <summary>The segments of the path as they were sent (RFC 9112 section 3.2: a path, or a whole URI for a proxy).</summary>
    private static string[] Segments(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var end = target.AsSpan().IndexOfAny('?', '#');
        if (end >= 0) target = target[..end];
        if (!target.StartsWith('/'))
        {
            var authority = target.IndexOf("//", StringComparison.Ordinal);
            var path = authority < 0 ? -1 : target.IndexOf('/', authority + 2);
            target = path < 0 ? "/" : target[path..];
        }

        return target[1..].Split('/');
    }

    /// <summary>
    /// Refuses a path with segments `.` or `..`, escaped or not: they are taken out before a path is looked at (RFC 3986 section 5.2.4),
    /// and what a client means to do to a param of such a name would be done to the object that has it.
    /// </summary>
    /// <exception cref="ApiException">400.</exception>
    public static void RefuseDotSegments(this HttpContext http)
    {
        foreach (var segment in Segments(http))
        {
            if (segment.Length is > 0 and <= 6 && Uri.UnescapeDataString(segment) is "." or "..")
                throw new ApiException(ApiError.BadRequest("", http.Request.Path, http.Request.Method, "a path has no segments . or .."));
        }
    }

    /// <summary>
    /// Refuses a body that is packed (RFC 9110 section 8.4): none is unpacked here, and none is to be read as what it is not. Which coding
    /// would do is none, and is said (section 12.5.3).
    /// </summary>
    /// <exception cref="ApiException">415.</exception>
    public static void RefuseCoded(this HttpContext http)
    {
        var coding = http.Request.Headers.ContentEncoding.ToString().Trim();
        if (coding.Length == 0 || coding.Equals("identity", StringComparison.OrdinalIgnoreCase)) return;
        http.Response.Headers.AcceptEncoding = "identity";
        throw new ApiException(new ApiError("", http.Request.Path, http.Request.Method,
            ["A body with a Content-Encoding is not taken: send it as it is"], 415));
    }

    /// <summary>Reads a JSON body; empty when there is none.</summary>
    /// <exception cref="ApiException">400: another content type; 413: too long.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadJsonAsync(this HttpContext http, string model)
    {
        using var step = AnvilDiagnostics.Step();
        using var octets = await http.ReadOctetsAsync(JsonLimits.Octets, model,
            most => new ApiError(model, "", http.Request.Method, [$"a body has at most {most} octets"], 413));
        if (octets.Length == 0) return default;
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type)
            || !JsonTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase))
            throw new ApiException(
                ApiError.BadRequest("", "", http.Request.Method, $"Invalid content type: {http.Request.ContentType}"));
        return octets.GetBuffer().AsMemory(0, (int)octets.Length);
    }

    /// <summary>`Prefer: wait=30` (RFC 7240 section 4.3), with `If-None-Match`, is DRP v4's long poll.</summary>
    private static TimeSpan? Wait(HttpContext http)
    {
        const double Longest = 3600;
        var text = http.Request.Headers["Prefer"].ToString();
        if (!text.StartsWith("wait=", StringComparison.Ordinal)) return null;
        return double.TryParse(text[5..].TrimEnd('s'), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, Longest)) : null;
    }
}
