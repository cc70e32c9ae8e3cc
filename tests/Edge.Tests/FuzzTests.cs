using System.Text;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Protocols.Tftp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Anvil.Support;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Tests;

/// <summary>Everything that strangers can send to an edge.</summary>
public sealed class FuzzTests : IDisposable
{
    private static readonly CatalogSnapshot Catalog = new(1, []);
    private static readonly Subnet Net =
        new()
        {
            Name = "n",
            Network = "10.0.0.0/24",
            Options = [new DhcpOptionSetting(3, "10.0.0.254"), new DhcpOptionSetting(15, "{{ index . \"12\" }}.example"),
                new DhcpOptionSetting(6, "{{ index . \"61\" }}")]
        };
    private static readonly Lease Lease = new() { Addr = "10.0.0.10", Duration = 600, Token = "02:00:00:00:00:01" };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-fuzz-");
    private readonly FileRoot _root;

    public FuzzTests()
    {
        var inside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "files", "a"));
        File.WriteAllText(Path.Combine(inside.FullName, "file.efi"), "inside");
        File.WriteAllText(Path.Combine(_folder.FullName, "secret"), "outside");
        Directory.CreateSymbolicLink(Path.Combine(_folder.FullName, "files", "up"), _folder.FullName);
        _root = new FileRoot(Options.Create(new EdgeOptions { FileRoot = Path.Combine(_folder.FullName, "files") }));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public Task Dhcp() => Fuzz.FixedAsync(OneDhcp);

    [Fact(Explicit = true)]
    public Task DhcpWithoutEnd() => Fuzz.OpenAsync(OneDhcp);

    [Fact]
    public Task Tftp() => Fuzz.FixedAsync(OneTftp);

    [Fact(Explicit = true)]
    public Task TftpWithoutEnd() => Fuzz.OpenAsync(OneTftp);

    [Fact]
    public Task Paths() => Fuzz.FixedAsync(OnePath);

    [Fact(Explicit = true)]
    public Task PathsWithoutEnd() => Fuzz.OpenAsync(OnePath);

    /// <summary>
    /// A packet is refused, or understood; what is understood is answered in a message that can be read and fits the client.
    /// </summary>
    private static void OneDhcp(Random random)
    {
        byte[] packet = [1, 1, 6, 0, 1, 2, 3, 4, .. new byte[20], 2, 0, 0, 0, 0, 1, .. new byte[202], 99, 130, 83, 99,
            53, 1, 1, 55, 6, 1, 3, 6, 15, 66, 67, 57, 2, 5, 220, 60, 32, .. "PXEClient:Arch:00007:UNDI:003000"u8, 61, 7, 1, 2, 0, 0, 0, 0,
            1, 12, 2, 104, 49, 77, 4, .. "iPXE"u8, 82, 12, 5, 4, 10, 0, 0, 1, 11, 4, 10, 0, 0, 2, 93, 2, 0, 7, 97, 17, .. new byte[17],
            175, 6, 19, 1, 1, 36, 1, 1, 255];
        if (DhcpMessage.TryParse(Fuzz.Mutate(random, packet), out var problem) is not { } message)
        {
            Assert.NotEqual(DhcpFault.None, problem);
            return;
        }

        var arrival = new DhcpArrival(message, [0x0A000001], 0, 68, IsBinl: false, "eth0");
        var relay = EncapsulatedOptions.Read(message.Option(DhcpOption.RelayAgentInformation) ?? []);
        _ = SubnetChoice.Links(arrival, relay, Catalog);
        _ = SubnetChoice.Self(arrival, relay, Net);
        var client = DhcpHandler.ClientOf(message, ClientKinds.BuiltIn);
        var boot = new BootAnswer(client.Kind != ClientKind.None, "ipxe.efi", "env", "", []) { FromDisk = random.Next(2) == 0 };
        var replies = new DhcpReplies(Catalog);
        var on = new DhcpExchange(arrival, Net, 1, new DhcpSelf(1, 1), null, client, boot);
        foreach (var reply in new[] { replies.Lease(on, DhcpMessageType.Offer, Lease, null),
            DhcpReplies.Proxy(on, DhcpMessageType.Offer), replies.Inform(on, null), DhcpReplies.Nak(message, 1) })
        {
            var octets = reply.ToBytes(548);
            const int OfTheProtocol = 9;
            Assert.InRange(octets.Length, DhcpMessage.ShortestLength,
                Math.Max(548, 241 + 2 + OfTheProtocol + (message.Option(DhcpOption.RelayAgentInformation)?.Length ?? 0) * 2));
            var read = DhcpMessage.TryParse(octets, out _);
            Assert.NotNull(read);
            Assert.Equal(message.TransactionId, read.TransactionId);
        }
    }

    private static void OneTftp(Random random)
    {
        byte[] packet = [0, (byte)random.Next(8),
            .. "pxelinux.cfg/default\0octet\0blksize\01468\0windowsize\04\0tsize\00\0timeout\05\0"u8];
        var mutated = Fuzz.Mutate(random, packet);
        if (TftpRequest.Read(mutated, out var fault) is not { } request)
        {
            // Who sends what is none is told so, unless it is an error itself.
            Assert.Equal(TftpPacket.IsNeverAnswered(mutated), fault is null);
            return;
        }

        var options = TftpOptions.Negotiate(request.Options, random.Next(), random.Next(0, 70_000));
        Assert.InRange(options.BlockSize, 8, TftpOptions.LargestBlock);
        Assert.InRange(options.WindowSize, 1, TftpOptions.LargestWindow);
        Assert.InRange((long)options.BlockSize * options.WindowSize, 1, 2 << 20);
        Assert.True(TftpPacket.OptionAck(options.Accepted).Length < 512);
    }

    private void OnePath(Random random)
    {
        string[] parts = ["a", "file.efi", "A", "FILE.efi", "UP", "..", ".", "/", "//", "\\", "..\\", "%2e%2e", "%2f", "up", "secret",
            "\0", "\u202e", "c:", "~", "a/file.efi", "../", "/etc/passwd", "\u2215", "\uff0e\uff0e", " ", "\r\n"];
        var path = random.Next(2) == 0
            ? string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => parts[random.Next(parts.Length)]))
            : Encoding.Latin1.GetString(Fuzz.Mutate(random, "a/../a/file.efi"u8.ToArray()));
        using var file = random.Next(2) == 0 ? _root.Open(path) : _root.OpenFolded(path);
        if (file is null) return;
        using var reader = new StreamReader(file);
        Assert.Equal("inside", reader.ReadToEnd());
    }
}
