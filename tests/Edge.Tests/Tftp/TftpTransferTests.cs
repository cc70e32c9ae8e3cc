using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Anvil.Edge.Tftp;
using Anvil.Protocols.Tftp;
using Anvil.Support;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Edge.Tests.Tftp;

/// <summary>Transfers over real sockets, to a client that the test is.</summary>
public sealed class TftpTransferTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Socket _client = Bound();
    private readonly Socket _server = Bound();

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private (TftpTransfer Transfer, TftpOptions Options) Begin(long length, Action proven, params (string, string)[] asked)
        => Begin(length, proven, TimeProvider.System, asked);

    private (TftpTransfer Transfer, TftpOptions Options) Begin(long length, Action proven, TimeProvider time,
        params (string, string)[] asked)
    {
        var options = TftpOptions.Negotiate(asked.ToDictionary(a => a.Item1, a => a.Item2, StringComparer.Ordinal), length);
        var content = new MemoryStream(new byte[length]);
        return (new TftpTransfer(_server, (IPEndPoint)_client.LocalEndPoint!, options, content, time, proven), options);
    }

    /// <summary>
    /// Whatever it asks for, a source that acknowledges nothing gets one packet, three times at most: never a window, never a block with
    /// options, and it is over within half a minute.
    /// </summary>
    [Theory]
    [InlineData("none", "")]
    [InlineData("timeout", "30")]
    [InlineData("timeout", "255")]
    [InlineData("windowsize", "64")]
    [InlineData("blksize", "1468")]
    public async Task WhoAcknowledgesNothingGetsOnePacket(string option, string value)
    {
        var isProven = false;
        var (transfer, options) = Begin(1_000_000, () => isProven = true, new HastyTime(), (option, value));
        await Assert.ThrowsAsync<IOException>(() => transfer.RunAsync(CancellationToken.None).WaitAsync(Patience));
        Assert.False(isProven || transfer.IsProven);
        var packets = new List<byte[]>();
        while (_client.Available > 0)
        {
            var buffer = new byte[2048];
            packets.Add(buffer[.._client.Receive(buffer)]);
        }

        Assert.Equal(TftpTransfer.FirstSends, packets.Count);
        Assert.All(packets, p => Assert.Equal(packets[0], p));
        Assert.Equal(options.Accepted.Count > 0 ? 6 : 3, packets[0][1]);
        Assert.True(packets[0].Length <= 516);
    }

    /// <summary>
    /// Who has the first packet, and whose acknowledgements were all lost, repeats them to the port that it knows: the transfer goes on
    /// when one comes after all, also once the packet is not sent again (tftp-hpa repeats it for 25 s).
    /// </summary>
    [Theory]
    [InlineData("none", "")]
    [InlineData("blksize", "1024")]
    public async Task AFirstAcknowledgementThatIsLateIsTaken(string option, string value)
    {
        var (transfer, options) = Begin(100, () => { }, new HastyTime(), (option, value));
        var sending = transfer.RunAsync(CancellationToken.None);
        EndPoint server = new IPEndPoint(IPAddress.Any, 0);
        _client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        var buffer = new byte[2048];
        for (var sends = 0; sends < TftpTransfer.FirstSends; sends++) _client.ReceiveFrom(buffer, ref server);
        await Wait.UntilAsync(() => Task.FromResult(transfer.OnlyListens), Patience, () => "the packet was to be sent again");
        if (options.Accepted.Count > 0)
        {
            _client.SendTo([0, 4, 0, 0], server);
            Assert.Equal(104, _client.Receive(buffer));
            Assert.False(transfer.OnlyListens);
        }

        _client.SendTo([0, 4, 0, 1], server);
        Assert.Equal(100, await sending.WaitAsync(Patience));
        Assert.Equal(0, _client.Available);
    }

    /// <summary>More blocks than a number has: 65,535 is followed by 0, and every octet comes once, with windows and without.</summary>
    [Theory]
    [InlineData("1")]
    [InlineData("16")]
    public async Task BlockNumbersRollOverWithWindowsToo(string window)
    {
        const int Blocks = 65_536 + 40;
        var proven = 0;
        var (transfer, options) = Begin((Blocks * 8) - 3, () => proven++, ("blksize", "8"), ("windowsize", window));
        var sending = transfer.RunAsync(CancellationToken.None);
        var buffer = new byte[64];
        var ack = new byte[] { 0, 4, 0, 0 };
        long next = 1;
        var octets = 0L;
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        _client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        while (octets < (Blocks * 8) - 3)
        {
            var length = _client.ReceiveFrom(buffer, ref from);
            var number = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(2));
            var isOack = buffer[1] == 6;
            if (!isOack && number != (ushort)next) continue;
            if (!isOack)
            {
                octets += length - 4;
                next++;
                if ((next - 1) % options.WindowSize != 0 && octets < (Blocks * 8) - 3) continue;
            }

            BinaryPrimitives.WriteUInt16BigEndian(ack.AsSpan(2), (ushort)(next - 1));
            _client.SendTo(ack, from);
        }

        Assert.Equal((Blocks * 8) - 3, await sending.WaitAsync(Patience));
        Assert.Equal(1, proven);
    }

    /// <summary>A network that loses a tenth of what goes either way, and doubles some: every octet arrives, in its place.</summary>
    [Theory]
    [InlineData("1", 40)]
    [InlineData("4", 200)]
    [InlineData("16", 400)]
    [InlineData("64", 800)]
    public async Task WhatIsLostIsSentAgain(string window, int blocks)
    {
        var random = new Random(7 * blocks);
        var file = new byte[(blocks * 1024) + 17];
        random.NextBytes(file);
        var options = TftpOptions.Negotiate(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["blksize"] = "1024", ["windowsize"] = window }, file.Length);
        var transfer = new TftpTransfer(_server, (IPEndPoint)_client.LocalEndPoint!, options, new MemoryStream(file), TimeProvider.System,
            () => { });
        var sending = transfer.RunAsync(CancellationToken.None);
        var receiving = Task.Run(() => Received(random, options.WindowSize, options.BlockSize));
        await Task.WhenAll(sending, receiving).WaitAsync(Patience);
        Assert.Equal(file, await receiving);
        Assert.Equal(file.Length, await sending);
    }

    [Fact]
    public async Task AStrangersPacketIsAnsweredAndHarmsNothing()
    {
        var (transfer, _) = Begin(3000, () => { }, ("blksize", "1024"));
        var sending = transfer.RunAsync(CancellationToken.None);
        var server = Opened();
        using var stranger = Bound();
        stranger.ReceiveTimeout = _client.ReceiveTimeout;
        var buffer = new byte[2048];
        for (byte block = 1; block <= 3; block++)
        {
            Assert.Equal(block, buffer[.._client.Receive(buffer)][3]);
            stranger.SendTo([0, 4, 0, block], server);
            Assert.Equal([0, 5, 0, 5], buffer[..stranger.Receive(buffer)][..4]);
            _client.SendTo([0, 4, 0, block], server);
        }

        Assert.Equal(3000, await sending.WaitAsync(Patience));
    }

    /// <summary>
    /// A stranger's error is not answered, before the client's first acknowledgement and after it; what is answered is one packet, also
    /// where it is longer than the blocks that the kernel cuts.
    /// </summary>
    [Fact]
    public async Task AStrangersErrorIsNotAnswered()
    {
        var (transfer, _) = Begin(300, () => { }, ("blksize", "8"), ("windowsize", "2"));
        var sending = transfer.RunAsync(CancellationToken.None);
        using var stranger = Bound();
        stranger.ReceiveTimeout = _client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        var (buffer, told) = (new byte[2048], "\0\u0005\0\u0005unknown transfer id\0"u8.ToArray());
        EndPoint server = new IPEndPoint(IPAddress.Any, 0);
        _client.ReceiveFrom(buffer, ref server);
        Stray();
        _client.SendTo([0, 4, 0, 0], server);
        _client.Receive(buffer);
        Stray();
        _client.SendTo([0, 5, 0, 0, 0], server);
        await Assert.ThrowsAsync<IOException>(() => sending.WaitAsync(Patience));
        Assert.Equal(0, stranger.Available);

        void Stray()
        {
            foreach (var packet in new byte[][] { [0, 5, 0, 5, 0], [0, 5], [0], [], [0, 4, 0, 1] }) stranger.SendTo(packet, server);
            Assert.Equal(told, buffer[..stranger.Receive(buffer)]);
        }
    }

    [Fact]
    public async Task WhoIsCalledOffWhileItWaitsEnds()
    {
        using var stop = new CancellationTokenSource();
        var (transfer, _) = Begin(100_000, () => { }, ("windowsize", "4"), ("timeout", "30"));
        var sending = transfer.RunAsync(stop.Token);
        Opened();
        _client.Receive(new byte[2048]);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(Patience));
    }

    /// <summary>Larger packets than a window may be cut into at once (64 KiB): each goes by itself.</summary>
    [Fact]
    public async Task AWindowOfTheLargestBlocksArrives()
    {
        var options = TftpOptions.Negotiate(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["blksize"] = "65464", ["windowsize"] = "4" }, 500_000, 65464);
        var file = new byte[500_000];
        Random.Shared.NextBytes(file);
        var transfer = new TftpTransfer(_server, (IPEndPoint)_client.LocalEndPoint!, options, new MemoryStream(file), TimeProvider.System,
            () => { });
        var sending = transfer.RunAsync(CancellationToken.None);
        Assert.Equal(file, await Task.Run(() => Received(null, options.WindowSize, options.BlockSize)).WaitAsync(Patience));
        Assert.Equal(file.Length, await sending.WaitAsync(Patience));
    }

    /// <summary>
    /// The time after which a client wants to be sent to again is kept, however long: it is sent to again twice before it is given up.
    /// </summary>
    [Theory]
    [InlineData("16")]
    [InlineData("30")]
    public async Task ALongTimeoutIsKeptAndEndsAfterThreeSends(string timeout)
    {
        var options = TftpOptions.Negotiate(new Dictionary<string, string>(StringComparer.Ordinal) { ["timeout"] = timeout }, 100);
        var transfer = new TftpTransfer(_server, (IPEndPoint)_client.LocalEndPoint!, options, new MemoryStream(new byte[100]),
            new HastyTime(), () => { });
        var sending = transfer.RunAsync(CancellationToken.None);
        Opened();
        var error = await Assert.ThrowsAsync<IOException>(() => sending.WaitAsync(Patience));
        Assert.Contains($"{3 * int.Parse(timeout, CultureInfo.InvariantCulture)} s", error.Message, StringComparison.Ordinal);
        var blocks = 0;
        for (var buffer = new byte[2048]; _client.Available > 0; blocks++) Assert.Equal(3, _client.Receive(buffer) > 4 ? buffer[1] : 0);
        Assert.Equal(3, blocks);
    }

    /// <summary>
    /// While another file is asked for from its client's port, a transfer sends nothing again by itself, and goes on as its client
    /// acknowledges: whose word the other one is, is not known yet. Once in half a minute; then what was lost is sent again.
    /// </summary>
    [Fact]
    public async Task WhileAnotherIsAskedForOnlyWhatIsAcknowledgedGoesOn()
    {
        var time = new WatchedTime();
        var (transfer, _) = Begin(5000, () => { }, time, ("blksize", "1024"));
        var sending = transfer.RunAsync(CancellationToken.None);
        var server = Opened();
        var buffer = new byte[2048];
        Assert.Equal(1, buffer[.._client.Receive(buffer)][3]);
        transfer.KeepStill();
        await PassAsync(3);
        Assert.Equal(0, _client.Available);
        for (byte block = 1; block < 3; block++)
        {
            _client.SendTo([0, 4, 0, block], server);
            Assert.Equal(block + 1, buffer[.._client.Receive(buffer)][3]);
        }

        // Made-up requests without end hold it up no longer than one.
        transfer.KeepStill();
        await PassAsync(10);
        Assert.Equal(3, buffer[.._client.Receive(buffer)][3]);
        for (byte block = 3; block < 5; block++)
        {
            _client.SendTo([0, 4, 0, block], server);
            Assert.Equal(block + 1, buffer[.._client.Receive(buffer)][3]);
        }

        _client.SendTo([0, 4, 0, 5], server);
        Assert.Equal(5000, await sending.WaitAsync(Patience));

        // So much time, and the transfer has looked at its clock since.
        async Task PassAsync(int seconds)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            var looked = time.Looked + 10;
            await Wait.UntilAsync(() => Task.FromResult(time.Looked > looked), Patience, () => "the transfer does not look at its clock");
        }
    }

    /// <summary>A clock that is moved by hand, and tells how often it was looked at.</summary>
    private sealed class WatchedTime : TimeProvider
    {
        private readonly FakeTimeProvider _time = new();
        private int _looked;

        public int Looked => Volatile.Read(ref _looked);

        public override long TimestampFrequency => _time.TimestampFrequency;

        public void Advance(TimeSpan by) => _time.Advance(by);

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _looked);
            return _time.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => _time.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>A clock on which twenty seconds pass in one.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override long TimestampFrequency => TimeProvider.System.TimestampFrequency / 20;

        public override long GetTimestamp() => TimeProvider.System.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => TimeProvider.System.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 20 : dueTime, period);
    }

    /// <summary>Takes the option acknowledgement, and acknowledges it; from where the transfer sends.</summary>
    private EndPoint Opened()
    {
        EndPoint server = new IPEndPoint(IPAddress.Any, 0);
        _client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        Assert.Equal(6, new byte[2048] is var buffer && _client.ReceiveFrom(buffer, ref server) > 2 ? buffer[1] : 0);
        _client.SendTo([0, 4, 0, 0], server);
        return server;
    }

    /// <summary>
    /// The whole file as a client takes it, which asks for a window again after 100 ms of silence (RFC 7440 section 4 leaves it to both
    /// sides).
    /// </summary>
    private byte[] Received(Random? losing, int window, int block)
    {
        var (file, buffer, next) = (new List<byte>(), new byte[66_000], 1);
        EndPoint server = new IPEndPoint(IPAddress.Any, 0);
        _client.ReceiveTimeout = 100;
        var (inWindow, isLast, isOpen) = (0, false, false);
        while (!isLast)
        {
            int length;
            try
            {
                length = _client.ReceiveFrom(buffer, ref server);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                inWindow = 0;
                if (isOpen) Acknowledge();
                continue;
            }

            if (losing?.Next(10) == 0) continue;
            isOpen = true;
            if (buffer[1] == 6)
            {
                Acknowledge();
                continue;
            }

            var isNext = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(2)) == (ushort)next;
            if (isNext)
            {
                file.AddRange(buffer[4..length]);
                next++;
                isLast = length - 4 < block;
            }

            if (isLast || !isNext || ++inWindow == window)
            {
                inWindow = 0;
                Acknowledge(isLast);
            }
        }

        return [.. file];

        void Acknowledge(bool surely = false)
        {
            if (!surely && losing?.Next(10) == 0) return;
            var ack = new byte[] { 0, 4, (byte)((next - 1) >> 8), (byte)(next - 1) };
            for (var copies = losing?.Next(8) == 0 ? 2 : 1; copies > 0; copies--) _client.SendTo(ack, server);
        }
    }
}
