using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace Anvil.Silo.Tests;

/// <summary>Boot HTTP and TFTP over real sockets, TFTP with tftp-hpa and curl.</summary>
public abstract class FileServiceTests(SiloFixture silo)
{
    private string AddFile(int length)
    {
        var name = $"f{length}-{Guid.NewGuid():N}.bin";
        File.WriteAllBytes(Path.Combine(silo.Files, name), RandomNumberGenerator.GetBytes(length));
        return name;
    }

    private HttpClient Files() => new() { BaseAddress = new Uri($"http://127.0.0.1:{silo.FilePort}/") };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(1468 * 4)]
    [InlineData(3_000_000)]
    public async Task TftpClientsGetEveryOctet(int length)
    {
        var name = AddFile(length);
        var expected = await File.ReadAllBytesAsync(Path.Combine(silo.Files, name));
        foreach (var client in new[] { "tftp", "curl", "curl-512" })
        {
            var target = Path.Combine(Path.GetTempPath(), name + "." + client);
            string[] command = client switch
            {
                "tftp" => ["tftp", "-m", "binary", "127.0.0.1", $"{silo.TftpPort}", "-c", "get", name, target],
                "curl" => ["curl", "-s", "--tftp-blksize", "1468", "-o", target, $"tftp://127.0.0.1:{silo.TftpPort}/{name}"],
                _ => ["curl", "-s", "-o", target, $"tftp://127.0.0.1:{silo.TftpPort}/{name}"],
            };
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]))!;
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            // curl writes no file for a length of 0.
            var got = File.Exists(target) ? await File.ReadAllBytesAsync(target) : [];
            File.Delete(target);
            Assert.True(expected.AsSpan().SequenceEqual(got), $"{client}: {got.Length} of {length} octets");
        }
    }

    [Fact]
    public async Task TftpSaysThatAFileIsMissingAndThatItIsReadOnly()
    {
        using var process = Process.Start(new ProcessStartInfo("tftp", ["127.0.0.1", $"{silo.TftpPort}", "-c", "get", "../anvil.db", "/dev/null"]) { RedirectStandardOutput = true })!;
        Assert.Contains("not found", await process.StandardOutput.ReadToEndAsync(), StringComparison.OrdinalIgnoreCase);
        using var put = Process.Start(new ProcessStartInfo("tftp", ["127.0.0.1", $"{silo.TftpPort}", "-c", "put", "/etc/hostname", "x"]) { RedirectStandardOutput = true })!;
        Assert.Contains("read-only", await put.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
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
}

/// <summary>Boot files of one silo on SQLite.</summary>
public sealed class SingleFileServiceTests(SingleSilo silo) : FileServiceTests(silo), IClassFixture<SingleSilo>;

/// <summary>Boot files of a cluster on PostgreSQL.</summary>
public sealed class ClusterFileServiceTests(SiloCluster silos) : FileServiceTests(silos), IClassFixture<SiloCluster>;
