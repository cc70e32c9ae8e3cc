using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Anvil.Protocols.Tftp;

namespace Anvil.Edge.Tftp;

/// <summary>
/// One read transfer: sends a window of blocks and waits for the acknowledgement of its last (RFC 7440; a window of 1 is RFC 1350's
/// lock step). What is lost is sent again when the round trip's time is over; what comes twice is never answered twice, so that no
/// sorcerer's apprentice is made (RFC 1123 section 4.2.3.1). Block numbers roll over from 65535 to 0.
/// </summary>
public sealed class TftpTransfer
{
    /// <summary>How long a client may be silent before the transfer is given up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often the first packet is sent to a client that has acknowledged nothing: once, and again after one and three seconds, whatever
    /// time it asked for. Its request may be somebody else's, in its name.
    /// </summary>
    public const int FirstSends = 3;

    private readonly Socket _socket;
    private readonly EndPoint _client;
    private readonly TftpOptions _options;
    private readonly Stream _content;
    private readonly TimeProvider _time;
    private readonly RoundTrip _roundTrip;

    /// <summary>Until the first acknowledgement; what the client asked for does not count here.</summary>
    private readonly RoundTrip _handshake = new(null);
    private readonly Action _proven;
    private readonly byte[][] _packets;
    private readonly int[] _lengths;
    private readonly byte[] _received = new byte[1500];

    /// <summary>
    /// Block numbers from 1 on, without roll-over: first not acknowledged, next to send, first not read, highest sent, last of the file.
    /// </summary>
    private long _base = 1;
    private long _next = 1;
    private long _unread = 1;
    private long _sent;
    private long _last = -1;

    /// <summary>A transfer that is not begun yet.</summary>
    /// <param name="socket">Its own.</param>
    /// <param name="client">Who gets the file.</param>
    /// <param name="options">What was negotiated.</param>
    /// <param name="content">The file.</param>
    /// <param name="time">The time.</param>
    /// <param name="proven">Told of the client's first acknowledgement, once.</param>
    public TftpTransfer(Socket socket, EndPoint client, TftpOptions options, Stream content, TimeProvider time, Action proven)
    {
        _proven = proven;

        (_socket, _client, _options, _content, _time) = (socket, client, options, content, time);
        _roundTrip = new RoundTrip(options.Timeout);
        _packets = new byte[options.WindowSize][];
        _lengths = new int[options.WindowSize];
    }

    /// <summary>True once the client has answered: a second request from its port is then a new one, no duplicate.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>True once the client has acknowledged what was sent to it: it receives at its address.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Runs the transfer; the octets sent when it is done.</summary>
    /// <exception cref="IOException">The client gave up, or was not heard any more.</exception>
    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        if (_options.Accepted.Count > 0) await HandshakeAsync(cancellation);
        long octets = 0;
        var heard = _time.GetTimestamp();
        var (sentAt, backAt, again, tellsGap) = (heard, 0L, false, true);
        var sends = 1;
        while (_last < 0 || _base <= _last)
        {
            await FillAsync(cancellation);
            if (_next < _unread)
            {
                sentAt = _time.GetTimestamp();
                for (; _next < _unread; _next++)
                    await _socket.SendToAsync(_packets[Slot(_next)].AsMemory(0, _lengths[Slot(_next)]), _client, cancellation);
                _sent = Math.Max(_sent, _next - 1);
            }

            var left = (IsProven ? _roundTrip : _handshake).Timeout - _time.GetElapsedTime(sentAt);
            var number = left > TimeSpan.Zero ? await AwaitAckAsync(left, cancellation) : null;
            if (number is null)
            {
                if (!IsProven)
                {
                    if (sends++ == FirstSends) throw new IOException("the first block was not acknowledged");
                    _handshake.TimedOut();
                }
                else if (_time.GetElapsedTime(heard) > Patience)
                {
                    throw new IOException($"no acknowledgement for {Patience.TotalSeconds:F0} s");
                }

                if (IsProven) _roundTrip.TimedOut();
                (_next, again, tellsGap) = (_base, true, true);
                continue;
            }

            if (number == 1) Prove();
            var block = _base - 1 + (ushort)(number.Value - (ushort)(_base - 1));
            if (block >= _base && block <= _sent)
            {
                // Only what was sent once tells the round trip's time (Karn's rule).
                if (!again) _roundTrip.Measured(_time.GetElapsedTime(sentAt));
                for (; _base <= block; _base++) octets += _lengths[Slot(_base)] - 4;
                // Of a window acknowledged in part, the rest was lost: RFC 7440 section 4 has it sent again. Once in a round trip: what
                // comes sooner
                // answers what was sent before, or comes a second time.
                var isLost = block < _sent && _time.GetElapsedTime(backAt) >= _roundTrip.Least + _roundTrip.Least;
                if (isLost) backAt = _time.GetTimestamp();
                (_next, again) = (isLost ? _base : Math.Max(_base, _sent + 1), block < _sent);
                (heard, tellsGap) = (_time.GetTimestamp(), true);
            }
            else if (block == _base - 1 && tellsGap && _options.WindowSize > 1 && _time.GetElapsedTime(sentAt) >= _roundTrip.Least)
            {
                // The window's first block was lost. Once for each time that it was sent, and not before an answer can have come: earlier
                // it is a duplicate.
                (heard, _next, again, tellsGap) = (_time.GetTimestamp(), _base, true, false);
            }
        }

        return octets;
    }

    private void Prove()
    {
        if (IsProven) return;
        IsProven = true;
        _proven();
    }

    private int Slot(long block) => (int)(block % _options.WindowSize);

    private async Task HandshakeAsync(CancellationToken cancellation)
    {
        var packet = TftpPacket.OptionAck(_options.Accepted);
        for (var sends = 0; sends < FirstSends; sends++, _handshake.TimedOut())
        {
            var sentAt = _time.GetTimestamp();
            await _socket.SendToAsync(packet, _client, cancellation);
            for (var left = _handshake.Timeout; left > TimeSpan.Zero; left = _handshake.Timeout - _time.GetElapsedTime(sentAt))
            {
                if (await AwaitAckAsync(left, cancellation) != 0) continue;
                Prove();
                return;
            }
        }

        throw new IOException("the option acknowledgement was not answered");
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        for (; _last < 0 && _unread < _base + _options.WindowSize; _unread++)
        {
            var packet = _packets[Slot(_unread)] ??= new byte[4 + _options.BlockSize];
            var read = await _content.ReadAtLeastAsync(packet.AsMemory(4, _options.BlockSize), _options.BlockSize,
                throwOnEndOfStream: false, cancellation);
            BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)TftpOpcode.Data);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)_unread);
            _lengths[Slot(_unread)] = 4 + read;
            if (read < _options.BlockSize) _last = _unread;
        }
    }

    /// <summary>The next acknowledgement of this client; null when the time ends first.</summary>
    private async Task<ushort?> AwaitAckAsync(TimeSpan time, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(time);
        try
        {
            while (true)
            {
                var packet = await _socket.ReceiveFromAsync(_received, new IPEndPoint(IPAddress.Any, 0), timeout.Token);
                if (!packet.RemoteEndPoint.Equals(_client))
                {
                    await _socket.SendToAsync(TftpPacket.Error(TftpError.UnknownTransfer, "unknown transfer id"), packet.RemoteEndPoint,
                        cancellation);
                    continue;
                }

                if (packet.ReceivedBytes < 4) continue;
                IsAnswered = true;
                var number = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(2));
                switch ((TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(_received))
                {
                    case TftpOpcode.Ack: return number;
                    case TftpOpcode.Error:
                        throw new IOException(number == (ushort)TftpError.OptionRefused
                            ? "the client only asked for the size" : $"the client ended the transfer with error {number}");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
