using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Silo.Tests.Hostile;

namespace Anvil.Silo.Tests.OpenApi;

/// <summary>
/// Whatever the API's document allows is asked, and a little more: no answer is an error of the server's, and each has a status, a media
/// type and a body that the document promises of that call. Each failure names the seed and the request.
/// </summary>
public abstract class OpenApiFuzzTests(SiloFixture silo)
{
    private const int MostFailures = 20;
    private const int Tries = 20;

    /// <summary>Requests of a run.</summary>
    protected abstract int Requests { get; }

    [Fact]
    public async Task WhatTheDocumentPromisesHolds()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = silo.Http.DefaultRequestHeaders.Authorization;
        var server = new Uri($"http://127.0.0.1:{silo.ApiPort}");
        var document = JsonNode.Parse(await http.GetStringAsync(new Uri(server, "openapi.json")))!;
        var check = new SchemaCheck(document);
        var calls = document["paths"]!.AsObject()
            .SelectMany(p => p.Value!.AsObject().Select(o => (Method: o.Key.ToUpperInvariant(), Path: p.Key, Operation: o.Value!)))
            .ToList();
        var keys = await MakeAsync();
        var (failures, answered) = (new List<string>(), new Dictionary<string, int>(StringComparer.Ordinal));
        for (var n = 0; n < Requests && failures.Count < MostFailures; n++)
        {
            // Each call in its turn, so that none is left out.
            var (method, path, operation) = calls[n % calls.Count];
            var seed = 7_919 + n;
            for (var tries = 1; ; tries++)
            {
                using var request = new PromisedCall(new Random(seed), check, keys).Make(server, method, path, operation);
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null && tries < Tries)
                    continue;
                var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
                answered[status] = answered.GetValueOrDefault(status) + 1;
                if (await ProblemAsync(answer, operation, check) is { } problem)
                {
                    var body = request.Content is { } content ? await content.ReadAsStringAsync() : "";
                    failures.Add($"seed {seed}: {method} {request.RequestUri!.PathAndQuery} {body}: {status}, {problem}");
                }

                break;
            }
        }

        var counts = string.Join(", ", answered.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}: {a.Value}"));
        TestContext.Current.TestOutputHelper?.WriteLine(counts);
        Assert.True(failures.Count == 0, $"{failures.Count} answers are not as promised:\n{string.Join('\n', failures)}");
        Assert.True(answered.GetValueOrDefault("200") + answered.GetValueOrDefault("201") > Requests / 10,
            $"hardly a call was taken: {counts}");
    }

    private static async Task<string?> ProblemAsync(HttpResponseMessage answer, JsonNode operation, SchemaCheck check)
    {
        var status = (int)answer.StatusCode;
        if (status >= 500) return $"an error of the server's: {await answer.Content.ReadAsStringAsync()}";
        var responses = operation["responses"]!;
        var promised = responses[status.ToString(CultureInfo.InvariantCulture)]
            ?? responses[string.Create(CultureInfo.InvariantCulture, $"{status / 100}XX")];
        if (promised is null) return "a status that is not promised";
        var media = answer.Content.Headers.ContentType?.MediaType ?? "";
        if (promised["content"] is not JsonObject content)
            return answer.Content.Headers.ContentLength > 0 && answer.RequestMessage!.Method != HttpMethod.Head
                ? $"a body that is not promised ({media})" : null;
        if (content.ContainsKey("*/*") || (content.ContainsKey(media) && content[media]!["schema"] is null)) return null;
        if (content[media]?["schema"] is not { } schema) return $"the media type {media} is not promised";
        var text = await answer.Content.ReadAsStringAsync();
        try
        {
            return check.Problem(JsonNode.Parse(text), schema) is { } problem ? $"{problem}: {text[..Math.Min(text.Length, 400)]}" : null;
        }
        catch (JsonException e)
        {
            return $"no JSON ({e.Message}): {text[..Math.Min(text.Length, 200)]}";
        }
    }

    private async Task<Dictionary<string, List<string>>> MakeAsync()
    {
        var keys = new Dictionary<string, List<string>>(StringComparer.Ordinal) { ["leases"] = ["10.0.0.1"] };
        foreach (var kind in GoodObjects.Kinds)
        {
            keys[kind] = [];
            foreach (var number in new[] { 201, 202, 203 })
                keys[kind].Add(GoodObjects.KeyOf(kind, await silo.OkAsync("POST", kind, GoodObjects.Of(kind, number).ToJsonString())));
        }

        keys["jobs"] = [];
        foreach (var machine in keys["machines"])
            keys["jobs"].Add((await silo.OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))["Uuid"]!.ToString());
        return keys;
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleOpenApiFuzzTests(SingleSilo silo) : OpenApiFuzzTests(silo), IClassFixture<SingleSilo>
{
    /// <inheritdoc/>
    protected override int Requests => 4000;
}

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterOpenApiFuzzTests(SiloCluster silos) : OpenApiFuzzTests(silos), IClassFixture<SiloCluster>
{
    /// <inheritdoc/>
    protected override int Requests => 1500;
}
