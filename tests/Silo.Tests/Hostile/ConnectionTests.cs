using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Connections that are opened and not used, or used slowly, end; and are few for one source.</summary>
public sealed class ConnectionTests(ConnectionTests.Program silo) : IClassFixture<ConnectionTests.Program>
{
    private const int OfSource = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task OneSourceHasSoManyConnections()
    {
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < OfSource; i++)
            {
                open.Add(await ConnectAsync("127.0.0.4"));
                Assert.StartsWith("HTTP/1.1 200", await HealthAsync(open[^1]), StringComparison.Ordinal);
            }

            Assert.Equal("", await HealthAsync("127.0.0.4"));
            Assert.StartsWith("HTTP/1.1 200", await HealthAsync("127.0.0.5"), StringComparison.Ordinal);
            open[0].Dispose();
            await Wait.UntilAsync(
                async () => (await HealthAsync("127.0.0.4")).StartsWith("HTTP/1.1 200", StringComparison.Ordinal), Soon,
                () => "the place of a connection that was closed is not free");
        }
        finally
        {
            foreach (var socket in open) socket.Dispose();
        }
    }

    /// <summary>What never comes whole: the first line, headers, a body, and the chunks of one; and an answer that is not read.</summary>
    [Theory]
    [InlineData("GET /healthz HT", "408")]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n", "408")]
    [InlineData("POST /api/v3/profiles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"
        + "Authorization: TOKEN\r\n\r\n{", "408")]
    [InlineData("POST /api/v3/profiles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        + "Authorization: TOKEN\r\n\r\n5\r\n{", "408")]
    public async Task WhatNeverComesWholeIsGivenUp(string beginning, string status)
    {
        using var socket = await ConnectAsync("127.0.0.6");
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            beginning.Replace("TOKEN", silo.Silo.Http.DefaultRequestHeaders.Authorization!.ToString(), StringComparison.Ordinal)));
        var answer = await ReadAsync(socket);
        Assert.True(answer.Length == 0 || answer.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal), answer);
    }

    private async Task<string> HealthAsync(string from)
    {
        try
        {
            using var socket = await ConnectAsync(from);
            return await HealthAsync(socket);
        }
        catch (SocketException)
        {
            // Ended as soon as it was taken.
            return "";
        }
    }

    private static async Task<string> HealthAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        }
        catch (SocketException)
        {
            return "";
        }

        return await ReadAsync(socket);
    }

    /// <summary>The next that comes; "" when the connection ended.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[4096];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private async Task<Socket> ConnectAsync(string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, silo.Silo.ApiPort);
        return socket;
    }

    /// <summary>A silo with few connections for each source.</summary>
    public sealed class Program : IAsyncLifetime
    {
        public SiloProgram Silo { get; } = new($"--Silo:ConnectionsOfSource={OfSource}");

        public async ValueTask InitializeAsync() => await Silo.StartAsync();

        public ValueTask DisposeAsync() => Silo.DisposeAsync();
    }
}
