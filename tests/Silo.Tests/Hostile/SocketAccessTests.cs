using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Access;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>What is open ends when the right to it does.</summary>
public abstract class SocketAccessTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Ends =>
        ["delete", "password", "hash by PATCH", "hash by PUT", "roles by PATCH", "roles by PUT", "secret", "expiry"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task ASocketDeliversNothingAfterItsRightEnded(string how)
    {
        foreach (var byToken in how is "expiry" ? new[] { true } : [true, false])
        {
            var name = $"ws-{Guid.NewGuid():N}";
            await silo.CallAsync("POST", "users", $$"""{"Name":"{{name}}","Roles":["superuser"]}""");
            await silo.CallAsync("PUT", $"users/{name}/password", """{"Password":"p"}""");
            var life = how == "expiry" ? 3 : 600;
            var token = (await silo.CallAsync("GET", $"users/{name}/token?ttl={life}")).Body!["Token"]!.ToString();
            using var socket = new ClientWebSocket();
            if (!byToken) socket.Options.SetRequestHeader("Authorization",
                "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(name + ":p")));
            var query = byToken ? "?token=" + token : "";
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{silo.ApiPort}/api/v3/ws{query}"), CancellationToken.None);
            await socket.SendAsync("register profiles.create.*"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            Assert.Equal("websocket", (await HearAsync(socket))!["Type"]!.ToString());
            await MakeAsync($"before-{name}");
            if (how != "expiry")
            {
                await UntilHeardAsync(socket, $"before-{name}");
                Assert.Equal(HttpStatusCode.OK, (await EndAsync(how, name)).Status);
                await MakeAsync($"after-{name}");
            }

            // The reason comes, and nothing of what happened since.
            while (await HearAsync(socket) is { } heard) Assert.NotEqual($"after-{name}", heard["Key"]!.ToString());
            Assert.Equal(WebSocketCloseStatus.PolicyViolation, socket.CloseStatus);
            Assert.NotEmpty(socket.CloseStatusDescription!);
        }
    }

    /// <summary>A read that waits for a change longer than its token lives shows nothing.</summary>
    [Fact]
    public async Task AReadThatWaitedBeyondItsRightIsRefused()
    {
        var name = $"wait-{Guid.NewGuid():N}";
        await silo.CallAsync("POST", "users", $$"""{"Name":"{{name}}","Roles":["superuser"]}""");
        await silo.CallAsync("PUT", $"users/{name}/password", """{"Password":"p"}""");
        var token = (await silo.CallAsync("GET", $"users/{name}/token")).Body!["Token"]!.ToString();
        using var client = silo.Client(token);
        var uuid = (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local"}""")).Body!["Uuid"]!.ToString();
        using var read = await client.GetAsync($"machines/{uuid}");
        using var waiting = new HttpRequestMessage(HttpMethod.Get, $"machines/{uuid}");
        waiting.Headers.TryAddWithoutValidation("Prefer", "wait=60");
        waiting.Headers.TryAddWithoutValidation("If-None-Match", read.Headers.ETag!.Tag);
        var answer = client.SendAsync(waiting);
        await silo.CallAsync("DELETE", $"users/{name}");
        await silo.CallAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Description","value":"secret"}]""");
        using var response = await answer.WaitAsync(Soon + Soon);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task UntilHeardAsync(ClientWebSocket socket, string key)
    {
        while (await HearAsync(socket) is { } heard)
        {
            if (heard["Key"]!.ToString() == key) return;
        }

        Assert.Fail($"the socket ended before {key}: {socket.CloseStatusDescription}");
    }

    /// <summary>The next frame; null when the socket was closed.</summary>
    private static async Task<JsonNode?> HearAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            if (received.MessageType == WebSocketMessageType.Close) return null;
            length += received.Count;
            if (received.EndOfMessage) return JsonNode.Parse(buffer.AsSpan(0, length))!;
        }
    }

    private async Task MakeAsync(string profile)
        => Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "profiles", $$"""{"Name":"{{profile}}"}""")).Status);

    private Task<(HttpStatusCode Status, JsonNode? Body)> EndAsync(string how, string name) => how switch
    {
        "delete" => silo.CallAsync("DELETE", $"users/{name}"),
        "password" => silo.CallAsync("PUT", $"users/{name}/password", """{"Password":"q"}"""),
        "hash by PATCH" => silo.CallAsync("PATCH", $"users/{name}",
            $$"""[{"op":"replace","path":"/PasswordHash","value":"{{Passwords.Hash("q")}}"}]"""),
        "hash by PUT" => silo.CallAsync("PUT", $"users/{name}",
            $$"""{"Name":"{{name}}","Roles":["superuser"],"PasswordHash":"{{Passwords.Hash("q")}}"}"""),
        "roles by PATCH" => silo.CallAsync("PATCH", $"users/{name}", """[{"op":"replace","path":"/Roles","value":[]}]"""),
        "roles by PUT" => silo.CallAsync("PUT", $"users/{name}", $$"""{"Name":"{{name}}"}"""),
        "secret" => silo.CallAsync("PATCH", $"users/{name}", """[{"op":"replace","path":"/Secret","value":"new"}]"""),
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };
}

/// <summary>Sockets of one silo on SQLite.</summary>
public sealed class SingleSocketAccessTests(SingleSilo silo) : SocketAccessTests(silo), IClassFixture<SingleSilo>;

/// <summary>Sockets of a cluster on PostgreSQL.</summary>
public sealed class ClusterSocketAccessTests(SiloCluster silo) : SocketAccessTests(silo), IClassFixture<SiloCluster>;
