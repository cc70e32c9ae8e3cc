using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>A websocket that wants to hear of everything and reads nothing but the answer to its handshake.</summary>
internal sealed class DeafListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        // Before it connects: what waits for it waits in the server.
        ReceiveBufferSize = 4096,
        NoDelay = true,
    };

    private DeafListener(string from) => _socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));

    /// <summary>Connects, and registers for all events.</summary>
    /// <returns>The socket, and the first line and body of the answer as they came.</returns>
    public static async Task<(DeafListener Listener, string Answer)> OpenAsync(int port, string token, string from = "127.0.0.1")
    {
        var listener = new DeafListener(from);
        await listener._socket.ConnectAsync(IPAddress.Loopback, port);
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        await listener._socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v3/ws?token={token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"));
        var buffer = new byte[2048];
        var length = 0;
        while (length < buffer.Length
            && !Encoding.UTF8.GetString(buffer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal)
            && await listener._socket.ReceiveAsync(buffer.AsMemory(length)) is var read and > 0) length += read;
        var answer = Encoding.UTF8.GetString(buffer, 0, length);
        if (answer.StartsWith("HTTP/1.1 101", StringComparison.Ordinal)) await listener._socket.SendAsync(Masked("register *.*.*"));
        return (listener, answer);
    }

    /// <summary>What more comes of an answer, until its connection rests.</summary>
    public async Task<string> RestAsync()
    {
        var buffer = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            return Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, patience.Token));
        }
        catch (OperationCanceledException)
        {
            return "";
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>A text frame with a mask of zeros (RFC 6455 section 5.2).</summary>
    private static byte[] Masked(string text) => [0x81, (byte)(0x80 | text.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
}
