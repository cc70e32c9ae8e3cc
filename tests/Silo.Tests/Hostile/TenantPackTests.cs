using System.Net;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What a tenant's user has of what is everybody's: content packs, the silo's log, and the log of events.</summary>
public abstract class TenantPackTests(SiloFixture silo)
{
    private readonly string _mark = Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public async Task OfAPackATenantsUserSeesWhatItReachesAndWritesNone()
    {
        await silo.OkAsync("POST", "contents", Pack("a", "b"));
        using var user = await UserAsync($$"""{"profiles":["a-{{_mark}}"]}""");
        var shown = await silo.OkAsync("GET", $"contents/p-{_mark}", client: user);
        Assert.Equal([$"a-{_mark}"], shown["sections"]!["profiles"]!.AsObject().Select(o => o.Key));
        var written = await silo.OkAsync("GET", "contents/BackingStore", client: user);
        Assert.Null(written["sections"]!["profiles"]);
        foreach (var (method, path, body) in new[]
        {
            ("PUT", $"contents/p-{_mark}", Pack("a")), ("DELETE", $"contents/p-{_mark}", null),
            ("POST", "contents", Pack("c").Replace($"p-{_mark}", $"q-{_mark}", StringComparison.Ordinal)),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body, user);
            Assert.True(status == HttpStatusCode.Forbidden, $"{method} {path}: {status} {answer}");
            Assert.Contains("Requires: to be in no tenant", answer!.ToJsonString(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("GET", "logs", client: user)).Status);

        // A pack's object that goes is a member no longer: what comes by its key is nobody's.
        await silo.OkAsync("PUT", $"contents/p-{_mark}", Pack("b"));
        Assert.Empty((await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!["profiles"]!.AsArray());
        await silo.OkAsync("POST", "profiles", $$"""{"Name":"a-{{_mark}}"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", $"profiles/a-{_mark}", client: user)).Status);
    }

    [Fact]
    public async Task WithAPackThatIsDeletedItsObjectsLeaveTheTenant()
    {
        await silo.OkAsync("POST", "contents", Pack("a", "b"));
        using var user = await UserAsync($$"""{"profiles":["a-{{_mark}}","b-{{_mark}}"]}""");
        Assert.Equal(HttpStatusCode.NoContent, (await silo.CallAsync("DELETE", $"contents/p-{_mark}")).Status);
        Assert.Empty((await silo.OkAsync("GET", $"tenants/t-{_mark}"))["Members"]!["profiles"]!.AsArray());
    }

    [Fact]
    public async Task OfTheLogOfEventsATenantsUserReadsWhatItReaches()
    {
        await silo.OkAsync("POST", "tasks", $$"""{"Name":"task-{{_mark}}"}""");
        var (mine, theirs) = (await MachineAsync("mine"), await MachineAsync("theirs"));
        using var user = await UserAsync($$"""{"machines":["{{mine}}"]}""");
        var (own, other) = (await JobAsync(mine), await JobAsync(theirs));
        foreach (var (type, key, isHeard) in new[]
        {
            ("machines", mine, true), ("machines", theirs, false), ("jobs", own, true), ("jobs", other, false),
        })
        {
            var page = await silo.OkAsync("GET", $"events?Type={type}&Key={key}", client: user);
            Assert.Equal((type, isHeard), (type, page.AsArray().Count > 0));
            Assert.NotEmpty((await silo.OkAsync("GET", $"events?Type={type}&Key={key}")).AsArray());
        }

        // The stream from the beginning of both jobs on tells of one.
        var since = (await silo.OkAsync("GET", $"events?Type=machines&Key={mine}")).AsArray()[0]!["Time"]!.ToString();
        using var stream = await user.GetAsync($"events/stream?Type=jobs&since={Uri.EscapeDataString(since)}",
            HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var third = await JobOfAnotherTaskAsync(mine, own);
        var keys = new List<string>();
        while (!keys.Contains(third))
        {
            var line = await reader.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the stream ended");
            if (line.StartsWith("data: {", StringComparison.Ordinal)) keys.Add(JsonNode.Parse(line[6..])!["Key"]!.ToString());
        }

        Assert.Contains(own, keys);
        Assert.DoesNotContain(other, keys);
    }

    private string Pack(params IEnumerable<string> profiles)
        => $$"""
            {"meta":{"Name":"p-{{_mark}}","Version":"1.0.0"},"sections":{"profiles":{
            {{string.Join(',', profiles.Select(p => $$"""
                "{{p}}-{{_mark}}":{"Name":"{{p}}-{{_mark}}"}
                """))}} } } }
            """;

    private async Task<string> MachineAsync(string name)
        => (await silo.OkAsync("POST", "machines", $$"""
            {"Name":"{{name}}-{{_mark}}","Stage":"none","BootEnv":"local","Tasks":["task-{{_mark}}","task-{{_mark}}"]}
            """))["Uuid"]!.ToString();

    private async Task<string> JobAsync(string machine)
        => (await silo.OkAsync("POST", "jobs", $$"""{"Machine":"{{machine}}"}"""))["Uuid"]!.ToString();

    private async Task<string> JobOfAnotherTaskAsync(string machine, string before)
    {
        foreach (var state in new[] { "running", "finished" })
            await silo.OkAsync("PATCH", $"jobs/{before}", $$"""[{"op":"replace","path":"/State","value":"{{state}}"}]""");
        return await JobAsync(machine);
    }

    private async Task<HttpClient> UserAsync(string members)
    {
        await silo.OkAsync("POST", "users", $$"""{"Name":"u-{{_mark}}","Roles":["superuser"]}""");
        await silo.OkAsync("POST", "tenants", $$"""{"Name":"t-{{_mark}}","Members":{{members}},"Users":["u-{{_mark}}"]}""");
        return silo.Client((await silo.OkAsync("GET", $"users/u-{_mark}/token"))["Token"]!.ToString());
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleTenantPackTests(SingleSilo silo) : TenantPackTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterTenantPackTests(SiloCluster silo) : TenantPackTests(silo), IClassFixture<SiloCluster>;
