using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Anvil.Contracts.Diagnostics;

namespace Anvil.Silo.Tests.Tls;

/// <summary>Connections that are not through with their handshake: few of one source, for a short time, in nobody's way.</summary>
public sealed class HandshakeTests(HandshakeTests.Small silo) : IClassFixture<HandshakeTests.Small>
{
    /// <summary>A quarter of those of all, which are at least 64, and at least so many.</summary>
    private const int OfSource = 16;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 22, 3, 1, 2, 0 })]
    public async Task OneSourceHasFewAndTheyEnd(byte[] sends)
    {
        var from = sends.Length == 0 ? "127.0.4.1" : "127.0.4.3";
        var (open, refused) = (new List<Socket>(), 0);
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Value is "handshake-source") Interlocked.Add(ref refused, (int)count);
            }
        });
        listener.EnableMeasurementEvents(AnvilDiagnostics.ConnectionsRefused);
        try
        {
            for (var i = 0; i < 2 * OfSource; i++) open.Add(await TrickleAsync(from, sends));
            await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref refused) >= OfSource), Soon,
                () => $"of {open.Count} connections of one source {refused} were refused their handshake");
            using var other = await TlsClient.ConnectAsync(silo.ApiPort, from: "127.0.4.2");
            Assert.StartsWith("HTTP/1.1 200", await other.HealthAsync(), StringComparison.Ordinal);
            foreach (var socket in open) Assert.True(await EndsAsync(socket), "a connection without a handshake stays");
            using var again = await TlsClient.ConnectAsync(silo.ApiPort, from: from);
            Assert.StartsWith("HTTP/1.1 200", await again.HealthAsync(), StringComparison.Ordinal);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }
    }

    /// <summary>Those that are through count no more.</summary>
    [Fact]
    public async Task ThoseThatAreThroughMakeRoom()
    {
        var open = new List<TlsClient>();
        try
        {
            for (var i = 0; i < 2 * OfSource; i++) open.Add(await TlsClient.ConnectAsync(silo.ApiPort, from: "127.0.4.4"));
            foreach (var client in open) Assert.StartsWith("HTTP/1.1 200", await client.HealthAsync(), StringComparison.Ordinal);
        }
        finally
        {
            open.ForEach(c => c.Dispose());
        }
    }

    /// <summary>A connection that sends so much and no more; it may be ended before.</summary>
    private async Task<Socket> TrickleAsync(string from, byte[] sends)
    {
        var socket = await TlsClient.OpenAsync(silo.ApiPort, from);
        try
        {
            if (sends.Length > 0) await socket.SendAsync(sends);
        }
        catch (SocketException)
        {
            // It was refused already.
        }

        return socket;
    }

    /// <summary>True when the other side ends the connection, whatever it said before.</summary>
    private static async Task<bool> EndsAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Soon);
        var buffer = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) > 0)
            {
                // An alert, for one.
            }

            return true;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A silo whose ports take few connections.</summary>
    public sealed class Small : SiloFixture
    {
        protected override Task StartAsync() => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0",
            "--Silo:Connections=64", "--Silo:ConnectionsOfSource=64", $"--Silo:PlainApi:0={HttpsSilo.Plain}");
    }
}
