using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>
/// All kinds and verbs of the Machines API, asked as nobody should: no answer is an error of the server's or tells of its insides, and
/// what was
/// accepted can be read, listed, exported, is the same after a restart, and can be deleted. Each failure names the seed and the request.
/// </summary>
public abstract partial class ObjectFuzzTests(SiloFixture silo) : IDisposable
{
    /// <summary>Most failures that a run collects before it ends: each has a cause of its own, mostly.</summary>
    private const int MostFailures = 40;

    /// <summary>Requests between two looks at all lists.</summary>
    private const int ListEach = 300;

    /// <summary>At least one request of so many is a write that is accepted: else nothing is seen of what stored objects do.</summary>
    private const int LeastAccepted = 25;

    /// <summary>Longest that an answer may take, on a machine that has other things to do.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, List<string>> _known = [];
    private readonly Dictionary<string, int> _accepted = [];
    private readonly List<string> _failures = [];

    // Headers of any octets are sent as UTF-8; by itself the client sends none but ASCII.
    private readonly HttpClient _http = new(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });
    private int _next;

    /// <summary>Requests of a run.</summary>
    protected abstract int Requests { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public Task NoRequestBringsItDown() => RunAsync(1);

    [Fact(Explicit = true)]
    public async Task NoRequestBringsItDownWithoutEnd()
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("ANVIL_FUZZ_MINUTES"), CultureInfo.InvariantCulture, out var set)
            ? set : 10;
        var clock = Stopwatch.StartNew();
        for (var seed = Environment.TickCount; clock.Elapsed.TotalMinutes < minutes; seed++) await RunAsync(seed);
    }

    [GeneratedRegex(
        @"System\.[A-Z]|Anvil\.[A-Z]|Orleans|Npgsql|[Ss]qlite|LineNumber|BytePositionInLine|Exception|"
        + @"^ {2,}at |\.cs:|/home/|/tmp/|/usr/|/src/",
        RegexOptions.Multiline)]
    private static partial Regex Inside();

    private async Task RunAsync(int seed)
    {
        _failures.Clear();
        _accepted.Clear();
        _http.DefaultRequestHeaders.Authorization = silo.Http.DefaultRequestHeaders.Authorization;
        foreach (var kind in GoodObjects.Kinds.Concat(["jobs", "leases", "prefs"])) _known[kind] = [];
        await MakeSecretAsync();
        foreach (var kind in GoodObjects.Kinds) await OrdinaryAsync(kind, keep: true);
        for (var n = 0; n < Requests && _failures.Count < MostFailures; n++)
        {
            var own = unchecked((seed * 1_000_003) + n);
            await OneAsync(own, HostileRequest.Make(new Random(own), _known));
            if (n % ListEach == ListEach - 1) await AllAsync($"after case {n} (seed {own})");
        }

        var before = await AllAsync("before the restart");
        await silo.RestartAsync();
        var after = await AllAsync("after the restart");
        foreach (var (path, document) in before)
        {
            var was = document.ToJsonString();
            if (!after.TryGetValue(path, out var kept)) Fail($"{path} did not survive the restart: {was}");
            else if (!JsonNode.DeepEquals(document, kept))
                Fail($"{path} is not the same after the restart: {was} became {kept.ToJsonString()}");
        }

        await DeleteAllAsync(after);
        foreach (var kind in GoodObjects.Kinds) await OrdinaryAsync(kind, keep: false);
        var counts = string.Join(", ", _accepted.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key} {a.Value}"));
        TestContext.Current.TestOutputHelper?.WriteLine(counts);
        if (_accepted.Values.Sum() < Requests / LeastAccepted) Fail($"hardly a write was accepted, so that little was stored: {counts}");
        Assert.True(_failures.Count == 0, $"{_failures.Count} failures of seed {seed}:\n{string.Join('\n', _failures)}");
    }

    private async Task OneAsync(int seed, HostileRequest request)
    {
        using var message = request.Message(silo.Http.BaseAddress!);
        var (status, text) = await SendAsync(message, $"seed {seed}: {request}");
        void Bad(string what) => Fail($"seed {seed}: {what}: {request} answered {status} {Short(text)}");
        if (status is 0) return;
        if (status >= 500) Bad("an error of the server's");
        if (status >= 400 && Inside().Match(text) is { Success: true } found) Bad($"tells of its insides ({found.Value})");
        bool Has(string word) => text.Contains(word, StringComparison.Ordinal);
        if (Has("$argon2") || Has(SiloFixture.Password)) Bad("shows a password");
        if (Has(GoodObjects.Secret) && !request.Path.Contains("decode", StringComparison.Ordinal)) Bad("shows a secret");
        if (status == 200 && request.Method == "DELETE") _known[request.Kind].Remove(request.Key);
        var writes = request.Method is "POST" or "PUT" or "PATCH";
        if (writes && status is >= 200 and < 300 && Parse(text) is JsonObject made) await ReadAgainAsync(made, request, Bad);
    }

    /// <summary>What was accepted is there, as it was answered.</summary>
    private async Task ReadAgainAsync(JsonObject made, HostileRequest request, Action<string> bad)
    {
        var whole = request.Path.Split('?')[0].Count(c => c == '/') <= (request.Method == "POST" ? 1 : 2);
        if (!whole || request.Kind is "prefs" || request.Path.StartsWith("/machines/import", StringComparison.Ordinal)) return;
        var key = GoodObjects.KeyOf(request.Kind, made);
        var verb = $"{request.Method} {request.Kind}";
        _accepted[verb] = _accepted.GetValueOrDefault(verb) + 1;
        if (!_known[request.Kind].Contains(key)) _known[request.Kind].Add(key);
        if (request.Path.Contains('?', StringComparison.Ordinal)) return;
        var (status, text) = await GetAsync($"{request.Kind}/{Uri.EscapeDataString(key)}");
        if (status != 200) bad($"was accepted, but reading it answered {status} {Short(text)}");
        else if (!JsonNode.DeepEquals(Parse(text), made)) bad($"was accepted, but reads {Short(text)}");
    }

    /// <summary>Every object by its path: all lists answer, and the export does.</summary>
    private async Task<Dictionary<string, JsonNode>> AllAsync(string when)
    {
        var all = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var kind in _known.Keys.Except(["prefs"]))
        {
            var (status, text) = await GetAsync(kind);
            if (status != 200 || Parse(text) is not JsonArray rows)
            {
                Fail($"{when}: the list of {kind} answered {status} {Short(text)}");
                continue;
            }

            foreach (var row in rows) all[$"{kind}/{Uri.EscapeDataString(GoodObjects.KeyOf(kind, row!))}"] = row!;
        }

        foreach (var path in (string[])["machines/export?format=csv", "machines/export?format=xlsx", "prefs", "info"])
        {
            var (status, text) = await GetAsync(path);
            if (status != 200) Fail($"{when}: {path} answered {status} {Short(text)}");
        }

        return all;
    }

    /// <summary>All that is no pack's can be deleted again, what names others before what is named.</summary>
    private async Task DeleteAllAsync(Dictionary<string, JsonNode> all)
    {
        string[] order = ["machines", "jobs", "reservations", "subnets", "tenants", "users", "roles", "workflows", "stages", "profiles",
            "bootenvs", "tasks", "params", "templates"];
        await CallAsync("POST", "prefs",
            """{"defaultWorkflow":"","defaultStage":"none","defaultBootEnv":"sledgehammer","unknownBootEnv":"discovery"}""");
        bool IsOurs(string path)
            => path is not "users/rocketskates" and not "profiles/global" && !path.StartsWith("leases/", StringComparison.Ordinal);
        var left = all.Where(o => !(bool)o.Value["ReadOnly"]! && IsOurs(o.Key))
            .OrderBy(o => Array.IndexOf(order, o.Key.Split('/')[0])).Select(o => o.Key).ToList();
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var before = int.MaxValue; left.Count > 0 && left.Count < before;)
        {
            before = left.Count;
            foreach (var path in left.ToList())
            {
                const string Unlock = """[{"op":"replace","path":"/Locked","value":false}]""";
                if (path.StartsWith("machines/", StringComparison.Ordinal)) await CallAsync("PATCH", path, Unlock);
                var (status, text) = await CallAsync("DELETE", path);
                if (status is 200 or 404) left.Remove(path);
                else refused[path] = $"{status} {Short(text)}";
            }
        }

        foreach (var path in left) Fail($"{path} cannot be deleted: {refused[path]}");
    }

    /// <summary>An object as it should be is made, read, changed, and, unless it is kept, deleted.</summary>
    private async Task OrdinaryAsync(string kind, bool keep)
    {
        var good = GoodObjects.Of(kind, 100_000 + _next++);
        var (made, answer) = await CallAsync("POST", kind, good.ToJsonString());
        if (made != 201 || Parse(answer) is not JsonObject document)
        {
            Fail($"an ordinary object of {kind} was refused: {made} {Short(answer)}");
            return;
        }

        var key = GoodObjects.KeyOf(kind, document);
        var (changed, text) = await CallAsync("PATCH", $"{kind}/{key}", """[{"op":"replace","path":"/Description","value":"changed"}]""");
        if (changed != 200) Fail($"an ordinary patch of {kind} was refused: {changed} {Short(text)}");
        if (keep) _known[kind].Add(key);
        else if (await CallAsync("DELETE", $"{kind}/{key}") is (not 200, var why))
            Fail($"an ordinary object of {kind} cannot be deleted: {why}");
    }

    private async Task MakeSecretAsync()
    {
        await CallAsync("POST", "params", """{"Name":"fuzz-secret","Secure":true,"Schema":{"type":"string"}}""");
        var (status, text) = await CallAsync("POST", "profiles",
            $$$"""{"Name":"fuzz-secrets","Params":{"fuzz-secret":"{{{GoodObjects.Secret}}}"}}""");
        Assert.True(status is 201 or 409, text);
        _known["profiles"].Add("fuzz-secrets");
        _known["params"].Add("fuzz-secret");
    }

    private Task<(int Status, string Text)> GetAsync(string path) => CallAsync("GET", path);

    private async Task<(int Status, string Text)> CallAsync(string method, string path, string? body = null)
    {
        var address = new Uri(silo.Http.BaseAddress! + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var message = new HttpRequestMessage(new HttpMethod(method), address);
        if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await SendAsync(message, $"{method} {path}");
    }

    private async Task<(int Status, string Text)> SendAsync(HttpRequestMessage message, string what)
    {
        using var deadline = new CancellationTokenSource(Longest);
        try
        {
            using var response = await _http.SendAsync(message, deadline.Token);
            return ((int)response.StatusCode, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(deadline.Token)));
        }
        catch (OperationCanceledException)
        {
            Fail($"no answer within {Longest.TotalSeconds:F0} s: {what}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Fail($"no answer ({e.Message}): {what}");
        }

        return (0, "");
    }

    private void Fail(string what) => _failures.Add(what);

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string Short(string text) => text.Length > 600 ? text[..600] + "…" : text;
}

/// <summary>On SQLite.</summary>
public sealed class SingleObjectFuzzTests(SingleSilo silo) : ObjectFuzzTests(silo), IClassFixture<SingleSilo>
{
    /// <inheritdoc/>
    protected override int Requests => 3000;
}

/// <summary>On three silos and PostgreSQL.</summary>
public sealed class ClusterObjectFuzzTests(SiloCluster silo) : ObjectFuzzTests(silo), IClassFixture<SiloCluster>
{
    /// <inheritdoc/>
    protected override int Requests => 600;
}
