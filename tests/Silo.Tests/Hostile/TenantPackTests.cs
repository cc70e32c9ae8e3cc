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
        var layer = (await silo.OkAsync("GET", "contents", client: user)).AsArray()
            .Single(l => l!["meta"]!["Name"]!.ToString() == $"p-{_mark}")!;
        Assert.Equal("""{"profiles":1}""", layer["Counts"]!.ToJsonString());
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
        var (mine, theirs) = (await MachineAsync("mine", "01"), await MachineAsync("theirs", "02"));
        using var user = await UserAsync($$"""{"machines":["{{mine}}"]}""");
        var (own, other) = (await ReservationAsync("01", 1), await ReservationAsync("02", 2));
        await silo.SettledAsync();
        foreach (var (type, key, isHeard) in new[]
        {
            ("machines", mine, true), ("machines", theirs, false), ("reservations", own, true), ("reservations", other, false),
        })
        {
            Assert.NotEmpty((await silo.OkAsync("GET", $"events?Type={type}&Key={key}")).AsArray());
            var page = await silo.OkAsync("GET", $"events?Type={type}&Key={key}", client: user);
            Assert.Equal((type, isHeard), (type, page.AsArray().Count > 0));
        }

        // The stream from before both reservations on tells of one.
        var since = (await silo.OkAsync("GET", $"events?Type=machines&Key={mine}")).AsArray()[0]!["Time"]!.ToString();
        using var stream = await user.GetAsync($"events/stream?Type=reservations&since={Uri.EscapeDataString(since)}",
            HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await silo.OkAsync("PATCH", $"reservations/{own}", """[{"op":"add","path":"/Description","value":"later"}]""");
        var keys = new List<string>();
        while (keys.Count(k => k == own) < 2)
        {
            var line = await reader.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the stream ended");
            if (line.StartsWith("data: {", StringComparison.Ordinal)) keys.Add(JsonNode.Parse(line[6..])!["Key"]!.ToString());
        }

        Assert.DoesNotContain(other, keys);
    }

    private string Pack(params IEnumerable<string> profiles)
        => $$"""
            {"meta":{"Name":"p-{{_mark}}","Version":"1.0.0"},"sections":{"profiles":{
            {{string.Join(',', profiles.Select(p => $$"""
                "{{p}}-{{_mark}}":{"Name":"{{p}}-{{_mark}}"}
                """))}} } } }
            """;

    private string Mac(string last) => $"02:{_mark[..2]}:{_mark[2..4]}:{_mark[4..6]}:{_mark[6..8]}:{last}";

    private async Task<string> MachineAsync(string name, string mac)
        => (await silo.OkAsync("POST", "machines",
            $$"""{"Name":"{{name}}-{{_mark}}","Stage":"none","BootEnv":"local","HardwareAddrs":["{{Mac(mac)}}"]}"""))["Uuid"]!.ToString();

    /// <summary>Key of an address that is reserved for a card.</summary>
    private async Task<string> ReservationAsync(string mac, int number)
    {
        var address = $"10.{Convert.ToByte(_mark[..2], 16)}.{Convert.ToByte(_mark[2..4], 16)}.{number}";
        await silo.OkAsync("POST", "reservations", $$"""{"Addr":"{{address}}","Token":"{{Mac(mac)}}","Strategy":"MAC"}""");
        return $"0A{_mark[..4].ToUpperInvariant()}{number:X2}";
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
