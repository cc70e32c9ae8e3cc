using System.Net;
using System.Net.Sockets;

namespace Anvil.Lab;

/// <summary>Carries connections from a TCP port of this host's loopback to a Unix socket.</summary>
public sealed class TcpForwarder : IDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Listens on 127.0.0.1.</summary>
    /// <exception cref="SetupException">The port is in use.</exception>
    public TcpForwarder(int port, string socket)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            _listener.Start();
        }
        catch (SocketException e)
        {
            throw new SetupException($"port {port} of 127.0.0.1 cannot be used: {e.Message}");
        }

        _ = AcceptAsync(socket);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Cancel();
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync(string socket)
    {
        try
        {
            while (true) _ = CarryAsync(await _listener.AcceptTcpClientAsync(_ending.Token), socket);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The forwarder ended.
        }
    }

    private static async Task CarryAsync(TcpClient client, string socket)
    {
        using (client)
        {
            try
            {
                using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await server.ConnectAsync(new UnixDomainSocketEndPoint(socket));
                await using var near = client.GetStream();
                await using var far = new NetworkStream(server);
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Either side hung up.
            }
        }
    }
}
