using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Silo.Tests;

/// <summary>A client whose place another one is given is told so, and acknowledges nothing in vain.</summary>
public sealed class TftpPlaceTests(TftpPlaceTests.FewPlaces silo) : IClassFixture<TftpPlaceTests.FewPlaces>
{
    private const int Error = 5;

    /// <summary>Tries of a second each: the first one's place is kept for some, and the machine may be busy.</summary>
    private const int Tries = 60;

    [Fact]
    public void WhoLosesItsPlaceIsTold()
    {
        File.WriteAllText(Path.Combine(silo.Files, "place.bin"), "first");
        using var first = Bound(60_000);
        Ask(first);
        Assert.Equal("\0\u0003\0\u0001first", Answer(first));

        // Of one address there is one place without an acknowledgement: the next one waits for it.
        using var second = Bound(1000);
        var got = "";
        for (var tries = 0; got.Length == 0 && tries < Tries; tries++)
        {
            Ask(second);
            try
            {
                got = Answer(second);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                // Not yet.
            }
        }

        Assert.Equal("\0\u0003\0\u0001first", got);
        string told;
        do told = Answer(first);
        while (told[1] != Error);
        Assert.Equal("\0\u0005\0\0busy: try again\0", told);
    }

    private static Socket Bound(int patience)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = patience };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static string Answer(Socket socket)
    {
        var buffer = new byte[2048];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        return Encoding.Latin1.GetString(buffer.AsSpan(0, socket.ReceiveFrom(buffer, ref from)));
    }

    private void Ask(Socket socket)
        => socket.SendTo(Encoding.Latin1.GetBytes("\0\u0001place.bin\0octet\0"), new IPEndPoint(IPAddress.Loopback, silo.TftpPort));

    /// <summary>A silo with eight places: one of an address that has acknowledged nothing.</summary>
    public sealed class FewPlaces : SiloFixture
    {
        protected override Task StartAsync() => AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}",
            $"--Edge:TftpPort={TftpPort}", "--Edge:TftpTransfers=8");
    }
}
