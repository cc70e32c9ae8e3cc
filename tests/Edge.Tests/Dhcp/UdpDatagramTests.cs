using Anvil.Protocols.Dhcp;

namespace Anvil.Edge.Tests.Dhcp;

public sealed class UdpDatagramTests
{
    /// <summary>A datagram whose checksums were computed by hand (RFC 1071): the sums of header and pseudo header are all ones.</summary>
    [Fact]
    public void HasTheChecksumsOfItsHeaders()
    {
        var packet = UdpDatagram.Make(0x0A4D0001, 67, 0x0A4D0064, 68, [1, 2, 3]);
        Assert.Equal([0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17], packet[..10]);
        Assert.Equal([10, 77, 0, 1, 10, 77, 0, 100, 0, 67, 0, 68, 0, 11], packet[12..26]);
        Assert.Equal(0xFFFF, Sum(packet[..20]));
        Assert.Equal(0xFFFF, Sum([.. packet[12..20], 0, 17, 0, 11, .. packet[20..], 0]));
    }

    [Fact]
    public void AProbeAsksWithoutAnAddressOfItsOwn()
    {
        var probe = ArpProbe.Make([2, 0, 0, 0, 0, 1], 0x0A4D0064);
        Assert.Equal([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 77, 0, 100], probe);
        Assert.False(ArpProbe.TryRead(probe, out _, out _));
        Assert.True(ArpProbe.TryRead([0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 9, 10, 77, 0, 100, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            out var address, out var sender));
        Assert.Equal((0x0A4D0064u, 9), (address, sender[5]));
    }

    private static int Sum(byte[] data)
    {
        var sum = 0;
        for (var i = 0; i < data.Length; i += 2) sum += (data[i] << 8) | data[i + 1];
        while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
        return sum;
    }
}
