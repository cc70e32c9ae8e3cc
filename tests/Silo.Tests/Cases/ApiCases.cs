using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anvil.Silo.Tests.Cases;

/// <summary>
/// Small requests that once went wrong, each with what is right: one line of `api.jsonl` a case. `after` are requests that come before,
/// `then` those that come
/// after, each with what it must give; `save` keeps parts of answers for `${name}`.
/// </summary>
public sealed class ApiCases(SiloFixture silo)
{
    private static readonly string[] DeletedFirst =
        ["jobs", "machines", "workflows", "stages", "tasks", "bootenvs", "profiles", "params", "templates", "reservations", "subnets",
            "tenants", "users", "roles"];

    /// <summary>How much longer than a case says an answer may take on a busy machine.</summary>
    private const double Slack = 60;

    private readonly Dictionary<string, string> _saved = new(StringComparer.Ordinal);
    private readonly List<(string Kind, string Key)> _made = [];
    private bool _hasImported;

    /// <summary>All cases.</summary>
    public static IReadOnlyList<JsonObject> All { get; } = Of("api.jsonl");

    /// <summary>The cases of a file.</summary>
    public static IReadOnlyList<JsonObject> Of(string file)
        => [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", file)).Select(l => (JsonObject)JsonNode.Parse(l)!)];

    /// <summary>Runs a case, and takes away what it made; what it finds wrong.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(JsonObject which)
    {
        var wrong = new List<string>();
        try
        {
            foreach (var step in Steps(which, "after"))
            {
                var before = await AskAsync(step);
                var allowed = step["status"] is JsonArray list ? list.Select(s => s!.GetValue<int>()).ToList() : null;
                if (allowed?.Contains(before.Status) ?? before.Status is >= 200 and < 300) continue;
                return [$"earlier request {step["method"] ?? "GET"} {step["path"]}: {before.Status} {Short(before.Body)}"];
            }

            var expect = (JsonObject)which["expect"]!;
            wrong.AddRange(Faults(expect, await AskAsync(which)));
            foreach (var step in Steps(expect, "then"))
                wrong.AddRange(Faults((JsonObject)step["expect"]!, await AskAsync(step))
                    .Select(f => $"then {step["method"] ?? "GET"} {step["path"]}: {f}"));
        }
        finally
        {
            foreach (var step in Steps(which, "finally")) await AskAsync(step);
            await NoteImportedAsync();
            foreach (var (kind, key) in DeletedFirst.SelectMany(k => _made.Where(m => m.Kind == k).Reverse()))
                await AskAsync(new JsonObject
                {
                    ["method"] = "DELETE",
                    ["path"] = $"/{kind}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}"
                });
        }

        return wrong;
    }

    /// <summary>What a sheet has made goes as well: all that is there, as no case needs another one's.</summary>
    private async Task NoteImportedAsync()
    {
        if (!_hasImported) return;
        foreach (var kind in new[] { "machines", "reservations" })
        {
            var all = (JsonArray)(await AskAsync(new JsonObject { ["path"] = $"/{kind}" })).Json!;
            _made.AddRange(all.Select(o => (kind, o![KeyOf(kind)]!.ToString())).Except(_made));
        }
    }

    private static IEnumerable<JsonObject> Steps(JsonObject from, string name)
        => from[name] is JsonArray steps ? steps.Select(s => (JsonObject)s!) : [];

    private static string KeyOf(string kind)
        => kind switch { "machines" or "jobs" => "Uuid", "templates" => "ID", "reservations" or "leases" => "Addr", _ => "Name" };

    private async Task<Answer> AskAsync(JsonObject step)
    {
        var path = Fill(step["path"]!.ToString());
        var root = step["base"]?.ToString() == "files" ? $"http://127.0.0.1:{silo.FilePort}" : $"http://127.0.0.1:{silo.ApiPort}/api/v3";
        using var request = new HttpRequestMessage(new HttpMethod(step["method"]?.ToString() ?? "GET"), root + path);
        var content = step["raw"] is { } raw ? Fill(raw.ToString())
            : step["body"] is { } body ? Fill(body.ToJsonString()) : step.ContainsKey("body") ? "null" : null;
        if (content is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(content));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json");
        }
        else if (step["file"] is { } file)
        {
            request.Content = new ByteArrayContent(
                await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Cases", "sheets", file.ToString())));
        }

        foreach (var (name, value) in step["headers"] as JsonObject ?? [])
        {
            if (name == "Content-Type") request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(value!.ToString());
            else request.Headers.TryAddWithoutValidation(name, Fill(value!.ToString()));
        }

        var auth = Fill(step["auth"]?.ToString() ?? $"rocketskates:{SiloFixture.Password}");
        if (auth.StartsWith("Bearer ", StringComparison.Ordinal))
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", auth[7..]);
        else if (auth != "none")
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(auth)));
        var seconds = (step["expect"]?["within"]?.GetValue<double>() ?? 10) * Slack;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(seconds) };
        using var response = await http.SendAsync(request);
        var answer = new Answer((int)response.StatusCode, response, await response.Content.ReadAsStringAsync());
        Keep(step, path, answer);
        return answer;
    }

    private void Keep(JsonObject step, string path, Answer answer)
    {
        var plain = path.Split('?')[0];
        _hasImported |= plain == "/machines/import";
        if (step["method"]?.ToString() == "POST" && plain.LastIndexOf('/') == 0 && answer.Status is >= 200 and < 300
            && answer.Json is JsonObject made && made[KeyOf(plain[1..])] is JsonValue key && key.GetValueKind() == JsonValueKind.String)
            _made.Add((plain[1..], key.ToString()));
        foreach (var (name, where) in step["save"] as JsonObject ?? [])
        {
            var from = where!.ToString();
            _saved[name] = from == "body" ? answer.Body
                : from.StartsWith("header:", StringComparison.Ordinal)
                    ? answer.Header(from[7..]) ?? "" : At(answer.Json, from, out _)?.ToString() ?? "";
        }
    }

    private string Fill(string text) => Regex.Replace(text, @"\$\{(\w+)\}", m => _saved.GetValueOrDefault(m.Groups[1].Value, m.Value));

    private static List<string> Faults(JsonObject expect, Answer answer)
    {
        if (expect["any"] is JsonArray any)
        {
            var tried = any.Select(e => Faults((JsonObject)e!, answer)).ToList();
            return tried.Exists(t => t.Count == 0) ? [] : [string.Join(" / ", tried.Select(t => string.Join("; ", t)))];
        }

        var wrong = new List<string>();
        var wanted = expect["status"] switch
        {
            JsonArray list => list.Select(s => s!.GetValue<int>()).ToList(),
            JsonValue one => [one.GetValue<int>()],
            _ => null
        };
        if (wanted is not null ? !wanted.Contains(answer.Status) : answer.Status is < 200 or >= 300 && expect["any_status"] is null)
            wrong.Add($"status {answer.Status} {Short(answer.Body)}, wanted {(wanted is null ? "2xx" : string.Join(" or ", wanted))}");
        foreach (var text in Texts(expect, "body_has").Where(t => !answer.Body.Contains(t, StringComparison.Ordinal)))
            wrong.Add($"no {text} in {Short(answer.Body)}");
        foreach (var text in Texts(expect, "body_lacks").Where(t => answer.Body.Contains(t, StringComparison.Ordinal)))
            wrong.Add($"{text} is in {Short(answer.Body)}");
        foreach (var text in Texts(expect, "body_match").Where(t => !Regex.IsMatch(answer.Body, t)))
            wrong.Add($"{Short(answer.Body)} does not match {text}");
        foreach (var (name, pattern) in expect["header"] as JsonObject ?? [])
        {
            if (answer.Header(name) is not { } value || !Regex.IsMatch(value, pattern!.ToString()))
                wrong.Add($"header {name} is {answer.Header(name) ?? "not there"}, wanted {pattern}");
        }

        if (expect["no_header"]?.ToString() is { } absent && answer.Header(absent) is not null) wrong.Add($"header {absent} is there");
        return wrong.Count > 0 ? wrong : [.. JsonFaults(expect, answer)];
    }

    private static IEnumerable<string> JsonFaults(JsonObject expect, Answer answer)
    {
        foreach (var (pointer, value) in expect["json"] as JsonObject ?? [])
        {
            var got = At(answer.Json, pointer, out var found);
            if (!found || !JsonNode.DeepEquals(got, value))
                yield return $"{pointer} is {got?.ToJsonString() ?? "absent or null"}, wanted {value?.ToJsonString() ?? "null"}";
        }

        foreach (var (pointer, pattern) in expect["json_match"] as JsonObject ?? [])
        {
            var got = At(answer.Json, pointer, out var found);
            var text = got?.GetValueKind() == JsonValueKind.String ? got.ToString() : got?.ToJsonString() ?? "null";
            if (!found || !Regex.IsMatch(text, pattern!.ToString())) yield return $"{pointer} is {Short(text)}, wanted {pattern}";
        }

        foreach (var pointer in Texts(expect, "json_absent"))
        {
            At(answer.Json, pointer, out var found);
            if (found) yield return $"{pointer} is there";
        }

        if (expect["no_null"]?.ToString() is { } root && HasNull(At(answer.Json, root, out _)))
            yield return $"a null is below {root} of {Short(answer.Body)}";
        if (expect["count"] is { } count && (answer.Json as JsonArray)?.Count != count.GetValue<int>())
            yield return $"{(answer.Json as JsonArray)?.Count} rows, wanted {count}";
        if (expect["names"] is not JsonArray names) yield break;
        var rows = (answer.Json as JsonArray)?.Select(r => (r!["Name"] ?? r["Addr"] ?? r["ID"])!.ToString()).ToList() ?? [];
        if (!rows.SequenceEqual(names.Select(n => n!.ToString())))
            yield return $"rows {string.Join(", ", rows)}, wanted {names.ToJsonString()}";
    }

    private static IEnumerable<string> Texts(JsonObject expect, string name)
        => expect[name] is JsonArray texts ? texts.Select(t => t!.ToString()) : [];

    private static bool HasNull(JsonNode? node) => node switch
    {
        null => true,
        JsonObject map => map.Any(p => HasNull(p.Value)),
        JsonArray list => list.Any(HasNull),
        _ => false,
    };

    private static JsonNode? At(JsonNode? node, string pointer, out bool found)
    {
        found = true;
        foreach (var token in pointer.Split('/').Skip(1)
            .Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (node is JsonObject map && map.TryGetPropertyValue(token, out var value)) node = value;
            else if (node is JsonArray list && int.TryParse(token, out var i) && i < list.Count && i >= -list.Count)
                node = list[i < 0 ? list.Count + i : i];
            else
            {
                found = false;
                return null;
            }
        }

        return node;
    }

    private static string Short(string text) => text.Length <= 300 ? text : text[..300] + "…";

    private sealed record Answer(int Status, HttpResponseMessage Response, string Body)
    {
        /// <summary>The JSON that came; null when it is none.</summary>
        public JsonNode? Json { get; } = Parse(Body);

        public string? Header(string name)
            => Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values)
                ? string.Join(", ", values) : null;

        private static JsonNode? Parse(string body)
        {
            try
            {
                return body.Length == 0 ? null : JsonNode.Parse(body);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
