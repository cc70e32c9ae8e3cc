using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Anvil.Silo.Tests;

/// <summary>Boot HTTP and TFTP over real sockets, TFTP with tftp-hpa, atftp and curl.</summary>
public abstract class FileServiceTests(SiloFixture silo)
{
    private const int ShownCharacters = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private string AddFile(int length)
    {
        var name = $"f{length}-{Guid.NewGuid():N}.bin";
        File.WriteAllBytes(Path.Combine(silo.Files, name), RandomNumberGenerator.GetBytes(length));
        return name;
    }

    private HttpClient Files() => new() { BaseAddress = new Uri($"http://127.0.0.1:{silo.FilePort}/") };

    /// <summary>Real clients, with blocks of 512 octets, of the Ethernet's size, and windows.</summary>
    private static readonly Dictionary<string, Func<int, string, string, string[]>> Clients = new(StringComparer.Ordinal)
    {
        ["tftp-hpa"] = (port, name, target) => ["tftp", "-m", "binary", "127.0.0.1", $"{port}", "-c", "get", name, target],
        ["curl"] = (port, name, target) => ["curl", "-s", "--tftp-blksize", "1468", "-o", target, $"tftp://127.0.0.1:{port}/{name}"],
        ["curl-512"] = (port, name, target) => ["curl", "-s", "--tftp-no-options", "-o", target, $"tftp://127.0.0.1:{port}/{name}"],
        ["curl-65464"] = (port, name, target) =>
            ["curl", "-s", "--tftp-blksize", "65464", "-o", target, $"tftp://127.0.0.1:{port}/{name}"],
        ["atftp"] = (port, name, target) =>
            ["atftp", "--option", "blksize 1428", "--get", "-r", name, "-l", target, "127.0.0.1", $"{port}"],
        ["atftp-window"] = (port, name, target) =>
            ["atftp", "--option", "blksize 1428", "--option", "windowsize 8", "--get", "-r", name, "-l", target, "127.0.0.1", $"{port}"],
    };

    private async Task GetAsync(string client, string name, int port)
    {
        var expected = await File.ReadAllBytesAsync(Path.Combine(silo.Files, name));
        var target = Path.Combine(Path.GetTempPath(), $"{name}.{client}.{Guid.NewGuid():N}");
        var command = Clients[client](port, name, target);
        var said = await RunAsync(command);

        // curl writes no file for a length of 0.
        var got = File.Exists(target) ? await File.ReadAllBytesAsync(target) : [];
        File.Delete(target);
        Assert.True(expected.AsSpan().SequenceEqual(got), $"{client}: {got.Length} of {expected.Length} octets; it said: {said}");
    }

    /// <summary>Runs a client to its end; the last of what it said, which belongs into a failure's message and nowhere else.</summary>
    private static async Task<string> RunAsync(params string[] command)
    {
        using var process = Commands.Start(command[0], command[1..]);
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            Assert.Fail($"after {Patience.TotalSeconds:F0} s {string.Join(' ', command)} goes on: {Last(await said)}");
        }

        return Last(await said);
    }

    private static string Last(string[] said)
        => string.Concat(said) is { Length: > ShownCharacters } all ? "…" + all[^ShownCharacters..] : string.Concat(said);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(1428 * 8)]
    [InlineData(1468 * 4)]
    [InlineData(3_000_000)]
    public async Task TftpClientsGetEveryOctet(int length)
    {
        var name = AddFile(length);
        foreach (var client in Clients.Keys) await GetAsync(client, name, silo.TftpPort);
    }

    /// <summary>More than 32 MiB, and more than 65,535 blocks of 512 octets: block numbers roll over.</summary>
    [Fact]
    public async Task BlockNumbersRollOver()
    {
        var name = AddFile((512 * 65_537) + 5);
        await Task.WhenAll(GetAsync("tftp-hpa", name, silo.TftpPort), GetAsync("curl-512", name, silo.TftpPort));
    }

    /// <summary>A network that sends packets twice and in another order: the file is whole, and nothing is sent without end.</summary>
    [Theory]
    [InlineData("tftp-hpa")]
    [InlineData("curl")]
    [InlineData("atftp")]
    [InlineData("atftp-window")]
    public async Task PacketsThatComeTwiceAndInAnotherOrderDoNoHarm(string client)
    {
        var random = new Random(11);
        var count = 0;
        using var relay = new UdpRelay(silo.TftpPort, n =>
        {
            count = n;
            // The request comes twice; atftp gives up when the option acknowledgement does.
            if (n <= 4) return n == 1 ? UdpRelay.Mangling.Twice : UdpRelay.Mangling.None;
            lock (random) return random.Next(10) switch
            {
                0 or 1 => UdpRelay.Mangling.Twice,
                2 => UdpRelay.Mangling.Late,
                _ => UdpRelay.Mangling.None
            };
        });
        var name = AddFile(600_000);
        await GetAsync(client, name, relay.Port);
        // Data and acknowledgement of each block, a fifth of them doubled; the sorcerer's apprentice would double all of them.
        var blocks = 600_000 / (client == "tftp-hpa" ? 512 : 1428);
        Assert.InRange(count, blocks, blocks * 3);
    }

    [Fact]
    public async Task AHundredAndTwentyEightAtOnce()
    {
        var name = AddFile(200_000);
        await Task.WhenAll(Enumerable.Range(0, 128).Select(_ => GetAsync("curl", name, silo.TftpPort)));
    }

    [Fact]
    public async Task NetasciiIsTranslated()
    {
        await File.WriteAllTextAsync(Path.Combine(silo.Files, "text.txt"), "one\ntwo\r\nthree\n");
        var target = Path.Combine(Path.GetTempPath(), $"text.{Guid.NewGuid():N}");
        await RunAsync("tftp", "-m", "ascii", "127.0.0.1", $"{silo.TftpPort}", "-c", "get", "text.txt", target);
        Assert.Equal("one\ntwo\r\nthree\n", await File.ReadAllTextAsync(target));
        File.Delete(target);
    }

    [Fact]
    public async Task TftpSaysThatAFileIsMissingAndThatItIsReadOnly()
    {
        Assert.Contains("not found", await RunAsync("tftp", "127.0.0.1", $"{silo.TftpPort}", "-c", "get", "../anvil.db", "/dev/null"),
            StringComparison.OrdinalIgnoreCase);
        Assert.Contains("read-only", await RunAsync("tftp", "127.0.0.1", $"{silo.TftpPort}", "-c", "put", "/etc/hostname", "x"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpServesRangesAndHead()
    {
        var name = AddFile(1000);
        var expected = await File.ReadAllBytesAsync(Path.Combine(silo.Files, name));
        using var http = Files();
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, name));
        Assert.Equal((HttpStatusCode.OK, 1000L), (head.StatusCode, head.Content.Headers.ContentLength));
        using var request = new HttpRequestMessage(HttpMethod.Get, name);
        request.Headers.Range = new(10, 19);
        using var part = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(expected[10..20], await part.Content.ReadAsByteArrayAsync());
        using var beyond = new HttpRequestMessage(HttpMethod.Get, name);
        beyond.Headers.Range = new(5000, 6000);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await http.SendAsync(beyond)).StatusCode);
    }

    /// <summary>A file of many pieces whole, its end, its middle; and nothing of it to who has it already (RFC 9110 section 13).</summary>
    [Fact]
    public async Task HttpServesLargeFilesWholeAndInParts()
    {
        var name = AddFile(3_000_001);
        var expected = await File.ReadAllBytesAsync(Path.Combine(silo.Files, name));
        using var http = Files();
        using var whole = await http.GetAsync(name);
        Assert.Equal((HttpStatusCode.OK, 3_000_001L), (whole.StatusCode, whole.Content.Headers.ContentLength));
        Assert.Equal(expected, await whole.Content.ReadAsByteArrayAsync());
        foreach (var (range, from, to) in new[]
        {
            ("bytes=-400000", 2_600_001, 3_000_001), ("bytes=1000000-", 1_000_000, 3_000_001), ("bytes=131071-131072", 131_071, 131_073),
        })
        {
            using var part = await http.SendAsync(Request("Range", range));
            Assert.Equal((HttpStatusCode.PartialContent, new ContentRangeHeaderValue(from, to - 1, expected.Length)),
                (part.StatusCode, part.Content.Headers.ContentRange!));
            Assert.Equal(expected[from..to], await part.Content.ReadAsByteArrayAsync());
        }

        using var known = await http.SendAsync(Request("If-None-Match", whole.Headers.ETag!.ToString()));
        Assert.Equal((HttpStatusCode.NotModified, 0), (known.StatusCode, (await known.Content.ReadAsByteArrayAsync()).Length));
        // A part of another version is of no use: the whole comes.
        using var other = Request("Range", "bytes=0-9");
        other.Headers.TryAddWithoutValidation("If-Range", "\"other\"");
        using var again = await http.SendAsync(other);
        Assert.Equal(expected, await again.Content.ReadAsByteArrayAsync());

        HttpRequestMessage Request(string header, string value)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, name);
            Assert.True(request.Headers.TryAddWithoutValidation(header, value));
            return request;
        }
    }

    /// <summary>More than sockets hold: whoever sends it has to wait for room, again and again.</summary>
    [Fact]
    public async Task HttpServesAFileToEightWhoReadAsFastAsTheyCan()
    {
        var name = AddFile(50_000_003);
        var expected = SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(silo.Files, name)));
        using var http = Files();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var body = await http.GetStreamAsync(name);
            Assert.Equal(expected, await SHA256.HashDataAsync(body));
        }));
    }

    /// <summary>A file that is cut off while it is sent: the client is told, by the connection's end, that it has not all of it.</summary>
    [Fact]
    public async Task AFileThatIsCutOffWhileItIsSentIsNoWholeFile()
    {
        var name = AddFile(60_000_000);
        using var http = Files();
        using var answer = await http.GetAsync(name, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[100_000]);
        await using (var file = File.OpenWrite(Path.Combine(silo.Files, name))) file.SetLength(200_000);
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Theory]
    [InlineData("%2e%2e/anvil.db")]
    [InlineData("..%2fanvil.db")]
    [InlineData("a/%2e%2e/%2e%2e/anvil.db")]
    [InlineData("%00")]
    public async Task NoPathLeavesTheFolder(string path)
    {
        using var http = Files();
        Assert.Contains((await http.GetAsync(path)).StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.BadRequest });
    }

    [Fact]
    public async Task AStrangerGetsTheDiscoveryScriptAndNoMachinesFiles()
    {
        using var http = Files();
        Assert.StartsWith("#!ipxe", await http.GetStringAsync("default.ipxe"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("52:54:00:00:00:09.ipxe")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("default.ipxe", null)).StatusCode);
    }

    /// <summary>The gateway shows what the edge lacks, whether or not that is another silo.</summary>
    [Fact]
    public async Task ABootEnvironmentWithoutItsFilesIsShownSo()
    {
        await silo.CallAsync("POST", "bootenvs",
            """
            {"Name":"without","OS":{"Name":"without","SupportedArchitectures":{"amd64":{"Kernel":"vmlinuz"}}},
            "Templates":[{"Name":"ipxe","Path":"without.ipxe","Contents":"#!ipxe"}]}
            """);
        var (_, machine) = await silo.CallAsync("POST", "machines", """{"Name":"without.example.com","BootEnv":"without"}""");
        async Task<string> ShownAsync()
        {
            var env = (await silo.CallAsync("GET", "bootenvs/without")).Body!;
            var preview = (await silo.CallAsync("GET", $"machines/{machine!["Uuid"]}/boot")).Body!["Reasons"]!.ToJsonString();
            const string Said = "needs the boot file without/vmlinuz, which is not there";
            bool Says(string text) => text.Contains(Said, StringComparison.Ordinal);
            return $"{env["Available"]} {Says(env["Errors"]!.ToJsonString())} {Says(preview)}";
        }

        var shown = "";
        await Wait.UntilAsync(async () => (shown = await ShownAsync()) == "false True True", TimeSpan.FromSeconds(60),
            () => $"what is missing is not shown: {shown}");
        Directory.CreateDirectory(Path.Combine(silo.Files, "without"));
        await File.WriteAllTextAsync(Path.Combine(silo.Files, "without", "vmlinuz"), "here");
        await Wait.UntilAsync(async () => (shown = await ShownAsync()) == "true False False", TimeSpan.FromSeconds(60),
            () => $"what is there is not seen: {shown}");
    }

}

/// <summary>Boot files of one silo on SQLite.</summary>
public sealed class SingleFileServiceTests(SingleSilo silo) : FileServiceTests(silo), IClassFixture<SingleSilo>;

/// <summary>Boot files of a cluster on PostgreSQL.</summary>
public sealed class ClusterFileServiceTests(SiloCluster silos) : FileServiceTests(silos), IClassFixture<SiloCluster>;
