using System.Text;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class DhcpRepliesTests
{
    private static readonly CatalogSnapshot Catalog = new(1, []);
    private static readonly uint Server = IPv4.Parse("10.0.0.1");
    private static readonly Lease Lease = new() { Addr = "10.0.0.10", Duration = 600, Token = "02:00:00:00:00:01" };
    private static readonly Subnet Net =
        new()
        {
            Name = "n",
            Network = "10.0.0.0/24",
            Options = [new DhcpOptionSetting(1, "255.255.255.0"), new DhcpOptionSetting(3, "10.0.0.254"),
                new DhcpOptionSetting(15, "{{ index . \"12\" }}.example")]
        };

    private static DhcpMessage Request(string? vendorClass, params (byte Code, byte[] Value)[] more) => new()
    {
        Op = 1,
        HardwareAddress = [2, 0, 0, 0, 0, 1],
        TransactionId = 5,
        Flags = 0x8000,
        Options = [.. new[] { ((byte)53, new byte[] { 1 }), ((byte)55, new byte[] { 1, 3, 15, 66, 67 }),
            ((byte)12, Encoding.ASCII.GetBytes("h1")) }
            .Concat(vendorClass is null ? [] : [((byte)60, Encoding.ASCII.GetBytes(vendorClass))]).Concat(more)
            .Select(o => KeyValuePair.Create(o.Item1, o.Item2))],
    };

    private static DhcpMessage Reply(DhcpMessage request, DhcpMessageType type, Reservation? reservation, BootAnswer boot,
        Subnet? subnet = null)
        => new DhcpReplies(Catalog).Lease(Exchange(request, boot, subnet ?? Net), type,
            Lease with { NextServer = subnet?.NextServer ?? "", SkipBoot = subnet?.Unmanaged == true }, reservation);

    private static DhcpExchange Exchange(DhcpMessage request, BootAnswer boot, Subnet subnet)
        => new(new DhcpArrival(request, [Server], 0, 68, IsBinl: false), subnet, Server, new DhcpSelf(Server, Server), null,
            DhcpHandler.ClientOf(request, ClientKinds.BuiltIn), boot);

    private static BootAnswer Boot(string file) => new(file.Length > 0, file, "env", "", []);

    [Fact]
    public void AnOfferCarriesTimesOptionsAndTheBootFileInTheHeader()
    {
        var reply = Reply(Request("PXEClient:Arch:00007:UNDI:003000", (97, [0, 1, 2])), DhcpMessageType.Offer, null, Boot("ipxe.efi"));
        Assert.Equal((IPv4.Parse("10.0.0.10"), Server, "ipxe.efi", "10.0.0.1"),
            (reply.YourAddress, reply.ServerAddress, reply.File, reply.ServerName));
        Assert.Equal([0, 0, 2, 88], reply.Option(51));
        Assert.Equal([0, 0, 1, 44], reply.Option(58));
        Assert.Equal([0, 0, 1, 194], reply.Option(59));
        Assert.Equal([10, 0, 0, 254], reply.Option(3));
        Assert.Equal("h1.example", reply.OptionText(15));
        Assert.Equal("PXEClient", reply.OptionText(60));
        Assert.Equal([0, 1, 2], reply.Option(97));
        Assert.Null(reply.Option(67));
    }

    [Fact]
    public void AnHttpClientIsAnsweredAsOne()
    {
        var reply = Reply(Request("HTTPClient:Arch:00016:UNDI:003000"), DhcpMessageType.Offer, null,
            Boot("http://10.0.0.1:8091/ipxe.efi"));
        Assert.Equal(("HTTPClient", "http://10.0.0.1:8091/ipxe.efi"), (reply.OptionText(60), reply.OptionText(67)));
    }

    /// <summary>Its row alone says that it boots by HTTP: a client finds the URL where it looks for it.</summary>
    [Theory]
    [InlineData(new byte[] { 1, 67 }, "http://10.0.0.1:8091/own.efi")]
    [InlineData(new byte[] { 1 }, null)]
    public void AClientThatARowMakesAnHttpClientFindsTheUrlInOption67Too(byte[] asked, string? option)
    {
        var request = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0, 1],
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(55, asked)],
        };
        var kinds = new ClientKinds([new ClientKindRow("board") { Macs = ["02:00"], Boots = "http", File = "own.efi" }]);
        var exchange = Exchange(request, Boot("http://10.0.0.1:8091/own.efi"), Net) with { Client = DhcpHandler.ClientOf(request, kinds) };
        var reply = new DhcpReplies(Catalog).Lease(exchange, DhcpMessageType.Offer, Lease, null);
        Assert.Equal(("http://10.0.0.1:8091/own.efi", option), (reply.File, reply.OptionText(67)));
    }

    [Fact]
    public void WithoutABootAnswerNothingOfBootingIsSaid()
    {
        var reply = Reply(Request("PXEClient:Arch:00000:UNDI:002001"), DhcpMessageType.Offer, null, Boot(""));
        Assert.Equal(("", "", 0u), (reply.File, reply.ServerName, reply.ServerAddress));
        Assert.Null(reply.Option(60));
    }

    [Fact]
    public void IpxeIsToldNotToWaitForAProxy()
        => Assert.Equal([176, 1, 1],
            Reply(Request("PXEClient:Arch:00000:UNDI:002001", (175, [19, 1, 1])), DhcpMessageType.Offer, null, Boot("http://x/y"))
                .Option(175));

    [Fact]
    public void AReservationsOptionsWin()
    {
        var reservation =
            new Reservation { Addr = "10.0.0.10", Options = [new DhcpOptionSetting(3, "10.0.0.9"), new DhcpOptionSetting(67, "own.efi")] };
        var reply = Reply(Request("PXEClient"), DhcpMessageType.Ack, reservation, Boot("ipxe.efi"));
        Assert.Equal([10, 0, 0, 9], reply.Option(3));
        Assert.Equal("own.efi", reply.File);
    }

    [Fact]
    public void AnEmptyOption67OfAReservationMeansNoBoot()
        => Assert.Equal("",
            Reply(Request("PXEClient"), DhcpMessageType.Ack,
                new Reservation { Addr = "10.0.0.10", Options = [new DhcpOptionSetting(67, "")] }, Boot("ipxe.efi")).File);

    private static readonly Subnet Own = Net with
    {
        NextServer = "10.0.0.9",
        Options = [new DhcpOptionSetting(66, "files.example"), new DhcpOptionSetting(67, "onie-installer"),
            new DhcpOptionSetting(17, "/root")],
    };

    /// <summary>Switches, boot monitors and kernels get what is configured; who asks for no options finds it in the header.</summary>
    [Theory]
    [InlineData("onie_vendor:x86_64-box-r0")]
    [InlineData("U-Boot.armv8")]
    [InlineData(null)]
    public void WhatASubnetSaysOfFilesIsToldToWhoeverAsksForIt(string? vendorClass)
    {
        var reply = Reply(Request(vendorClass), DhcpMessageType.Offer, null, Boot(""), Own);
        Assert.Equal((IPv4.Parse("10.0.0.9"), "files.example", "onie-installer", "onie-installer", "files.example"),
            (reply.ServerAddress, reply.OptionText(66), reply.OptionText(67), reply.File, reply.ServerName));
        var other = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0, 1],
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(55, [1, 3])],
        };
        reply = Reply(other, DhcpMessageType.Offer, null, Boot(""), Own);
        Assert.Equal((null, null, "onie-installer", "files.example", IPv4.Parse("10.0.0.9")),
            (reply.OptionText(66), reply.OptionText(67), reply.File, reply.ServerName, reply.ServerAddress));
        // What is too long for a field is in its option alone.
        reply = Reply(other, DhcpMessageType.Offer, null, Boot(""),
            Own with { Options = [new DhcpOptionSetting(66, new string('n', 64)), new DhcpOptionSetting(67, new string('f', 128))] });
        Assert.Equal(("", ""), (reply.File, reply.ServerName));
        reply = Reply(Request(vendorClass), DhcpMessageType.Ack,
            new Reservation { Addr = "10.0.0.10", Options = [new DhcpOptionSetting(67, "")] }, Boot(""), Own);
        Assert.Equal(("files.example", null, ""), (reply.OptionText(66), reply.OptionText(67), reply.File));
    }

    /// <summary>Who reads the header alone knows the server by siaddr.</summary>
    [Theory]
    [InlineData("", "10.0.0.8", "10.0.0.8")]
    [InlineData("10.0.0.9", "10.0.0.8", "10.0.0.9")]
    [InlineData("", "files.example", "0.0.0.0")]
    [InlineData("", "", "0.0.0.0")]
    public void WithoutANextServerAnAddressInOption66IsTheNextServer(string next, string name, string expected)
    {
        var reply = Reply(Request("U-Boot.armv8"), DhcpMessageType.Ack, null, Boot(""),
            Own with { NextServer = next, Options = [new DhcpOptionSetting(66, name), new DhcpOptionSetting(67, "board.img")] });
        Assert.Equal((IPv4.Parse(expected), name, "board.img"), (reply.ServerAddress, reply.ServerName, reply.File));
    }

    /// <summary>The name is in its option as well, so that its field is free for options.</summary>
    [Fact]
    public void WhereOptionsFindNoRoomTheServerNamesFieldIsTakenForThem()
    {
        var reply = Reply(Request("U-Boot.armv8", (12, new byte[1])), DhcpMessageType.Ack, null, Boot(""), Own with
        {
            Options = [.. Own.Options, new DhcpOptionSetting(15, new string('d', 40)),
                new DhcpOptionSetting(3, string.Join(", ", Enumerable.Repeat("10.0.0.1", 55)))],
        });
        var read = DhcpMessage.TryParse(reply.ToBytes(548, out var leftOut), out _)!;
        Assert.Equal(("files.example", "onie-installer", "onie-installer"), (read.OptionText(66), read.OptionText(67), read.File));
        Assert.Equal([], leftOut);
        Assert.Equal((40, 220, ""), (read.Option(15)!.Length, read.Option(3)!.Length, read.ServerName));
    }

    /// <summary>
    /// Firmware follows the boot decision; where Anvil gives no boot answers, and where there is none for it, the subnet's own holds.
    /// </summary>
    [Theory]
    [InlineData("PXEClient", false, false, false)]
    [InlineData("PXEClient", true, false, true)]
    [InlineData("PXEClient", false, true, true)]
    [InlineData("HTTPClient", false, false, false)]
    [InlineData("HTTPClient", false, true, true)]
    public void FirmwareWithoutABootAnswerIsToldTheSubnetsFilesOnlyWhereAnvilHasNone(string vendorClass, bool isUnmanaged, bool leavesOpen,
        bool isTold)
    {
        var reply = Reply(Request(vendorClass + ":Arch:00007:UNDI:003016"), DhcpMessageType.Offer, null,
            Boot("") with { LeavesOpen = leavesOpen }, Own with { Unmanaged = isUnmanaged });
        Assert.Equal((isTold ? "onie-installer" : null, isTold ? "onie-installer" : "", isTold ? IPv4.Parse("10.0.0.9") : 0),
            (reply.OptionText(67), reply.File, reply.ServerAddress));
        Assert.Equal(isTold && vendorClass == "HTTPClient" ? "HTTPClient" : null, reply.OptionText(60));
    }

    /// <summary>A machine that is meant for its disk is sent nowhere else.</summary>
    [Fact]
    public void AMachineForItsDiskIsNotToldTheSubnetsFiles()
    {
        var reply = Reply(Request("PXEClient:Arch:00007:UNDI:003016"), DhcpMessageType.Offer, null,
            Boot("") with { FromDisk = true }, Own);
        Assert.Equal((null, null, "", 0u), (reply.OptionText(66), reply.OptionText(67), reply.File, reply.ServerAddress));
        Assert.NotNull(reply.Option(43));
    }

    /// <summary>It goes on only with its own menu item, and iPXE on it needs none.</summary>
    [Fact]
    public void ARaspberryPiIsGivenItsMenuItem()
    {
        (byte, byte[]) four = (97, [0, .. "RPi4"u8, .. new byte[12]]);
        var text = Encoding.Latin1.GetString(
            Reply(Request("PXEClient:Arch:00000:UNDI:002001", four), DhcpMessageType.Offer, null, Boot("bootcode.bin")).Option(43)!);
        Assert.Contains("Raspberry Pi Boot", text, StringComparison.Ordinal);
        var ipxe = Reply(Request("PXEClient:Arch:00011:UNDI:003016", four, (77, [.. "iPXE"u8])), DhcpMessageType.Offer, null,
            Boot("http://x/y"));
        Assert.Equal([6, 1, 8, 255], ipxe.Option(43)!);
    }

    /// <summary>RFC 2132 section 3.3; of the rest the client's order is kept, and what it does not ask for is not told.</summary>
    [Theory]
    [InlineData(new byte[] { 121, 3, 6, 1 }, new byte[] { 1, 121, 3, 6 })]
    [InlineData(new byte[] { 3, 1, 1, 121 }, new byte[] { 1, 3, 121 })]
    [InlineData(new byte[] { 1, 6, 3 }, new byte[] { 1, 6, 3 })]
    [InlineData(new byte[] { 3, 6 }, new byte[] { 3, 6 })]
    public void TheMaskGoesBeforeRoutersAndRoutes(byte[] asked, byte[] told)
    {
        var request = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0, 1],
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(55, asked)],
        };
        var subnet = Net with
        {
            Options = [new DhcpOptionSetting(1, "255.255.255.0"), new DhcpOptionSetting(3, "10.0.0.254"),
                new DhcpOptionSetting(6, "10.0.0.53"), new DhcpOptionSetting(121, "10.2.0.0/16 10.0.0.253")],
        };
        var reply = Reply(request, DhcpMessageType.Offer, null, Boot(""), subnet);
        Assert.Equal(told, reply.Options.Select(o => o.Key).Where(c => c is 1 or 3 or 6 or 121));
    }

    /// <summary>A name that is too long for the header's field goes into option 66, and leaves the field to other options.</summary>
    [Theory]
    [InlineData(63, false)]
    [InlineData(64, true)]
    [InlineData(200, true)]
    public void AServersNameIsToldWhateverItsLength(int length, bool isOption)
    {
        var name = new string('n', length);
        var subnet = Net with { Options = [new DhcpOptionSetting(66, name), new DhcpOptionSetting(15, new string('d', 240))] };
        var reply = Reply(Request("PXEClient:Arch:00007:UNDI:003000"), DhcpMessageType.Offer, null, Boot("ipxe.efi"), subnet);
        Assert.Equal((isOption ? "" : name, isOption ? name : null), (reply.ServerName, reply.OptionText(66)));
        var read = DhcpMessage.TryParse(reply.ToBytes(548), out _)!;
        Assert.Equal((reply.ServerName, reply.OptionText(66), "ipxe.efi"), (read.ServerName, read.OptionText(66), read.File));
    }

    [Fact]
    public void ANakSaysNothingElse()
    {
        var nak = DhcpReplies.Nak(Request("PXEClient"), Server);
        Assert.Equal([(byte)53, (byte)54], nak.Options.Select(o => o.Key));
        Assert.Equal(0u, nak.YourAddress);
    }

    [Fact]
    public void ARelaysInformationIsEchoed()
    {
        var request = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0, 1],
            RelayAddress = 7,
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(82, [1, 1, 9])]
        };
        Assert.Equal([1, 1, 9], Reply(request, DhcpMessageType.Offer, null, Boot("")).Option(82));
    }
}
