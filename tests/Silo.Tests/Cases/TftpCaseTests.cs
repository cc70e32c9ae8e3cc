using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Cases;

/// <summary>
/// Each line of `tftp.jsonl`: packets in hex from ports with names, to the server's or (`to`) to the transfer that answered that name, and
/// what comes back: `hex` begins the answer, `silence` is none, `eventually` lets repetitions of what was sent before come first.
/// </summary>
public abstract class TftpCaseTests(SiloFixture silo)
{
    /// <summary>How much longer than a case says an answer may take on a busy machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    private static IReadOnlyList<JsonObject> All { get; } =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "tftp.jsonl")).Select(l => (JsonObject)JsonNode.Parse(l)!)];

    /// <summary>The cases' names.</summary>
    public static TheoryData<string> Names { get; } = [.. All.Select(c => c["id"]!.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task WhatOnceWentWrongIsRight(string id)
    {
        var one = All.Single(c => c["id"]!.ToString() == id);
        if (one["needs"]?.ToString() is { } file) await File.WriteAllTextAsync(Path.Combine(silo.Files, file), "a boot program");
        var sockets = new Dictionary<string, Socket>(StringComparer.Ordinal);
        var transfers = new Dictionary<string, EndPoint>(StringComparer.Ordinal);
        try
        {
            foreach (var part in one["sequence"]!.AsArray().Select(p => p!.AsObject()))
            {
                var name = part["from"]?.ToString() ?? "a";
                if (!sockets.TryGetValue(name, out var socket))
                {
                    socket = sockets[name] = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                }

                var to = part["to"]?.ToString() is { } transfer ? transfers[transfer] : new IPEndPoint(IPAddress.Loopback, silo.TftpPort);
                await socket.SendToAsync(Convert.FromHexString(part["send"]!.ToString()), to);
                if (part["expect"] is not JsonObject expect) continue;
                var within = TimeSpan.FromSeconds(expect["within"]?.GetValue<double>() ?? 3);
                if (expect["silence"] is not null)
                {
                    Assert.Null(await ReceiveAsync(socket, within));
                    continue;
                }

                var wanted = expect["hex"]!.ToString();
                var got = await ReceiveAsync(socket, within + Slack);
                while (expect["eventually"] is not null && got is { } early && !early.Hex.StartsWith(wanted, StringComparison.Ordinal))
                    got = await ReceiveAsync(socket, within + Slack);
                Assert.True(got is not null, $"{one["what"]}: no answer; {one["why"]}");
                transfers[name] = got.Value.From;
                Assert.StartsWith(wanted, got.Value.Hex, StringComparison.Ordinal);
            }
        }
        finally
        {
            foreach (var socket in sockets.Values) socket.Dispose();
        }
    }

    private static async Task<(string Hex, EndPoint From)?> ReceiveAsync(Socket socket, TimeSpan within)
    {
        using var end = new CancellationTokenSource(within);
        var buffer = new byte[65_536];
        try
        {
            var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), end.Token);
            return (Convert.ToHexStringLower(buffer.AsSpan(0, received.ReceivedBytes)), received.RemoteEndPoint);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleTftpCaseTests(SingleSilo silo) : TftpCaseTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterTftpCaseTests(SiloCluster silo) : TftpCaseTests(silo), IClassFixture<SiloCluster>;
