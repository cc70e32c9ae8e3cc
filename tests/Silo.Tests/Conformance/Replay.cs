using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anvil.Silo.Tests.Conformance;

/// <summary>
/// Asks a silo what was asked of a DRP server, in the same order, with the silo's own ids, and tells how the answers differ. What was left
/// out of the recording and is needed by what comes later stands in `before.jsonl`.
/// </summary>
public sealed partial class Replay(HttpClient http, string basic)
{
    private const string RecordedToken = "<token>";

    /// <summary>What says nothing of the API.</summary>
    private static readonly HashSet<string> Passed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Connection", "Content-Length", "Transfer-Encoding", "Last-Modified", "Accept-Ranges",
    };

    private static readonly List<JsonObject> Before = [.. File.ReadLines(
        Path.Combine(AppContext.BaseDirectory, "Conformance", "before.jsonl")).Select(l => (JsonObject)JsonNode.Parse(l)!)];

    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private string? _token;

    /// <summary>Replays one exchange: where its answer differs, and how.</summary>
    public async Task<IReadOnlyList<(string Where, string What)>> RunAsync(Exchange exchange)
    {
        foreach (var step in Before.Where(b => b["before"]!.ToString() == exchange.Number)) await PrepareAsync(step);
        var (status, headers, body) = await AskAsync(exchange.Method, exchange.Target, exchange.RequestHeaders, exchange.RequestBody);
        var (wanted, got) = (Json(exchange.Body), Json(body));
        if (wanted is JsonArray known && got is JsonArray found && !exchange.Target.Contains("sort=", StringComparison.Ordinal))
            InTheirOrder(known, found);
        Learn(wanted, got);
        wanted = wanted is null ? null : JsonNode.Parse(Mapped(wanted.ToJsonString()));
        var differences = new List<(string, string)>();
        if (status != exchange.Status) differences.Add(("status", $"is {status}, was {exchange.Status}"));
        foreach (var (name, value) in exchange.Headers.Where(h => !Passed.Contains(h.Key)))
        {
            if (headers.GetValueOrDefault(name) is not { } own) differences.Add((name, $"is not there, was {value}"));
            else if (own != value) differences.Add((name, $"is {own}, was {value}"));
        }

        if (exchange.Method == "HEAD") return differences;
        if (wanted is null || got is null)
        {
            if (Mapped(exchange.Body) != body.Trim()) differences.Add(("body", $"is {Short(body)}, was {Short(exchange.Body)}"));
            return differences;
        }

        differences.AddRange(JsonDifferences.Between(wanted, got));
        return differences;
    }

    private async Task PrepareAsync(JsonObject step)
    {
        var type = step["type"]?.ToString() ?? "application/json";
        var sent = step["text"]?.ToString() ?? step["body"]?.ToJsonString() ?? "";
        var (status, _, body) = await AskAsync(step["method"]!.ToString(), step["path"]!.ToString(),
            [KeyValuePair.Create("Authorization", "Basic"), KeyValuePair.Create("Content-Type", type)], sent);
        if (step["may"] is null) Assert.True(status is >= 200 and < 300, $"before {step["before"]}: {step["path"]}: {status} {body}");
        if (step["id"] is { } id && Json(body)?["Uuid"] is { } own) _ids[id.ToString()] = own.ToString();
    }

    private async Task<(int Status, Dictionary<string, string> Headers, string Body)> AskAsync(string method, string target,
        IEnumerable<KeyValuePair<string, string>> headers, string sent)
    {
        // The target goes as it was recorded: with brackets that a URI would have escaped.
        var uri = new Uri(new Uri(http.BaseAddress!, "/").ToString().TrimEnd('/') + Mapped(target),
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(method), uri);
        if (sent.Length > 0) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Mapped(sent)));
        foreach (var (name, value) in headers)
        {
            switch (name)
            {
                case "Host" or "Connection" or "Content-Length": break;
                case "Content-Type":
                    if (request.Content is { } content) content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
                    break;
                case "Authorization":
                    request.Headers.TryAddWithoutValidation(name, value.StartsWith("Basic", StringComparison.Ordinal) ? basic
                        : _token is null ? value : value.Replace(RecordedToken, _token, StringComparison.Ordinal));
                    break;
                default: request.Headers.TryAddWithoutValidation(name, value); break;
            }
        }

        using var answer = await http.SendAsync(request);
        var got = answer.Headers.Concat(answer.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase);
        return ((int)answer.StatusCode, got, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Without a word about their order, rows come by their keys, which chance has made.</summary>
    private void InTheirOrder(JsonArray wanted, JsonArray got)
    {
        var places = wanted.Select((row, place) => (Key: KeyOf(row), Place: place)).Where(r => r.Key is not null)
            .DistinctBy(r => r.Key).ToDictionary(r => _ids.GetValueOrDefault(r.Key!, r.Key!), r => r.Place, StringComparer.Ordinal);
        if (places.Count != wanted.Count || !wanted.All(r => r is JsonObject && UuidText().IsMatch(KeyOf(r) ?? ""))) return;
        var rows = got.OrderBy(r => places.GetValueOrDefault(KeyOf(r) ?? "", int.MaxValue)).ToList();
        got.Clear();
        foreach (var row in rows) got.Add(row);

        static string? KeyOf(JsonNode? row) => row is JsonObject o ? o["Uuid"]?.ToString() : null;
    }

    /// <summary>The silo's ids for those of the recording, and the token that it gave.</summary>
    private void Learn(JsonNode? wanted, JsonNode? got)
    {
        if (wanted is JsonObject a && got is JsonObject b)
        {
            if (a["Token"] is JsonValue && a["Info"] is JsonObject && b["Token"] is { } token) _token = token.ToString();
            foreach (var (name, value) in a) Learn(value, b[name]);
        }
        else if (wanted is JsonArray c && got is JsonArray d)
        {
            for (var i = 0; i < Math.Min(c.Count, d.Count); i++) Learn(c[i], d[i]);
        }
        else if (wanted is JsonValue v && got is JsonValue w && v.GetValueKind() == JsonValueKind.String
            && w.GetValueKind() == JsonValueKind.String && UuidText().IsMatch(v.ToString()) && UuidText().IsMatch(w.ToString())
            && v.ToString() != w.ToString())
        {
            _ids.TryAdd(v.ToString(), w.ToString());
        }
    }

    private string Mapped(string text) => _ids.Aggregate(text, (t, id) => t.Replace(id.Key, id.Value, StringComparison.Ordinal));

    private static JsonNode? Json(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Short(string text) => text.Length <= 160 ? text : text[..160] + "…";

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    private static partial Regex UuidText();
}
