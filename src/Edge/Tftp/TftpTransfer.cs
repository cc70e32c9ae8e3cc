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
    /// <summary>
    /// How long a client that has acknowledged something may be silent at least, and in how many of the times that it asked for, before
    /// the transfer is given up: what is sent again after thirty seconds is to be sent again at all.
    /// </summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(30);
    private const int PatientTimes = 3;

    /// <summary>
    /// How often the first packet is sent to a client that has acknowledged nothing: once, and again after one and three seconds, whatever
    /// time it asked for. Its request may be somebody else's, in its name. For <see cref="LeastPatience"/> in all it is listened to: who
    /// has the packet repeats an acknowledgement that was lost (RFC 1350 section 4), and to this port alone.
    /// </summary>
    public const int FirstSends = 3;

    /// <summary>
    /// How long what was not acknowledged is not sent again once another file was asked for from the client's port, and how often that can
    /// be brought about: until the first packets of the other one were sent (<see cref="FirstSends"/>), which may be lost as well.
    /// </summary>
    private static readonly TimeSpan StillFor = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan StillEach = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly IPEndPoint _client;
    private readonly TftpOptions _options;
    private readonly Stream _content;
    private readonly TimeProvider _time;
    private readonly RoundTrip _roundTrip;
    private readonly TimeSpan _patience;

    /// <summary>Until the first acknowledgement; what the client asked for does not count here.</summary>
    private readonly RoundTrip _handshake = new(null);
    private readonly Action _proven;
    private readonly TftpPace? _pace;
    private long _stillAt = -1;

    /// <summary>
    /// The packets of a window, one behind the other; a block is always in the same place of its window. None for who has acknowledged
    /// nothing, but for the block that opens a transfer without options.
    /// </summary>
    private byte[] _packets = [];
    private readonly int[] _lengths;
    private readonly int _segment;
    private readonly byte[] _received = new byte[1500];

    /// <summary>
    /// Block numbers from 1 on, without roll-over: first not acknowledged, next to send, first not read, highest sent, last of the file.
    /// </summary>
    private long _base = 1;
    private long _next = 1;
    private long _unread = 1;
    private long _sent;
    private long _last = -1;
    private long _octets;

    /// <summary>A transfer that is not begun yet.</summary>
    /// <param name="socket">Its own.</param>
    /// <param name="client">Who gets the file.</param>
    /// <param name="options">What was negotiated.</param>
    /// <param name="content">The file.</param>
    /// <param name="time">The time.</param>
    /// <param name="proven">Told of the client's first acknowledgement, once.</param>
    /// <param name="pace">Told of what it takes; null: nobody asks.</param>
    public TftpTransfer(Socket socket, IPEndPoint client, TftpOptions options, Stream content, TimeProvider time, Action proven,
        TftpPace? pace = null)
    {
        (_socket, _client, _options, _content, _time, _proven, _pace) = (socket, client, options, content, time, proven, pace);
        _roundTrip = new RoundTrip(options.Timeout);
        _patience = options.Timeout * PatientTimes is { } longer && longer > LeastPatience ? longer : LeastPatience;
        _segment = TftpPacket.HeaderLength + options.BlockSize;
        _lengths = new int[options.WindowSize];
    }

    /// <summary>True once the client has answered: a second request from its port is then a new one, no duplicate.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>True once the client has acknowledged what was sent to it: it receives at its address.</summary>
    public bool IsProven { get; private set; }

    /// <summary>
    /// True while nothing is sent any more to a client that has acknowledged nothing: when it asks again, it has not what was sent.
    /// </summary>
    public bool OnlyListens { get; private set; }

    /// <summary>True while something has come to its port that was not looked at yet.</summary>
    public bool HasUnread
    {
        get
        {
            try
            {
                return _socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>True once every block was sent: the client may have the file, whether or not its last word has come.</summary>
    public bool HasSentAll => Volatile.Read(ref _last) is >= 0 and var last && Volatile.Read(ref _sent) >= last;

    /// <summary>
    /// Another file was asked for from the client's port: by the client, which would take what is sent again for the beginning of that, or
    /// in its name. So for a while nothing is sent but what it acknowledges brings about.
    /// </summary>
    public void KeepStill()
    {
        var now = _time.GetTimestamp();
        if (Volatile.Read(ref _stillAt) is var at && (at < 0 || _time.GetElapsedTime(at, now) >= StillEach))
            Volatile.Write(ref _stillAt, now);
    }

    private bool IsStill => Volatile.Read(ref _stillAt) is var at and >= 0 && _time.GetElapsedTime(at) < StillFor;

    /// <summary>
    /// Runs the transfer; the octets sent when it is done. Until the client has acknowledged something no thread waits for it; from then
    /// on one of its own does.
    /// </summary>
    /// <exception cref="IOException">
    /// The client gave up, or was not heard any more; or the file could not be read on, which the client was told.
    /// </exception>
    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        await HandshakeAsync(cancellation);
        if (!IsOver)
            await Task.Factory.StartNew(() => Send(cancellation), cancellation,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        return _octets;
    }

    /// <summary>What a stranger is told.</summary>
    private static readonly byte[] Stranger = TftpPacket.Error(TftpError.UnknownTransfer, "unknown transfer id");

    /// <summary>What the client is told when the file cannot be read on: the cause is the system's, and none of its business.</summary>
    private static byte[] Unreadable(IOException cause)
        => TftpPacket.Error(TftpError.Undefined, cause is FileChangedException ? cause.Message : "the file could not be read");

    private bool IsOver => _last >= 0 && _base > _last;

    /// <summary>Sends the packet that opens the transfer (the options, or the first block) until it is acknowledged.</summary>
    private async Task HandshakeAsync(CancellationToken cancellation)
    {
        var hasOptions = _options.Accepted.Count > 0;
        try
        {
            if (!hasOptions) Fill(1);
        }
        catch (IOException e)
        {
            await _socket.SendToAsync(Unreadable(e), _client, cancellation);
            throw;
        }

        var packet = hasOptions ? TftpPacket.OptionAck(_options.Accepted) : _packets.AsMemory(0, _lengths[0]);
        var first = hasOptions ? 0 : 1;
        var begun = _time.GetTimestamp();
        var isHeard = false;
        for (var sends = 0; !isHeard && sends < FirstSends; sends++, _handshake.TimedOut())
        {
            await _socket.SendToAsync(packet, _client, cancellation);
            isHeard = await AwaitFirstAckAsync(first, _time.GetTimestamp(), _handshake.Timeout, cancellation);
        }

        OnlyListens = !isHeard;
        if (!isHeard && !await AwaitFirstAckAsync(first, begun, LeastPatience, cancellation))
            throw new IOException(hasOptions ? "the option acknowledgement was not answered" : "the first block was not acknowledged");
        OnlyListens = false;
        IsProven = true;
        _pace?.Begin();
        _proven();
        if (hasOptions) return;
        (_sent, _next) = (1, 2);
        Acknowledged(1);
    }

    /// <summary>Waits until a block is acknowledged; false when so much time is over before.</summary>
    private async Task<bool> AwaitFirstAckAsync(int block, long since, TimeSpan time, CancellationToken cancellation)
    {
        for (var left = time - _time.GetElapsedTime(since); left > TimeSpan.Zero; left = time - _time.GetElapsedTime(since))
        {
            if (await AwaitFirstAckAsync(left, cancellation) == block) return true;
        }

        return false;
    }

    private void Send(CancellationToken cancellation)
    {
        using var wire = new TftpWire(_socket, _client, _segment, _options.WindowSize);
        using var wake = cancellation.UnsafeRegister(static w => ((TftpWire)w!).Wake(), wire);
        var heard = _time.GetTimestamp();
        var (sentAt, backAt, again, tellsGap) = (heard, 0L, false, true);
        while (!IsOver)
        {
            try
            {
                Fill(_base + _options.WindowSize - 1);
            }
            catch (IOException e)
            {
                wire.Tell(Unreadable(e));
                throw;
            }

            if (_next < _unread)
            {
                sentAt = _time.GetTimestamp();
                SendWindow(wire);
                _sent = Math.Max(_sent, _next - 1);
            }

            if (AwaitAck(wire, sentAt, cancellation) is not { } number)
            {
                if (_time.GetElapsedTime(heard) > _patience)
                    throw new IOException($"no acknowledgement for {_patience.TotalSeconds:F0} s");
                if (IsStill) continue;
                _roundTrip.TimedOut();
                (_next, again, tellsGap) = (_base, true, true);
                continue;
            }

            var block = _base - 1 + (ushort)(number - (ushort)(_base - 1));
            if (block >= _base && block <= _sent)
            {
                // Only what was sent once tells the round trip's time (Karn's rule).
                if (!again) _roundTrip.Measured(_time.GetElapsedTime(sentAt));
                Acknowledged(block);
                // Of a window acknowledged in part, the rest was lost: RFC 7440 section 4 has it sent again. Once in a round trip: what
                // comes sooner answers what was sent before, or comes a second time.
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
    }

    /// <summary>Sends all that was read and not sent, in as few pieces as the place of the blocks in memory allows.</summary>
    private void SendWindow(TftpWire wire)
    {
        while (_next < _unread)
        {
            var first = Slot(_next);
            var blocks = (int)Math.Min(_unread - _next, _options.WindowSize - first);
            // Only a file's last block is shorter than the others.
            wire.Send(_packets.AsSpan(first * _segment, ((blocks - 1) * _segment) + _lengths[first + blocks - 1]));
            _next += blocks;
        }
    }

    private void Acknowledged(long block)
    {
        var before = _octets;
        for (; _base <= block; _base++) _octets += _lengths[Slot(_base)] - TftpPacket.HeaderLength;
        _pace?.Took(_octets - before);
    }

    private int Slot(long block) => (int)((block - 1) % _options.WindowSize);

    /// <summary>Reads the blocks up to one, or to the file's end.</summary>
    private void Fill(long end)
    {
        if (_packets.Length == 0) _packets = new byte[_segment * _options.WindowSize];
        for (; _last < 0 && _unread <= end; _unread++)
        {
            var packet = _packets.AsSpan(Slot(_unread) * _segment, _segment);
            var read = _content.ReadAtLeast(packet[TftpPacket.HeaderLength..], _options.BlockSize, throwOnEndOfStream: false);
            BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)TftpOpcode.Data);
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)_unread);
            _lengths[Slot(_unread)] = TftpPacket.HeaderLength + read;
            if (read < _options.BlockSize) _last = _unread;
        }
    }

    /// <summary>The next acknowledgement of the client; null when what was sent is to be sent again.</summary>
    private ushort? AwaitAck(TftpWire wire, long sentAt, CancellationToken cancellation)
    {
        do
        {
            var length = wire.Receive(_received, out var isClients);
            cancellation.ThrowIfCancellationRequested();
            if (length < 0) continue;
            if (!isClients)
            {
                if (!TftpPacket.IsNeverAnswered(_received.AsSpan(0, length))) wire.Answer(Stranger);
            }
            else if (NumberOf(length) is { } number) return number;
        }
        while (_time.GetElapsedTime(sentAt) < _roundTrip.Timeout);
        return null;
    }

    /// <summary>The next acknowledgement of a client that is still to show that it is there; null when the time ends first.</summary>
    private async Task<ushort?> AwaitFirstAckAsync(TimeSpan time, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(time, _time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        try
        {
            while (true)
            {
                var packet = await _socket.ReceiveFromAsync(_received, new IPEndPoint(IPAddress.Any, 0), timeout.Token);
                if (!packet.RemoteEndPoint.Equals(_client))
                {
                    if (!TftpPacket.IsNeverAnswered(_received.AsSpan(0, packet.ReceivedBytes)))
                        await _socket.SendToAsync(Stranger, packet.RemoteEndPoint, cancellation);
                }
                else if (NumberOf(packet.ReceivedBytes) is { } number) return number;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The block that the packet just received acknowledges; null when it does not.</summary>
    /// <exception cref="IOException">It ends the transfer.</exception>
    private ushort? NumberOf(int length)
    {
        if (length < TftpPacket.HeaderLength) return null;
        IsAnswered = true;
        var number = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(2));
        return (TftpOpcode)BinaryPrimitives.ReadUInt16BigEndian(_received) switch
        {
            TftpOpcode.Ack => number,
            TftpOpcode.Error => throw new IOException(number == (ushort)TftpError.OptionRefused
                ? "the client only asked for the size" : $"the client ended the transfer with error {number}"),
            _ => null,
        };
    }
}
