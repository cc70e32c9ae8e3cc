using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Anvil.Contracts.Diagnostics;
using Anvil.Objects.Access;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Anvil.Silo.Tls;

/// <summary>
/// A port that speaks HTTPS: TLS 1.2 and 1.3. A client's first octet tells what it speaks (22 begins a TLS record, RFC 8446 section 5.1,
/// and no request): plain HTTP is served to whom the settings let, and others are told that this port speaks HTTPS.
/// </summary>
/// <param name="certificates">What is served.</param>
/// <param name="plain">Who may speak plain HTTP.</param>
/// <param name="handshakes">Places of connections that are not through with their handshake.</param>
/// <param name="idle">How long a client that may speak plain HTTP may say nothing.</param>
internal sealed class TlsPort(ServerCertificates certificates, PlainNetworks plain, ConnectionTable handshakes, TimeSpan idle)
{
    /// <summary>A handshake is done after so long, counted from when the connection was taken.</summary>
    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(10);

    /// <summary>The type of a TLS record that a handshake begins with.</summary>
    private const byte HandshakeRecord = 22;

    /// <summary>Octets of a plain request that are read before it is told, and after.</summary>
    private const int MostRead = 64 << 10;

    /// <summary>How long a plain request is read before it is told, and after.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly byte[] Told = Answer("This port speaks HTTPS: ask it by https://. Plain HTTP is served to those whom the "
        + "setting Silo:PlainApi names.\n");

    private ConnectionDelegate? _http;

    /// <summary>Puts it into a port; what is added after it has what came out of TLS, or what was plain.</summary>
    public void Use(ListenOptions listen)
    {
        listen.Use(next => connection => BeginAsync(connection, next));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = Handshake,
            OnConnection = _ => ValueTask.FromResult(certificates.Current.Options),
        });
        listen.Use(next =>
        {
            _http = next;
            return connection =>
            {
                connection.Features.Get<Handshaking>()?.Place.Dispose();
                return next(connection);
            };
        });
    }

    private async Task BeginAsync(ConnectionContext connection, ConnectionDelegate tls)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var mayBePlain = plain.Has(address);
        ConnectionPlace? place = null;
        try
        {
            // Who may be plain may be silent, too, as on any port; whether it is to shake hands is known by its first octet.
            if (!mayBePlain && (place = Take(connection, address)) is null) return;
            if (await FirstAsync(connection, mayBePlain ? idle : Handshake) is not { } first) return;
            if (first != HandshakeRecord)
            {
                place?.Dispose();
                await (mayBePlain ? _http!(connection) : TellAsync(connection));
                return;
            }

            place ??= Take(connection, address);
            if (place is null) return;
            connection.Features.Set(new Handshaking(place));
            await tls(connection);
        }
        finally
        {
            place?.Dispose();
        }
    }

    private ConnectionPlace? Take(ConnectionContext connection, IPAddress? address)
    {
        var place = handshakes.TryTake(Sources.Of(address), () => Abort(connection), out var reason);
        if (reason.Length > 0) Count(reason == "displaced" ? "handshake-displaced" : $"handshake-{reason}");
        if (place is null) Abort(connection);
        return place;
    }

    private static void Abort(ConnectionContext connection)
        => connection.Abort(new ConnectionAbortedException("too many connections that are not through with their handshake"));

    private static void Count(string reason)
        => AnvilDiagnostics.ConnectionsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>The first octet, which is left where it is; null where none comes.</summary>
    private static async Task<byte?> FirstAsync(ConnectionContext connection, TimeSpan limit)
    {
        // A server that ends waits for what is under way, and this is nothing.
        var ends = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, ends);
        patience.CancelAfter(limit);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(patience.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.Slice(0, 1).FirstSpan[0];
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>Answers a plain request. Its head is read before, and what comes after: else the answer would be lost with it.</summary>
    private static async Task TellAsync(ConnectionContext connection)
    {
        Count("plain");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Patience + Patience);
        try
        {
            await ReadAsync(connection.Transport.Input, untilHead: true, connection.ConnectionClosed);
            await connection.Transport.Output.WriteAsync(Told, patience.Token);
            await ReadAsync(connection.Transport.Input, untilHead: false, connection.ConnectionClosed);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // Who does not wait for the answer has none.
        }
    }

    /// <summary>Reads and forgets, until a request's head has ended, or the client; within the bounds.</summary>
    private static async Task ReadAsync(PipeReader input, bool untilHead, CancellationToken closed)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(closed);
        patience.CancelAfter(Patience);
        try
        {
            for (var (left, ends) = ((long)MostRead, 0); left > 0;)
            {
                var read = await input.ReadAsync(patience.Token);
                left -= read.Buffer.Length;
                var isHead = untilHead && EndsHead(read.Buffer, ref ends);
                input.AdvanceTo(read.Buffer.End);
                if (isHead || read.IsCompleted) return;
            }
        }
        catch (OperationCanceledException) when (!closed.IsCancellationRequested)
        {
            // It is told what there is to tell, whatever it sends.
        }
    }

    /// <summary>True when an empty line has come; ends of lines that follow one another are counted across reads.</summary>
    private static bool EndsHead(ReadOnlySequence<byte> buffer, ref int ends)
    {
        foreach (var piece in buffer)
        {
            foreach (var octet in piece.Span)
            {
                if (octet == '\n' && ++ends == 2) return true;
                if (octet is not ((byte)'\n' or (byte)'\r')) ends = 0;
            }
        }

        return false;
    }

    private static byte[] Answer(string text) => Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n"
        + "Content-Type: text/plain; charset=utf-8\r\n"
        + $"Content-Length: {text.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{text}");

    /// <summary>A connection's place among those that are not through with their handshake.</summary>
    private sealed record Handshaking(ConnectionPlace Place);
}
