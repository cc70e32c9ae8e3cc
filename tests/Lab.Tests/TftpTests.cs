using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>TFTP over a network that loses a tenth of all packets, and by iPXE in real firmware.</summary>
public sealed class TftpTests
{
    /// <summary>How often a client may begin anew after a fault of its own.</summary>
    private const int ClientsOwnFaults = 5;

    private static readonly int[] Sizes = [0, 1, 511, 512, 513, 1432, 14320, 4_000_000];

    [Theory]
    [InlineData("tftp", 60_000)]
    [InlineData("curl", 20_000)]
    [InlineData("atftp", 150_000)]
    public async Task ATenthOfAllPacketsIsLost(string client, int length)
    {
        await using var lab = await StartAsync(length);
        var peer = lab.Network.AddPeer("cli").On(address: "10.77.0.50/24");
        // At both ends of the veth pairs, where packets come in: where they go out, the sender would be told.
        foreach (var end in new[] { peer.Namespace, lab.Silo.Host.Namespace })
            Commands.Run("ip", "netns", "exec", end, "nft",
                "add table inet bad; add chain inet bad in { type filter hook input priority 0; }; add rule inet bad in meta l4proto udp "
                    + "numgen random mod 100 < 10 counter drop");
        var target = Path.Combine(lab.Folder, "got");
        string[] command = client switch
        {
            "tftp" => ["tftp", "-m", "binary", "10.77.0.1", "-c", "get", $"f{length}", target],
            "curl" => ["curl", "-s", "--tftp-blksize", "1468", "-o", target, $"tftp://10.77.0.1/f{length}"],
            _ => ["atftp", "--option", "blksize 1428", "--option", "windowsize 16", "--get", "-r", $"f{length}", "-l", target,
                "10.77.0.1"],
        };
        var (code, output, error) = peer.Try("timeout", ["100", .. command]);
        // When its first acknowledgement is lost, atftp takes the OACK that comes again for an error (RFC 1350 section 4 has the sender
        // repeat it).
        for (var again = 0; again < ClientsOwnFaults && (output + error).Contains("unexpected OACK", StringComparison.Ordinal); again++)
            (code, output, error) = peer.Try("timeout", ["100", .. command]);
        Assert.True(code == 0, $"{client} ended with {code}: {output}{error}");
        Assert.Equal(await HashAsync(Path.Combine(lab.Folder, "files", $"f{length}")), await HashAsync(target));
    }

    [Fact]
    public async Task IpxeInFirmwareFetchesEverySize()
    {
        await using var lab = await StartAsync(Sizes);
        var fetches = string.Join('\n', Sizes.Select(s => $"imgfetch --name i{s} tftp://10.77.0.1/f{s} || echo lost {s}"));
        await lab.Api.PostAsync("bootenvs", new JsonObject
        {
            ["Name"] = "fetch",
            ["OnlyUnknown"] = true,
            ["OS"] = new JsonObject { ["Name"] = "fetch" },
            ["Kernel"] = "none",
            ["Templates"] = new JsonArray(
                new JsonObject
                {
                    ["Name"] = "ipxe",
                    ["Path"] = "default.ipxe",
                    ["Contents"] = $"#!ipxe\n{fetches}\nimgstat\necho all fetched\nsleep 600\n"
                }),
        });
        await lab.Api.PostAsync("prefs", new JsonObject { ["unknownBootEnv"] = "fetch" });
        var vm = lab.AddMachine(Firmware.Bios, memory: 512, disk: 16);
        await vm.PowerOnAsync();
        await vm.ExpectAsync("all fetched", Deadline.Boot);
        Assert.DoesNotContain("lost", vm.Console, StringComparison.Ordinal);
        foreach (var size in Sizes) Assert.Contains($"i{size} : {size} bytes", vm.Console, StringComparison.Ordinal);
    }

    private static async Task<Laboratory> StartAsync(params int[] sizes)
    {
        var lab = await Laboratory.StartAsync(settings: ["--Edge:FileRoot={folder}/files"]);
        var files = Directory.CreateDirectory(Path.Combine(lab.Folder, "files")).FullName;
        foreach (var size in sizes) await File.WriteAllBytesAsync(Path.Combine(files, $"f{size}"), RandomNumberGenerator.GetBytes(size));
        return lab;
    }

    private static async Task<string> HashAsync(string file) => Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file)));
}
