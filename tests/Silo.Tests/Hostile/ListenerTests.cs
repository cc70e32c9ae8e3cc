using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Those who listen to events, and do not read them, cost the others nothing.</summary>
public sealed class ListenerTests
{
    private const int OfUser = 100;
    private const int OfSource = 250;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    /// <summary>250 listeners that never read, and a machine of 1 MB that is patched again and again, on a silo with 512 MiB.</summary>
    [Fact]
    public async Task ThoseThatNeverReadAreFewTakeLittleAndAreClosed()
    {
        await using var silo = new SiloProgram(
            $"--Gateway:ListenersOfUser={OfUser}", $"--Gateway:ListenersOfSource={OfSource}", "--Gateway:ListenersOfMachine=2",
            "--Gateway:ListenerSeconds=20");
        silo.Environment["DOTNET_GCHeapHardLimit"] = $"0x{512L << 20:x}";
        await silo.StartAsync();
        var tokens = new List<string>();
        foreach (var user in new[] { "deaf", "deafer", "deafest" })
        {
            Assert.Equal(201, (await CallAsync(silo, "POST", "users", $$"""{"Name":"{{user}}","Roles":["superuser"]}""")).Status);
            tokens.Add((await CallAsync(silo, "GET", $"users/{user}/token")).Body!["Token"]!.ToString());
        }

        var machine = $$"""{"Name":"big","BootEnv":"local","Params":{"a":"{{new string('b', 1 << 20)}}"} }""";
        var uuid = (await CallAsync(silo, "POST", "machines", machine)).Body!["Uuid"]!.ToString();
        var opened = new List<DeafListener>();
        try
        {
            for (var i = 0; i < OfSource; i++) opened.Add(await OpenAsync(silo, tokens[i / OfUser]));
            await RefusedAsync(silo, tokens[0], $"{OfSource} listeners from one address", "127.0.0.1");
            await RefusedAsync(silo, tokens[0], $"{OfUser} listeners of one user", "127.0.0.2");
            opened.Add(await OpenAsync(silo, tokens[2], "127.0.0.2"));

            using var good = new ClientWebSocket();
            good.Options.SetRequestHeader("Authorization", silo.Http.DefaultRequestHeaders.Authorization!.ToString());
            // From an address of its own: the other's places are taken.
            using var handler = new SocketsHttpHandler { ConnectCallback = (c, t) => From("127.0.0.3", c, t) };
            using var invoker = new HttpMessageInvoker(handler);
            await good.ConnectAsync(new Uri($"ws://127.0.0.1:{silo.ApiPort}/api/v3/ws"), invoker, CancellationToken.None);
            await good.SendAsync("register machines.update.*"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            Assert.Equal("register", (await HearAsync(silo, good))!["Action"]!.ToString());
            for (var i = 0; i < 15; i++)
            {
                var patch = $$"""[{"op":"replace","path":"/Description","value":"{{i}}"}]""";
                Assert.Equal(200, (await CallAsync(silo, "PATCH", $"machines/{uuid}", patch)).Status);
                var heard = await HearAsync(silo, good);
                Assert.Equal(("machines", uuid), (heard!["Type"]!.ToString(), heard["Key"]!.ToString()));
                Assert.Equal(1 << 20, heard["Object"]!["Params"]!["a"]!.ToString().Length);
            }

            // Their places are free again.
            await Wait.UntilAsync(async () => await TryOpenAsync(silo, tokens[0]) is { } again && Add(opened, again), Soon,
                () => $"those that never read were not closed: {silo.LogEnd()}");
        }
        finally
        {
            foreach (var listener in opened) listener.Dispose();
        }
    }

    private static bool Add(List<DeafListener> opened, DeafListener listener)
    {
        opened.Add(listener);
        return true;
    }

    private static async Task<DeafListener> OpenAsync(SiloProgram silo, string token, string from = "127.0.0.1")
    {
        var (listener, answer) = await DeafListener.OpenAsync(silo.ApiPort, token, from);
        Assert.StartsWith("HTTP/1.1 101", answer, StringComparison.Ordinal);
        return listener;
    }

    private static async Task<DeafListener?> TryOpenAsync(SiloProgram silo, string token)
    {
        var (listener, answer) = await DeafListener.OpenAsync(silo.ApiPort, token);
        if (answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal)) return listener;
        listener.Dispose();
        return null;
    }

    private static async Task RefusedAsync(SiloProgram silo, string token, string why, string from)
    {
        var (listener, answer) = await DeafListener.OpenAsync(silo.ApiPort, token, from);
        using (listener)
        {
            Assert.StartsWith("HTTP/1.1 429", answer, StringComparison.Ordinal);
            Assert.Contains("Retry-After: ", answer, StringComparison.Ordinal);
            if (!answer.Contains(why, StringComparison.Ordinal)) answer += await listener.RestAsync();
            Assert.Contains(why, answer, StringComparison.Ordinal);
        }
    }

    private static async ValueTask<Stream> From(string address, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(address), 0));
        await socket.ConnectAsync(context.DnsEndPoint, cancellation);
        return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<JsonNode?> HearAsync(SiloProgram silo, ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var (buffer, length) = (new byte[4 << 20], 0);
        ValueWebSocketReceiveResult received;
        do
        {
            try
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                throw new InvalidOperationException(
                    $"one who reads heard no more: {e.Message}: running: {silo.IsRunning}, {silo.LogEnd()}", e);
            }

            length += received.Count;
        }
        while (!received.EndOfMessage);
        return received.MessageType == WebSocketMessageType.Close ? null : JsonNode.Parse(Encoding.UTF8.GetString(buffer, 0, length));
    }

    private static async Task<(int Status, JsonNode? Body)> CallAsync(SiloProgram silo, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await silo.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }
}
