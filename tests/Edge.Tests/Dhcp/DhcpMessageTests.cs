using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class DhcpMessageTests
{
    /// <summary>A DISCOVER as a BIOS's iPXE sends it: 53, 55, 60, 77, 93, 97 and 175.</summary>
    private static byte[] Discover(params byte[] options)
    {
        var packet = new byte[240 + options.Length + 1];
        new byte[] { 1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 4, 0x80, 0 }.CopyTo(packet, 0);
        new byte[] { 0x52, 0x54, 0, 0x77, 0, 1 }.CopyTo(packet, 28);
        new byte[] { 99, 130, 83, 99 }.CopyTo(packet, 236);
        options.CopyTo(packet, 240);
        packet[^1] = 255;
        return packet;
    }

    [Fact]
    public void ReadsHeaderAndOptions()
    {
        var message = DhcpMessage.TryParse(Discover(53, 1, 1, 55, 2, 1, 67, 0, 93, 2, 0, 7), out _)!;
        Assert.Equal((DhcpMessageType.Discover, 0x12345678u, (ushort)4, true, "52:54:00:77:00:01"),
            (message.Type, message.TransactionId, message.Seconds, message.WantsBroadcast, message.Mac));
        Assert.Equal(new byte[] { 1, 67 }, message.Option(DhcpOption.ParameterRequestList));
        Assert.Null(message.Option(12));
    }

    [Fact]
    public void JoinsAnOptionThatWasSplit()
        => Assert.Equal("iPXE",
            DhcpMessage.TryParse(Discover(53, 1, 1, 77, 2, (byte)'i', (byte)'P', 77, 2, (byte)'X', (byte)'E'), out _)!.OptionText(77));

    [Fact]
    public void ReadsOptionsInOverloadedFields()
    {
        var packet = Discover(53, 1, 1, 52, 1, 1);
        new byte[] { 12, 2, (byte)'h', (byte)'i', 255 }.CopyTo(packet, 108);
        Assert.Equal("hi", DhcpMessage.TryParse(packet, out _)!.OptionText(12));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(239)]
    public void RefusesWhatIsTooShort(int length)
    {
        Assert.Null(DhcpMessage.TryParse(Discover().AsSpan(0, length), out var why));
        Assert.Equal(DhcpFault.TooShort, why);
    }

    [Fact]
    public void RefusesBootpWithoutDhcp()
    {
        var packet = Discover();
        packet[236] = 0;
        Assert.Null(DhcpMessage.TryParse(packet, out var why));
        Assert.Equal(DhcpFault.NoCookie, why);
    }

    [Fact]
    public void RefusesAnOptionThatRunsOverTheEnd()
    {
        Assert.Null(DhcpMessage.TryParse(Discover(53, 200, 1), out var why));
        Assert.Equal(DhcpFault.Options, why);
    }

    [Fact]
    public void RefusesAHardwareAddressOfSeventeenOctets()
    {
        var packet = Discover(53, 1, 1);
        packet[2] = 17;
        Assert.Null(DhcpMessage.TryParse(packet, out var why));
        Assert.Equal(DhcpFault.HardwareAddress, why);
    }

    [Fact]
    public void WhatIsWrittenIsReadTheSame()
    {
        var long300 = Enumerable.Range(0, 300).Select(i => (byte)i).ToArray();
        var message = new DhcpMessage
        {
            Op = 2,
            TransactionId = 7,
            Seconds = 3,
            Flags = 0x8000,
            ClientAddress = 1,
            YourAddress = 0x0A4D0064,
            ServerAddress = 0x0A4D0001,
            RelayAddress = 9,
            HardwareAddress = [1, 2, 3, 4, 5, 6],
            ServerName = "10.77.0.1",
            File = "ipxe.efi",
            Options = [KeyValuePair.Create<byte, byte[]>(53, [2]), KeyValuePair.Create<byte, byte[]>(43, long300),
                KeyValuePair.Create<byte, byte[]>(80, [])],
        };
        var read = DhcpMessage.TryParse(message.ToBytes(), out _)!;
        Assert.Equal((message.YourAddress, message.ServerAddress, message.RelayAddress, "10.77.0.1", "ipxe.efi"),
            (read.YourAddress, read.ServerAddress, read.RelayAddress, read.ServerName, read.File));
        Assert.Equal(long300, read.Option(43));
        Assert.Empty(read.Option(80)!);
        Assert.True(new DhcpMessage { Op = 2, HardwareAddress = [1, 2, 3, 4, 5, 6] }.ToBytes().Length >= 300);
    }

    /// <summary>
    /// RFC 2132 section 9.3: what finds no room in a message of the least size goes into the unused fields, the relay's option never.
    /// </summary>
    [Fact]
    public void OptionsThatFindNoRoomOverloadTheUnusedFields()
    {
        KeyValuePair<byte, byte[]> Option(byte code, int length) => KeyValuePair.Create(code, Enumerable.Repeat(code, length).ToArray());
        var message = new DhcpMessage
        {
            Op = 2,
            HardwareAddress = [1, 2, 3, 4, 5, 6],
            Options = [Option(53, 1), Option(6, 200), Option(82, 60), Option(42, 100), Option(119, 50), Option(15, 20)]
        };
        var octets = message.ToBytes(548);
        Assert.InRange(octets.Length, 300, 548);
        var read = DhcpMessage.TryParse(octets, out _)!;
        foreach (var (code, value) in message.Options) Assert.Equal(value, read.Option(code));
        Assert.Equal([3], read.Option(DhcpOption.Overload)!);
        Assert.Contains((byte)82, octets.Skip(240));
        var full = new DhcpMessage
        {
            Op = 2,
            HardwareAddress = [1, 2, 3, 4, 5, 6],
            File = "ipxe.efi",
            ServerName = "10.0.0.1",
            Options = [Option(53, 1), Option(6, 240), Option(42, 240)]
        };
        read = DhcpMessage.TryParse(full.ToBytes(548), out _)!;
        Assert.Equal(("ipxe.efi", "10.0.0.1"), (read.File, read.ServerName));
        Assert.NotNull(read.Option(6));
        Assert.Null(read.Option(42));
    }

    /// <summary>What a boot needs stays; what is left out is left out whole, and said.</summary>
    [Fact]
    public void WhatABootNeedsIsTheLastToBeLeftOut()
    {
        KeyValuePair<byte, byte[]> Option(byte code, int length) => KeyValuePair.Create(code, Enumerable.Repeat(code, length).ToArray());
        var message = new DhcpMessage
        {
            Op = 2,
            HardwareAddress = [1, 2, 3, 4, 5, 6],
            File = "ipxe.efi",
            ServerName = "10.0.0.1",
            ServerAddress = 0x0A000001,
            Options = [Option(53, 1), Option(54, 4), Option(12, 55), Option(15, 30), Option(42, 300), Option(6, 16), Option(1, 4),
                Option(3, 4), Option(60, 9), Option(43, 4), Option(97, 17), Option(51, 4), Option(82, 200)],
        };
        var octets = message.ToBytes(548, out var leftOut);
        Assert.InRange(octets.Length, 300, 548);
        Assert.Equal<byte>([15, 42], leftOut.Order());
        var read = DhcpMessage.TryParse(octets, out _)!;
        Assert.Equal(("ipxe.efi", "", 0x0A000001u), (read.File, read.ServerName, read.ServerAddress));
        foreach (var (code, value) in message.Options)
        {
            if (leftOut.Contains(code)) Assert.Null(read.Option(code));
            else Assert.Equal(value, read.Option(code));
        }

        // However long the relay's option is: it is a message, and the option is whole.
        octets = (new DhcpMessage { Op = 2, HardwareAddress = [1], Options = [Option(53, 1), Option(82, 400), Option(43, 9)] })
            .ToBytes(548, out leftOut);
        read = DhcpMessage.TryParse(octets, out _)!;
        Assert.Equal((1, 400), (read.Option(53)!.Length, read.Option(82)!.Length));
        Assert.Empty(leftOut);
    }

    /// <summary>RFC 4390: no hardware address, and an identifier; of one port the same client, whoever made it.</summary>
    [Theory]
    [InlineData("ff0102030400020000 02c900 f452140300 2cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("ff00000000 00030020 80000048fe80000000000000 f4521403002cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("ff00000000 00010020 2a2b2c2d f4521403002cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("20 80000048fe80000000000000 f4521403002cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("20 f4521403002cb981", "f4:52:14:03:00:2c:b9:81")]
    [InlineData("ff000102030405060708090a0b0c0d0e0f02ca5e02", "ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:02:ca:5e:02")]
    [InlineData("0102", "01:02")]
    public void AnInfiniBandClientIsKnownByItsIdentifier(string identifier, string expected)
    {
        var id = Convert.FromHexString(identifier.Replace(" ", "", StringComparison.Ordinal));
        var packet = Discover([53, 1, 1, 61, (byte)id.Length, .. id]);
        (packet[1], packet[2]) = (32, 0);
        Assert.Equal(expected, DhcpMessage.TryParse(packet, out _)!.Mac);
        packet[1] = 1;
        Assert.Null(DhcpMessage.TryParse(packet, out var why));
        Assert.Equal(DhcpFault.HardwareAddress, why);
        packet = Discover(53, 1, 1, 61, 1, 5);
        (packet[1], packet[2]) = (32, 0);
        Assert.Null(DhcpMessage.TryParse(packet, out why));
        Assert.Equal(DhcpFault.HardwareAddress, why);
    }

    [Fact]
    public void NoPacketMakesTheCodecFail()
    {
        var random = new Random(3);
        for (var i = 0; i < 100_000; i++)
        {
            var packet = Discover(53, 1, 1, 55, 4, 1, 3, 66, 67, 60, 9, 80, 88, 69, 67, 108, 105, 101, 110, 116, 82, 6, 5, 4, 10, 0, 0, 1,
                175, 3, 19, 1, 1);
            for (var flips = random.Next(1, 12); flips > 0; flips--) packet[random.Next(packet.Length)] = (byte)random.Next(256);
            if (DhcpMessage.TryParse(packet.AsSpan(0, random.Next(packet.Length + 1)), out _) is not { } message) continue;
            _ = message.Type;
            _ = DhcpHandler.ClientOf(message, Anvil.Provisioning.Boot.ClientKinds.BuiltIn);
            _ = EncapsulatedOptions.Read(message.Option(82) ?? []);
            Assert.NotNull(DhcpMessage.TryParse(message.ToBytes(), out _));
        }
    }
}
