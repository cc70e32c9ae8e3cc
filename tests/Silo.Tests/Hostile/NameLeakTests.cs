using System.Net;
using System.Text;
using Anvil.Objects.Access;
using Anvil.Provisioning.Machines;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Whether something exists is told to nobody who may not see it: refusals are the same, whatever is there.</summary>
public abstract class NameLeakTests(SiloFixture silo)
{
    private static readonly string[] Readable = ["params", "stages", "tasks", "bootenvs", "workflows"];

    private static readonly string[] Named =
    [
        "profiles", "params", "stages", "tasks", "workflows", "templates", "bootenvs", "users", "subnets",
        "roles", "tenants",
    ];

    [Fact]
    public async Task ARefusalIsTheSameWhetherTheObjectIsThereOrNot()
    {
        var id = Guid.NewGuid().ToString("N")[..10];
        var own = await MachineAsync($"own-{id}", "52:54:0a:" + Octets(id));
        var victim = await MachineAsync($"vic-{id}", "52:54:0b:" + Octets(id));
        await silo.CallAsync("POST", "tasks", $$"""{"Name":"leak-{{id}}"}""");
        await silo.CallAsync("PATCH", $"machines/{victim}",
            $$"""[{"op":"replace","path":"/Stage","value":"none"},{"op":"replace","path":"/Tasks","value":["leak-{{id}}"]}]""");
        var job = (await silo.CallAsync("POST", "jobs", $$"""{"Machine":"{{victim}}"}""")).Body!["Uuid"]!.ToString();
        foreach (var kind in Named.Except(["subnets", "tasks"])) await silo.CallAsync("POST", kind, $$"""{"Name":"leak-{{id}}"}""");
        await silo.CallAsync("POST", "reservations", """{"Addr":"198.18.77.1","Token":"52:54:00:77:00:01"}""");
        await silo.CallAsync("POST", "subnets",
            $$"""{"Name":"leak-{{id}}","Subnet":"198.18.78.0/24","ActiveStart":"198.18.78.10","ActiveEnd":"198.18.78.20"}""");

        var (absent, noMac) = (Guid.NewGuid().ToString(), "52:54:0c:" + Octets(id));
        List<(string Path, string There, string Not)> pairs =
        [
            .. new[] { "", "/params", "/params/x", "/pubkey", "/boot", "/timeline" }.SelectMany(
                sub => new (string There, string Not)[]
                {
                    (victim, absent), ("Uuid:" + victim, "Uuid:" + absent), ("Key:" + victim, "Key:" + absent),
                    (victim.ToUpperInvariant(), absent.ToUpperInvariant()), ($"Name:vic-{id}", $"Name:nix-{id}"),
                    ($"Name:VIC-{id}", $"Name:NIX-{id}"), ("52:54:0b:" + Octets(id), noMac),
                    (("52:54:0b:" + Octets(id)).Replace(':', '-'), noMac.Replace(':', '-')),
                },
                (sub, texts) => ("machines/{0}" + sub, texts.There, texts.Not)),
            .. new[] { "", "/actions", "/log" }.Select(sub => ("jobs/{0}" + sub, job, absent)),
            ("jobs/{0}", "Uuid:" + job, "Uuid:" + absent),
            .. Named.SelectMany(kind => new[] { ($"{kind}/{{0}}", $"leak-{id}", $"nope-{id}"),
                ($"{kind}/{{0}}", $"Name:leak-{id}", $"Name:nope-{id}") }),
            .. new[] { "profiles", "stages" }.SelectMany(kind => new[] { "/params", "/params/x", "/pubkey" }.Select(
                sub => ($"{kind}/{{0}}{sub}", $"leak-{id}", $"nope-{id}"))),
            .. new[] { "/token", "/password" }.Select(sub => ("users/{0}" + sub, $"leak-{id}", $"nope-{id}")),
            ("users/{0}", "rocketskates", "rocketskatez"),
            ("reservations/{0}", "198.18.77.1", "198.18.77.2"), ("reservations/{0}", "C6124D01", "C6124D02"),
            ("leases/{0}", "198.18.77.1", "198.18.77.2"), ("leases/{0}/history", "198.18.77.1", "198.18.77.2"),
            ("timeline/{0}", "52:54:0b:" + Octets(id), noMac),
        ];
        foreach (var (attacker, who) in await AttackersAsync(own, absent))
        {
            using (attacker)
            {
                await CompareAsync(attacker, who, pairs, victim);

                // Lists and counts, too, and what waits for a change of what may not be seen.
                foreach (var list in Named.Except(Readable).Append("machines").Append("jobs").Append("leases").Append("reservations"))
                {
                    var all = await AskAsync(attacker, "GET", list, "");
                    Assert.EndsWith("\n[]", all, StringComparison.Ordinal);
                    Assert.Equal(all, await AskAsync(attacker, "GET", $"{list}?Name=vic-{id}", ""));
                    Assert.Equal(all, await AskAsync(attacker, "GET", $"{list}?limit=1&offset=1", ""));
                }

                var info = await AskAsync(attacker, "GET", "info", "");
                Assert.DoesNotContain("machines.count", info, StringComparison.Ordinal);
                using var waiting = new HttpRequestMessage(HttpMethod.Get, $"machines/{victim}");
                waiting.Headers.TryAddWithoutValidation("Prefer", "wait=3600");
                waiting.Headers.TryAddWithoutValidation("If-None-Match", "\"1\", \"2\", \"3\"");
                using var answer = await attacker.SendAsync(waiting).WaitAsync(TimeSpan.FromSeconds(30));
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            }
        }
    }

    private static async Task CompareAsync(HttpClient attacker, string who, List<(string Path, string There, string Not)> pairs,
        string victim)
    {
        foreach (var (path, there, not) in pairs)
        {
            foreach (var method in new[] { "GET", "HEAD", "PUT", "PATCH", "DELETE", "POST" })
            {
                if (Readable.Any(k => path.StartsWith(k + "/", StringComparison.Ordinal)) && method is ("GET" or "HEAD")) continue;
                var (one, other) = (await AskAsync(attacker, method, path, there), await AskAsync(attacker, method, path, not));
                Assert.True(one == other, $"{who}: {method} {path} of {there} and {not}:\n{one}\n{other}");
                Assert.DoesNotContain(victim, one.Replace(there, "", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>A machine finds itself by whichever index.</summary>
    [Fact]
    public async Task WhoMayReachOneObjectFindsItByItsIndexes()
    {
        var id = Guid.NewGuid().ToString("N")[..10];
        var mac = "52:54:0d:" + Octets(id);
        var own = await MachineAsync($"self-{id}", mac);
        using var machine = silo.Client((await silo.Service<AccessService>().ForRenderingAsync(
            new Machine { Uuid = own }))(own, TimeSpan.FromMinutes(5)));
        var texts = new[] { own, "Uuid:" + own, "Key:" + own, $"Name:self-{id}", $"Name:SELF-{id}", mac, mac.Replace(':', '-') };
        foreach (var text in texts)
            Assert.Equal(own, (await silo.CallAsync("GET", "machines/" + text, client: machine)).Body!["Uuid"]!.ToString());
        var limited = (await silo.CallAsync("GET", $"users/rocketskates/token?scope=machines&action=get,update&specific={own}"))
            .Body!["Token"]!.ToString();
        using var narrow = silo.Client(limited);
        foreach (var text in texts)
        {
            Assert.Equal(own, (await silo.CallAsync("GET", "machines/" + text, client: narrow)).Body!["Uuid"]!.ToString());
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("PATCH", "machines/" + text,
                """[{"op":"replace","path":"/Description","value":"mine"}]""", narrow)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await silo.CallAsync("DELETE", "machines/" + text, client: narrow)).Status);
        }
    }

    private static string Octets(string id) => $"{id[..2]}:{id[2..4]}:{id[4..6]}".ToLowerInvariant();

    private static async Task<string> AskAsync(HttpClient client, string method, string path, string text)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method),
            path.Replace("{0}", Uri.EscapeDataString(text), StringComparison.Ordinal));
        if (method is "PUT" or "POST" or "PATCH")
        {
            var body = method == "PATCH" ? """[{"op":"add","path":"/Description","value":"x"}]"""
                : path.EndsWith("/password", StringComparison.Ordinal) ? """{"Password":"p"}""" : "{}";
            request.Content = new StringContent(body, Encoding.UTF8,
                path.EndsWith("/log", StringComparison.Ordinal) ? "application/octet-stream" : "application/json");
        }

        using var response = await client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date" && h.Key != "Content-Length")
            .Select(h => $"{h.Key}: {string.Join(",", h.Value)}").Order(StringComparer.Ordinal);
        var said = $"{(int)response.StatusCode}\n{string.Join('\n', headers)}\n{await response.Content.ReadAsStringAsync()}";
        // Both the text as it was sent, escaped or not, and what it is without its index may be repeated.
        foreach (var form in new[] { text, Uri.EscapeDataString(text) }.Where(f => f.Length > 0))
            said = said.Replace(form, "TEXT", StringComparison.Ordinal);
        return said;
    }

    private async Task<List<(HttpClient Client, string Who)>> AttackersAsync(string own, string absent)
    {
        var tokens = silo.Service<AccessService>();
        var minutes = TimeSpan.FromMinutes(10);
        async Task<HttpClient> LimitedAsync(string limits)
            => silo.Client((await silo.CallAsync("GET", $"users/rocketskates/token?{limits}")).Body!["Token"]!.ToString());
        var user = $"narrow-{Guid.NewGuid():N}";
        await silo.CallAsync("POST", "users", $$"""{"Name":"{{user}}"}""");
        var plain = (await silo.CallAsync("GET", $"users/{user}/token")).Body!["Token"]!.ToString();
        return
        [
            (silo.Client((await tokens.ForRenderingAsync(new Machine { Uuid = own }))(own, minutes)), "a machine"),
            (silo.Client((await tokens.ForRenderingAsync(null))(null, minutes)), "an unknown machine"),
            (silo.Client(plain), "a user without roles"),
            (await LimitedAsync($"scope=machines&action=get&specific={own}"), "a token for one machine"),
            (await LimitedAsync($"scope=*&action=*&specific={own},zz-none,{absent[..8]}"), "a token for some keys"),
            (await LimitedAsync("scope=zz&action=*&specific=*"), "a token for nothing"),
        ];
    }

    private async Task<string> MachineAsync(string name, string mac)
    {
        var (status, made) = await silo.CallAsync("POST", "machines",
            $$"""{"Name":"{{name}}","BootEnv":"local","HardwareAddrs":["{{mac}}"]}""");
        Assert.Equal(HttpStatusCode.Created, status);
        return made!["Uuid"]!.ToString();
    }
}

/// <summary>Names of one silo on SQLite.</summary>
public sealed class SingleNameLeakTests(SingleSilo silo) : NameLeakTests(silo), IClassFixture<SingleSilo>;

/// <summary>Names of a cluster on PostgreSQL.</summary>
public sealed class ClusterNameLeakTests(SiloCluster silo) : NameLeakTests(silo), IClassFixture<SiloCluster>;
