using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>All connections of a port are taken by a few addresses: others come in all the same.</summary>
public sealed class FullPortTests(FullPortTests.Small silo) : IClassFixture<FullPortTests.Small>
{
    private const int All = 64;
    private const int OfSource = 16;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    /// <summary>
    /// By the API's port and by that of boot files: connections that send nothing, or half a head, or ask for nothing more.
    /// </summary>
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "GET /healthz HTTP/1.1\r\nX-Slow: ")]
    [InlineData(true, "GET /nothing HTTP/1.1\r\nX-Slow: ")]
    [InlineData(true, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task ThoseWithFewerComeInWhenAFewAddressesHaveThemAll(bool isFiles, string sends)
    {
        var port = isFiles ? silo.FilePort : silo.ApiPort;
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < All; i++)
            {
                var socket = await ConnectAsync($"127.0.2.{1 + (i / OfSource)}", port);
                open.Add(socket);
                if (sends.Length > 0) await socket.SendAsync(Encoding.ASCII.GetBytes(sends));
            }

            // Ten others: each comes in and stays, while those that were there try again.
            var others = new List<Socket>();
            for (var i = 0; i < 10; i++)
            {
                Socket? other = null;
                await Wait.UntilAsync(async () =>
                {
                    other = await ConnectAsync($"127.0.3.{1 + i}", port);
                    open.Add(other);
                    return (await AskAsync(other)).StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
                }, Soon, () => $"{i} came in, and no more");
                others.Add(other!);
                for (var n = 1; n <= All / OfSource; n++) open.Add(await ConnectAsync($"127.0.2.{n}", port));
            }

            foreach (var other in others) Assert.StartsWith("HTTP/1.1 ", await AskAsync(other), StringComparison.Ordinal);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }
    }

    /// <summary>Among those of the source with most, one that is being answered is not the one that goes.</summary>
    [Fact]
    public void OneWithARequestGoesAfterThoseThatHaveNone()
    {
        var table = new ConnectionTable(4, 3);
        var ended = new List<int>();
        var places = Enumerable.Range(0, 3).Select(i => table.TryTake("a", () => ended.Add(i), out _)!).ToList();
        Assert.Null(table.TryTake("a", () => { }, out var reason));
        Assert.Equal("source", reason);
        using var b = table.TryTake("b", () => ended.Add(10), out reason);
        Assert.Equal("", reason);
        places[0].Begin();
        using var c = table.TryTake("c", () => ended.Add(11), out reason);
        Assert.Equal(("displaced", 4), (reason, table.Taken));
        Assert.Equal([1], ended);
        // Two of one source, one of each other: nobody with fewer than two gains by it.
        Assert.Null(table.TryTake("b", () => { }, out reason));
        Assert.Equal("all", reason);
        places[2].Begin();
        // What is left of the source with most has requests: the one that goes on for longest.
        using var d = table.TryTake("d", () => ended.Add(12), out reason);
        Assert.Equal([1, 0], ended);
        foreach (var place in places) place.Dispose();
        Assert.Equal(3, table.Taken);
        // Given back or taken away, it is not moved any more.
        places[1].Begin();
        places[1].Rest();
        Assert.Equal(3, table.Taken);
    }

    private static async Task<Socket> ConnectAsync(string from, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException)
        {
            // Ended as soon as it was taken.
        }

        return socket;
    }

    private static async Task<string> AskAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[4096];
        try
        {
            await socket.SendAsync("HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray());
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // It was ended; or it never was.
            return "";
        }
    }

    /// <summary>A silo whose ports take few connections.</summary>
    public sealed class Small : SiloFixture
    {
        protected override Task StartAsync() => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0",
            $"--Silo:Connections={All}", $"--Silo:ConnectionsOfSource={OfSource}");
    }
}
