using System.Net;
using System.Net.Sockets;
using Anvil.Edge.BootHttp;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Tftp;

/// <summary>TFTP (RFC 1350, 2347, 2348, 2349, 7440), read-only. Every transfer has a socket of its own; over the limit new ones are not taken, so that those under way finish.</summary>
public sealed partial class TftpServer(BootFileResolver files, IOptions<EdgeOptions> options, ILogger<TftpServer> logger) : BackgroundService
{
    private const int MostTransfers = 512;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.TftpPort == 0) return;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        socket.Bind(new IPEndPoint(IPAddress.Any, options.Value.TftpPort));
        LogListening(options.Value.TftpPort);
        using var admitted = new SemaphoreSlim(MostTransfers);
        using var late = new CancellationTokenSource();
        var buffer = new byte[2048];
        while (!stoppingToken.IsCancellationRequested)
        {
            SocketReceiveMessageFromResult received;
            try
            {
                received = await socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                continue;
            }

            if (TftpRequest.TryParse(buffer.AsSpan(0, received.ReceivedBytes)) is not { } request) continue;
            if (!admitted.Wait(0, CancellationToken.None)) continue;
            _ = ServeAsync(request, (IPEndPoint)received.RemoteEndPoint, received.PacketInformation.Address, admitted, late.Token);
        }

        // Transfers under way finish, within bounds; a client that is cut off starts again, elsewhere.
        late.CancelAfter(DrainTime);
        for (var i = 0; i < MostTransfers; i++) await admitted.WaitAsync(CancellationToken.None);
    }

    private async Task ServeAsync(TftpRequest request, IPEndPoint client, IPAddress local, SemaphoreSlim admitted, CancellationToken cancellation)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(local, 0));
            if (Refusal(request) is { } refusal)
            {
                await socket.SendToAsync(refusal, client, cancellation);
                return;
            }

            ResolvedFile? file;
            try
            {
                file = await files.ResolveAsync(request.File, client.Address, local, "tftp", isRead: true);
            }
            catch (RenderFailedException e)
            {
                await socket.SendToAsync(TftpPacket.Error(TftpError.Undefined, e.Message), client, cancellation);
                return;
            }

            if (file is null)
            {
                files.NoteTransfer(null, client.Address, "tftp", request.File, "not found");
                await socket.SendToAsync(TftpPacket.Error(TftpError.NotFound, "file not found"), client, cancellation);
                return;
            }

            var netascii = request.Mode == "netascii";
            await using var content = netascii ? new NetasciiStream(file.Open()) : file.Open();
            var negotiated = TftpOptions.Negotiate(request.Options, netascii ? null : file.Length);
            try
            {
                var sent = await new TftpTransfer(socket, client, negotiated, content).RunAsync(cancellation);
                files.NoteTransfer(file, client.Address, "tftp", request.File, $"{sent} octets");
            }
            catch (IOException e)
            {
                files.NoteTransfer(file, client.Address, "tftp", request.File, e.Message);
            }
        }
        catch (OperationCanceledException)
        {
            // Shutting down: the client asks again.
        }
        catch (Exception e)
        {
            LogFailed(e, request.File, client.Address.ToString());
        }
        finally
        {
            try
            {
                admitted.Release();
            }
            catch (ObjectDisposedException)
            {
                // The server stopped while this transfer was under way.
            }
        }
    }

    private static byte[]? Refusal(TftpRequest request)
    {
        if (request.Opcode == TftpOpcode.Write) return TftpPacket.Error(TftpError.AccessViolation, "this server is read-only");
        return request.Mode is "octet" or "netascii" ? null : TftpPacket.Error(TftpError.IllegalOperation, "only octet and netascii");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "TFTP listens on port {Port}")]
    private partial void LogListening(int port);

    [LoggerMessage(Level = LogLevel.Error, Message = "TFTP transfer of {File} to {Client} failed")]
    private partial void LogFailed(Exception exception, string file, string client);
}
