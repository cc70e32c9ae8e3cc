using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Anvil.Edge.Tftp;
using Anvil.Protocols.Tftp;

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
    {
        var options = TftpOptions.Negotiate(asked.ToDictionary(a => a.Item1, a => a.Item2, StringComparer.Ordinal), length);
        var content = new MemoryStream(new byte[length]);
        return (new TftpTransfer(_server, _client.LocalEndPoint!, options, content, TimeProvider.System, proven), options);
    }

    /// <summary>
    /// Whatever it asks for, a source that acknowledges nothing gets one packet, three times at most: never a window, never a block with
    /// options, and it is over within seconds.
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
        var (transfer, options) = Begin(1_000_000, () => isProven = true, (option, value));
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
}
