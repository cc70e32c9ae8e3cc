using System.Net;
using System.Text.Json.Nodes;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>
/// Principals × operations: for whoever has one right, for machines, strangers, users without roles and users of a tenant every verb of
/// every kind is tried. What no right covers is refused: a list is empty, an object is not there, a change is forbidden.
/// </summary>
public abstract class AccessTableTests(SiloFixture silo)
{
    private static readonly string[] Verbs = ["list", "count", "get", "head", "create", "replace", "patch", "delete"];
    private static int _number = 2000;

    public static TheoryData<string> Rights => [.. new[] { "list", "get", "create", "update", "delete" }];

    /// <summary>For each kind one who has this right on it, and no other.</summary>
    [Theory]
    [MemberData(nameof(Rights))]
    public async Task OneRightIsThatRight(string right)
    {
        var kinds = Kinds();
        var there = await ThereAsync(kinds);
        var wrong = new List<string>();
        foreach (var own in kinds)
        {
            using var client = await silo.LimitedAsync($"scope={own}&action={right}&specific=*");
            foreach (var kind in kinds)
            {
                foreach (var verb in Verbs)
                {
                    var may = kind == own && RightOf(verb) == right;
                    await TryAsync($"{own} {right}", client, kind, verb, may, there, wrong);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
    }

    public static TheoryData<string> Others => ["nobody", "plain user", "boot", "stranger", "tenant"];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task OthersHaveWhatTheyAreFor(string who)
    {
        var kinds = Kinds();
        var there = await ThereAsync(kinds);
        var wrong = new List<string>();
        using var client = await ClientAsync(who, kinds);
        foreach (var kind in kinds)
        {
            foreach (var verb in Verbs)
            {
                if (who == "nobody")
                {
                    var (status, _, _) = await AskAsync(client, kind, verb, there);
                    if (status != HttpStatusCode.Unauthorized) wrong.Add($"{who}: {verb} {kind}: {status}");
                    continue;
                }

                var may = (who, kind, verb) switch
                {
                    ("boot", "params", "get" or "head") => true,
                    ("stranger", "machines", "create") => true,
                    // What it makes becomes its tenant's; a tenant, and what belongs to a machine of others, it does not make.
                    ("tenant", "tenants" or "jobs" or "reservations", "create") => false,
                    ("tenant", _, "create") => true,
                    _ => false,
                };
                await TryAsync(who, client, kind, verb, may, there, wrong);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40)));
    }

    private static string RightOf(string verb) => verb switch
    {
        "list" or "count" => "list",
        "get" or "head" => "get",
        "create" => "create",
        "replace" or "patch" => "update",
        _ => "delete",
    };

    /// <summary>All that is served with the generic verbs; leases are made by DHCP alone.</summary>
    private List<string> Kinds() => [.. silo.Service<ObjectFloor>().Kinds.Select(k => k.Prefix).Where(k => k != "leases")
        .Intersect(GoodObjects.Kinds.Append("jobs"), StringComparer.Ordinal)];

    [Fact]
    public void NoKindIsLeftOut()
        => Assert.Equal(silo.Service<ObjectFloor>().Kinds.Where(k => !IsSeen(k)).Select(k => k.Prefix).Order(StringComparer.Ordinal),
            Kinds().Append("leases").Order(StringComparer.Ordinal));

    /// <summary>What the edges tell, and the plugins that there are none of, are written by nobody.</summary>
    private static bool IsSeen(IObjectKind kind) => !kind.IsStored || kind.Prefix == "plugins";

    /// <summary>What nobody writes is read by who has the right.</summary>
    [Theory]
    [MemberData(nameof(Others))]
    public async Task WhatIsSeenIsReadByTheRightAlone(string who)
    {
        using var client = await ClientAsync(who, Kinds());
        var seen = silo.Service<ObjectFloor>().Kinds.Where(IsSeen).Select(k => k.Prefix).ToList();
        Assert.NotEmpty(seen);
        foreach (var kind in seen)
        {
            using var answer = await client.GetAsync(kind);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Equal((kind, who == "nobody" ? HttpStatusCode.Unauthorized : HttpStatusCode.OK), (kind, answer.StatusCode));
            if (who is "plain user" or "boot" or "stranger") Assert.Equal((kind, "[]"), (kind, text));
        }
    }

    private async Task<HttpClient> ClientAsync(string who, List<string> kinds)
    {
        var name = $"table-{Guid.NewGuid():N}";
        switch (who)
        {
            case "nobody":
                return new HttpClient { BaseAddress = silo.Http.BaseAddress };
            case "stranger":
                var source = await silo.Service<AccessService>().ForRenderingAsync(null);
                return silo.Client(source(null, TimeSpan.FromMinutes(5), ""));
            case "boot":
                var uuid = (await silo.OkAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local"}"""))["Uuid"]!.ToString();
                return silo.Client((await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = uuid }))(uuid,
                    TimeSpan.FromMinutes(5), ""));
            default:
                await silo.OkAsync("POST", "users",
                    $$"""{"Name":"{{name}}","Roles":[{{(who == "tenant" ? "\"superuser\"" : "")}}]}""");
                if (who == "tenant")
                {
                    await silo.OkAsync("POST", "tenants", new JsonObject
                    {
                        ["Name"] = name,
                        ["Users"] = new JsonArray(name),
                        ["Members"] = new JsonObject(kinds.Where(k => k != "jobs" && k != "reservations")
                            .Select(k => KeyValuePair.Create(k, (JsonNode?)new JsonArray()))),
                    }.ToJsonString());
                }

                return silo.Client((await silo.OkAsync("GET", $"users/{name}/token"))["Token"]!.ToString());
        }
    }

    /// <summary>An object of each kind.</summary>
    private async Task<Dictionary<string, string>> ThereAsync(List<string> kinds)
    {
        var there = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in kinds) there[kind] = await MakeAsync(kind);
        return there;
    }

    private async Task<string> MakeAsync(string kind)
    {
        var body = await BodyAsync(kind);
        return GoodObjects.KeyOf(kind, await silo.OkAsync("POST", kind, body.ToJsonString()));
    }

    /// <summary>What makes one more of a kind.</summary>
    private async Task<JsonObject> BodyAsync(string kind)
    {
        var number = Interlocked.Increment(ref _number);
        if (kind != "jobs") return GoodObjects.Of(kind, number);
        await silo.CallAsync("POST", "tasks", """{"Name":"table-task"}""");
        var machine = await silo.OkAsync("POST", "machines",
            $$"""{"Name":"job-{{number}}-{{Guid.NewGuid():N}}","Stage":"none","BootEnv":"local","Tasks":["table-task"]}""");
        return new JsonObject { ["Machine"] = machine["Uuid"]!.ToString() };
    }

    private async Task TryAsync(string who, HttpClient client, string kind, string verb, bool may, Dictionary<string, string> there,
        List<string> wrong)
    {
        if (may && verb == "delete") there = new Dictionary<string, string>(there) { [kind] = await MakeAsync(kind) };
        var (status, text, total) = await AskAsync(client, kind, verb, there);
        var isRight = (may, RightOf(verb)) switch
        {
            (true, "list") => status == HttpStatusCode.OK && total > 0,
            (true, "get") => status == HttpStatusCode.OK,
            // Jobs are changed by PATCH, and one that runs is not deleted: that is told to who might.
            (true, "update" or "delete") => status == HttpStatusCode.OK || (kind == "jobs" && (int)status is 400 or 422),
            // What a machine names is beyond that tenant as well.
            (true, _) => status == HttpStatusCode.Created
                || (who == "tenant" && kind == "machines" && status == HttpStatusCode.UnprocessableEntity),
            (false, "list") => status == HttpStatusCode.OK && total == 0 && text is "" or "[]",
            (false, "get") => status == HttpStatusCode.NotFound,
            // To a tenant's user what is beyond it is not there.
            (false, _) => status == HttpStatusCode.Forbidden || (who == "tenant" && verb != "create" && status == HttpStatusCode.NotFound),
        };
        if (!isRight) wrong.Add($"{who}: {verb} {kind} {(may ? "is its right" : "is none of its rights")}: {status} {total} {text}");
    }

    private async Task<(HttpStatusCode Status, string Text, long Total)> AskAsync(HttpClient client, string kind, string verb,
        Dictionary<string, string> there)
    {
        var key = Uri.EscapeDataString(there[kind]);
        var (method, path, body) = verb switch
        {
            "list" => ("GET", kind, null),
            "count" => ("HEAD", kind, null),
            "get" => ("GET", $"{kind}/{key}", null),
            "head" => ("HEAD", $"{kind}/{key}", null),
            "create" => ("POST", kind, (await BodyAsync(kind)).ToJsonString()),
            "replace" => ("PUT", $"{kind}/{key}", (await WholeAsync(kind, there[kind])).ToJsonString()),
            "patch" => ("PATCH", $"{kind}/{key}", """[{"op":"add","path":"/Meta/table","value":"x"}]"""),
            _ => ("DELETE", $"{kind}/{key}", null),
        };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        var total = answer.Headers.TryGetValues("X-DRP-LIST-TOTAL-COUNT", out var counts)
            ? long.Parse(counts.Single(), System.Globalization.CultureInfo.InvariantCulture) : 0;
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), total);
    }

    private async Task<JsonNode> WholeAsync(string kind, string key) => await silo.OkAsync("GET", $"{kind}/{key}");
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleAccessTableTests(SingleSilo silo) : AccessTableTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterAccessTableTests(SiloCluster silo) : AccessTableTests(silo), IClassFixture<SiloCluster>;
