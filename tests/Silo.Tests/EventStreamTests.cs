using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests;

/// <summary>The websocket of events; frames as recorded from the real system.</summary>
public abstract class EventStreamTests(SiloFixture silo)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task AListenerHearsWhatItRegisteredForAndNothingElse()
    {
        using var socket =
            await ConnectAsync(
                ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{SiloFixture.Password}"))));
        foreach (var nonsense in new[] { "bogus command", "register", "register bad" }) await SayAsync(socket, nonsense);
        Assert.Equal("bad", (await HearAsync(socket))["Key"]!.ToString());
        await SayAsync(socket, "register machines.*.*");
        Assert.Equal(("websocket", "register", "machines.*.*"), Told(await HearAsync(socket)));
        var name = $"ws-{Guid.NewGuid():N}";
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "profiles", $$"""{"Name":"{{name}}"}""")).Status);
        var uuid = (await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local"}""")).Body!["Uuid"]!.ToString();
        var made = await HearAsync(socket, e => e["Key"]!.ToString() == uuid);
        Assert.Equal(("machines", "create", uuid), Told(made));
        Assert.Equal((name, "rocketskates"), (made["Object"]!["Name"]!.ToString(), made["Principal"]!.ToString()));
        await silo.CallAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Description","value":"ws"}]""");
        Assert.Equal(("machines", "update", uuid), Told(await HearAsync(socket, e => e["Key"]!.ToString() == uuid)));
        await silo.CallAsync("DELETE", $"machines/{uuid}");
        var gone = await HearAsync(socket, e => e["Key"]!.ToString() == uuid);
        Assert.Equal(("machines", "delete", uuid), Told(gone));
        Assert.Null(gone["Object"]);
        await SayAsync(socket, "deregister machines.*.*");
        Assert.Equal(("websocket", "deregister", "machines.*.*"),
            Told(await HearAsync(socket, e => e["Type"]!.ToString() == "websocket")));
        await SayAsync(socket, $"register profiles.delete.{name}");
        Assert.Equal("register", Told(await HearAsync(socket)).Action);
        await silo.CallAsync("POST", "machines", $$"""{"Name":"{{name}}-2","BootEnv":"local"}""");
        await silo.CallAsync("DELETE", $"profiles/{name}");
        Assert.Equal(("profiles", "delete", name), Told(await HearAsync(socket)));
    }

    [Fact]
    public async Task WithoutCredentialsThereIsNoSocketAndWithoutRightsNoEvent()
    {
        using var nobody = new ClientWebSocket();
        await Assert.ThrowsAsync<WebSocketException>(() => nobody.ConnectAsync(Url(""), CancellationToken.None));
        Assert.Equal(HttpStatusCode.BadRequest, (await silo.CallAsync("GET", "ws")).Status);
        var user = $"u{Guid.NewGuid():N}";
        await silo.CallAsync("POST", "users", $$"""{"Name":"{{user}}"}""");
        await silo.CallAsync("PUT", $"users/{user}/password", """{"Password":"p"}""");
        using var socket = await ConnectAsync(("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:p"))));
        await SayAsync(socket, "register *.*.*");
        Assert.Equal("websocket", (await HearAsync(socket))["Type"]!.ToString());
        // Its own user object it may see, so what it must not see would come before that.
        await silo.CallAsync("POST", "machines", $$"""{"Name":"{{user}}","BootEnv":"local"}""");
        await silo.CallAsync("PATCH", $"users/{user}", """[{"op":"replace","path":"/Description","value":"x"}]""");
        await HearAsync(
            socket,
            heard =>
            {
                Assert.Equal(("users", user), (heard["Type"]!.ToString(), heard["Key"]!.ToString()));
                Assert.Null(heard["Object"]);
                return heard["Action"]!.ToString() == "update";
            });
    }

    [Fact]
    public async Task ManyChangesAtOnceAreAllHeard()
    {
        var token = (await silo.CallAsync("GET", "users/rocketskates/token?ttl=600")).Body!["Token"]!.ToString();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(Url("?token=" + token), CancellationToken.None);
        await SayAsync(socket, "register machines.create.*");
        await HearAsync(socket);
        var prefix = Guid.NewGuid().ToString("N");
        await Task.WhenAll(
            Enumerable.Range(0, 60)
                .Select(i => silo.CallAsync("POST", "machines", $$"""{"Name":"{{prefix}}-{{i}}","BootEnv":"local"}""")));
        var heard = new HashSet<string>(StringComparer.Ordinal);
        while (heard.Count < 60)
            heard.Add((await HearAsync(socket,
                e => e["Object"]!["Name"]!.ToString().StartsWith(prefix, StringComparison.Ordinal)))["Key"]!.ToString());
    }

    private static (string Type, string Action, string Key) Told(JsonNode happened)
        => (happened["Type"]!.ToString(), happened["Action"]!.ToString(), happened["Key"]!.ToString());

    private Uri Url(string query) => new($"ws://127.0.0.1:{silo.ApiPort}/api/v3/ws{query}");

    private async Task<ClientWebSocket> ConnectAsync((string Name, string Value) header)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(header.Name, header.Value);
        await socket.ConnectAsync(Url(""), CancellationToken.None);
        return socket;
    }

    private static Task SayAsync(ClientWebSocket socket, string text)
        => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private static async Task<JsonNode> HearAsync(ClientWebSocket socket, Func<JsonNode, bool>? wanted = null)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[1 << 20];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
                length += received.Count;
            }
            while (!received.EndOfMessage);
            var happened = JsonNode.Parse(buffer.AsSpan(0, length))!;
            if (wanted is null || wanted(happened)) return happened;
        }
    }
}

/// <summary>Events of one silo on SQLite.</summary>
public sealed class SingleEventStreamTests(SingleSilo silo) : EventStreamTests(silo), IClassFixture<SingleSilo>;

/// <summary>Events of a cluster on PostgreSQL.</summary>
public sealed class ClusterEventStreamTests(SiloCluster silos) : EventStreamTests(silos), IClassFixture<SiloCluster>;
