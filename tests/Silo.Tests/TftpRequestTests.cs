using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Anvil.Silo.Tests;

/// <summary>What clients do at the port of requests, beyond one request for one file.</summary>
public sealed class TftpRequestTests(SingleSilo silo) : IClassFixture<SingleSilo>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Socket _client = Bound();

    private EndPoint _from = new IPEndPoint(IPAddress.Any, 0);

    public void Dispose() => _client.Dispose();

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveTimeout = (int)Patience.TotalMilliseconds
        };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private void Add(string name, string content)
    {
        var path = Path.Combine(silo.Files, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void Ask(string request, Socket? by = null)
        => (by ?? _client).SendTo([0, 1, .. Encoding.Latin1.GetBytes(request.Replace('|', '\0'))],
            new IPEndPoint(IPAddress.Loopback, silo.TftpPort));

    private byte[] Answer()
    {
        var buffer = new byte[65_536];
        return buffer[.._client.ReceiveFrom(buffer, ref _from)];
    }

    private string Told() => Encoding.ASCII.GetString(Answer());

    /// <summary>Acknowledges the last block, or the options.</summary>
    private void Acknowledge(ushort block) => _client.SendTo([0, 4, (byte)(block >> 8), (byte)block], _from);

    /// <summary>The rest of a file from a block on, as it comes; the text of the error that ends it sooner.</summary>
    private (string Content, string Error) Rest(int blockSize, ushort block = 1)
    {
        var content = new StringBuilder();
        var before = _from;
        for (var next = block; ;)
        {
            var packet = Answer();
            if (packet[1] == 5) return (content.ToString(), Encoding.ASCII.GetString(packet[4..^1]));
            // An OACK that comes again is answered again, as clients do: its acknowledgement may have been lost. From another port it
            // begins the file anew.
            if (packet[1] == 6 && (next == 1 || !_from.Equals(before)))
            {
                (before, next) = (_from, 1);
                content.Clear();
                Acknowledge(0);
            }

            if (packet[1] != 3 || packet[3] != (byte)next || packet[2] != (byte)(next >> 8)) continue;
            content.Append(Encoding.Latin1.GetString(packet[4..]));
            Acknowledge(next++);
            if (packet.Length - 4 < blockSize) return (content.ToString(), "");
        }
    }

    /// <summary>A client that asks for another file in the middle of one, from the same port, has given the first one up.</summary>
    [Theory]
    [InlineData("first.bin|octet|blksize|600|windowsize|4|")]
    [InlineData("first.bin|octet|")]
    public void AnotherFileFromTheSamePortBeginsAtOnce(string first)
    {
        Add("first.bin", new string('1', 50_000));
        Add("second.bin", "second");
        Ask(first);
        Answer();
        var before = _from;
        Ask("second.bin|octet|");
        byte[] answer;
        do
        {
            answer = Answer();
        }
        while (_from.Equals(before));
        Assert.Equal("\0\u0003\0\u0001second", Encoding.ASCII.GetString(answer));
        Acknowledge(1);

        // And in the middle of its blocks.
        Ask(first);
        var opening = Answer();
        Acknowledge((ushort)(opening[1] == 6 ? 0 : 1));
        Answer();
        before = _from;
        Ask("second.bin|octet|");
        do
        {
            answer = Answer();
        }
        while (_from.Equals(before));
        Assert.Equal("\0\u0003\0\u0001second", Encoding.ASCII.GetString(answer));
    }

    /// <summary>
    /// Another file is asked for from a client's port, again and again, and not by the client, which acknowledges nothing of it: what it
    /// has acknowledged goes on to its end, from the same port.
    /// </summary>
    [Theory]
    [InlineData("going.bin|octet|blksize|600|windowsize|2|")]
    [InlineData("going.bin|octet|blksize|600|")]
    public void WhatIsAskedForInItsNameEndsNoTransferThatAClientAcknowledges(string request)
    {
        var content = string.Concat(Enumerable.Range(0, 20_000).Select(i => (char)('a' + (i % 26))));
        Add("going.bin", content);
        Add("other.bin", "other");
        Ask(request);
        Assert.Equal(6, Answer()[1]);
        var transfer = _from;
        var (others, got, window) = (0, new StringBuilder(), request.Contains("windowsize", StringComparison.Ordinal) ? 2 : 1);
        Acknowledge(0);
        var waiting = new Queue<byte[]>();
        for (ushort next = 1; ;)
        {
            if (!waiting.TryDequeue(out var packet))
            {
                packet = Answer();
                // The other one's first block is not what the client waits for.
                if (!_from.Equals(transfer))
                {
                    others++;
                    continue;
                }
            }

            if (packet[1] != 3 || packet[3] != (byte)next) continue;
            got.Append(Encoding.Latin1.GetString(packet[4..]));
            var isLast = packet.Length < 604;
            if (next % 5 == 3) Ask("other.bin|octet|");
            // The first is served before the transfer goes on, however long its file is looked for.
            for (; next == 3 && others == 0; others += _from.Equals(transfer) ? 0 : 1)
            {
                packet = Answer();
                if (_from.Equals(transfer)) waiting.Enqueue(packet);
            }

            _from = transfer;
            if (isLast || next % window == 0) Acknowledge(next);
            if (isLast) break;
            next++;
        }

        Assert.Equal(content, got.ToString());
        Assert.True(others > 0, "nothing else was asked for");
    }

    /// <summary>The network doubles a request, also after its first copy was answered: one transfer goes on, from one port.</summary>
    [Fact]
    public void ADoubledRequestIsOneTransfer()
    {
        Add("doubled.bin", new string('d', 5000));
        const string Request = "doubled.bin|octet|blksize|1000|";
        EndPoint transfer;
        for (var tries = 1; ; tries++)
        {
            var began = Stopwatch.GetTimestamp();
            Ask(Request);
            Ask(Request);
            while (Answer()[1] != 6)
            {
                // What is left of the try before.
            }

            transfer = _from;
            Acknowledge(0);
            Ask(Request);
            Assert.Equal((new string('d', 5000), ""), Rest(1000));
            if (_from.Equals(transfer)) break;
            // What comes a second later was not doubled by a network: on a busy machine the server may read it then.
            Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1) && tries < 20, "a doubled request began a transfer");
        }

        // Done is done: the same once more is another transfer.
        Ask(Request);
        while (Answer() is { } packet && packet[1] != 6) Assert.Equal(transfer, _from);
        Assert.NotEqual(transfer, _from);
    }

    /// <summary>
    /// What was sent as often as it may be, and was not acknowledged, was lost: the same request from the same port begins a new transfer.
    /// </summary>
    [Fact]
    public void WhoAsksAgainAfterTheLastSendBeginsAnew()
    {
        Add("again.bin", "again");
        Ask("again.bin|octet|");
        for (var sends = 0; sends < 3; sends++) Assert.Equal("\0\u0003\0\u0001again", Told());
        var first = _from;
        _client.ReceiveTimeout = 1000;
        for (var tries = 0; tries < 60 && _from.Equals(first); tries++)
        {
            Ask("again.bin|octet|");
            try
            {
                Assert.Equal("\0\u0003\0\u0001again", Told());
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                // Until the last of the three has had its time it is a repetition.
            }
        }

        Assert.NotEqual(first, _from);
        Acknowledge(1);
    }

    /// <summary>Each port is told once a second, and an address, whatever its ports, a bounded number.</summary>
    [Fact]
    public void WhoSendsNoRequestIsToldSoRarely()
    {
        for (var i = 0; i < 50; i++) Ask("name without end");
        Assert.Equal("\0\u0005\0\u0004not ended by NUL\0", Told());
        _client.ReceiveTimeout = 300;
        Assert.Throws<SocketException>(Answer);
        var ports = Enumerable.Range(0, 300).Select(_ => Bound()).ToList();
        ports.ForEach(p => Ask("", p));
        // So many packets at once may push a request out; clients ask again.
        _client.ReceiveTimeout = 1000;
        var told = "";
        for (var tries = 0; told.Length == 0 && tries < 120; tries++)
        {
            Ask("ports.none|octet|");
            try
            {
                told = Told();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                // Once more.
            }
        }

        Assert.Equal("\0\u0005\0\u0001file not found\0", told);
        Assert.InRange(ports.Count(p => p.Available > 0), 1, 250);
        ports.ForEach(p => p.Dispose());
    }

    [Theory]
    [InlineData("case/FILE.efi", "lower")]
    [InlineData("CASE\\File.EFI", "lower")]
    [InlineData("case/two.efi", "two")]
    [InlineData("case/TWO.efi", "TWO")]
    [InlineData("case/Two.efi", null)]
    [InlineData("TREE/x/File", "x")]
    [InlineData("tree/y/file", "y")]
    [InlineData("tree/Y/file", null)]
    public void ANameInAnotherCaseIsFoundWhereOneFileIsMeant(string name, string? content)
    {
        Add("case/file.efi", "lower");
        Add("case/two.efi", "two");
        Add("case/TWO.efi", "TWO");
        Add("tree/x/file", "x");
        Add("Tree/y/file", "y");
        Add("TREE/y/File", "y");
        Add("tree/y/file", "y");
        Ask($"{name}|octet|");
        Assert.Equal(content is null ? "\0\u0005\0\u0001file not found\0" : $"\0\u0003\0\u0001{content}", Told());
    }

    /// <summary>A file that is put in the place of another while that is sent is the next one's; the other is sent to its end.</summary>
    [Theory]
    [InlineData(3000)]
    [InlineData(500_000)]
    public void AFileThatIsReplacedIsSentToItsEnd(int length)
    {
        var (name, old) = ($"replaced-{length}", new string('o', length));
        Add(name, old);
        Add(name + ".new", new string('n', length + 5));
        Ask($"{name}|octet|blksize|1000|tsize|0|");
        Assert.EndsWith($"tsize\0{length}\0", Told(), StringComparison.Ordinal);
        File.Move(Path.Combine(silo.Files, name + ".new"), Path.Combine(silo.Files, name), overwrite: true);
        Acknowledge(0);
        Assert.Equal((old, ""), Rest(1000));
    }

    /// <summary>
    /// A file that is written to while it is sent: a small one is sent as it was; the client of a large one is told, rather than given a
    /// mixture.
    /// </summary>
    [Theory]
    [InlineData(3000, 2000)]
    [InlineData(3000, 3000)]
    [InlineData(3000, 9000)]
    [InlineData(500_000, 100)]
    [InlineData(500_000, 500_000)]
    [InlineData(500_000, 600_000)]
    public void AFileThatIsWrittenToIsSentAsItWasOrNotAtAll(int length, int later)
    {
        var (name, old) = ($"written-{length}-{later}", new string('o', length));
        Add(name, old);
        File.SetLastWriteTimeUtc(Path.Combine(silo.Files, name), DateTime.UtcNow.AddMinutes(-1));
        Ask($"{name}|octet|blksize|1000|tsize|0|");
        Assert.EndsWith($"tsize\0{length}\0", Told(), StringComparison.Ordinal);
        Acknowledge(0);
        Assert.Equal(1004, Answer().Length);
        Add(name, new string('n', later));
        Acknowledge(1);
        var (rest, error) = Rest(1000, 2);
        if (length == 3000) Assert.Equal((old[1000..], ""), (rest, error));
        else Assert.Equal("the file changed while it was sent", error);
        Assert.DoesNotContain('n', rest);
    }

    /// <summary>The end of a line is CR LF, a CR alone is CR NUL, over the borders of blocks; and no size is told.</summary>
    [Fact]
    public void NetasciiIsTranslatedOverTheBordersOfBlocks()
    {
        var text = string.Concat(Enumerable.Range(0, 9000).Select(i => (i % 7) switch { 0 => "\n", 1 => "\r", 2 => "\r\n", _ => "ab" }));
        Add("text", text);
        Ask("text|NetASCII|blksize|701|tsize|0|");
        Assert.Equal("\0\u0006blksize\0701\0", Told());
        Acknowledge(0);
        var wanted = text.Replace("\r", "\r\0", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal((wanted, ""), Rest(701));
    }

    /// <summary>Each board asks below its own folder; those that have none share one, also in what is rendered.</summary>
    [Fact]
    public void ARaspberryPiGetsItsOwnFilesOrThoseOfAll()
    {
        Add("rpi/start4.elf", "for all");
        Add("1234abcd/config.txt", "its own");
        foreach (var (path, content) in new[]
        {
            ("1234abcd/start4.elf", "for all"), ("1234abcd/config.txt", "its own"), ("dc-a6-32-01-02-03/start4.elf", "for all"),
            ("fedcba98/START4.ELF", "for all"),
        })
        {
            Ask($"{path}|octet|");
            Assert.Equal((content, ""), Rest(512));
        }

        Ask("1234abcd/config.txt.old|octet|");
        Assert.Equal(("", "file not found"), Rest(512));
        Ask("1234abce0/start4.elf|octet|");
        Assert.Equal(("", "file not found"), Rest(512));
    }

    /// <summary>What a board's own folder holds goes first, also where it is rendered: before what is for all.</summary>
    [Fact]
    public async Task WhatIsRenderedForARaspberryPiGoesBeforeWhatAllShare()
    {
        Add("rpi/cmdline.txt", "of the folder of all");
        Add("feedbee1/issue.txt", "its own");
        const string Env = """
            {"Name":"pi-own","OnlyUnknown":true,"OS":{"Name":"pi-own"},"Templates":[
              {"Name":"own","Path":"feedbee1/cmdline.txt","Contents":"{{print `rendered for one`}}"},
              {"Name":"all","Path":"rpi/issue.txt","Contents":"{{print `rendered for all`}}"}]}
            """;
        var (status, made) = await silo.CallAsync("POST", "bootenvs", Env);
        Assert.True(status == HttpStatusCode.Created, made?.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "prefs", """{"unknownBootEnv":"pi-own"}""")).Status);
        try
        {
            // The edge has to know of it first.
            await Support.Wait.UntilAsync(() => Task.FromResult(Fetched("rpi/issue.txt") == "rendered for all"), Patience,
                () => "nothing is rendered");
            Assert.Equal("rendered for one", Fetched("feedbee1/cmdline.txt"));
            Assert.Equal("of the folder of all", Fetched("feedbee2/cmdline.txt"));
            Assert.Equal("its own", Fetched("feedbee1/issue.txt"));
            Assert.Equal("rendered for all", Fetched("feedbee2/issue.txt"));
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"unknownBootEnv":"ignore"}""");
            await silo.CallAsync("DELETE", "bootenvs/pi-own");
        }
    }

    private string Fetched(string path)
    {
        Ask($"{path}|octet|");
        return Rest(512).Content;
    }
}
