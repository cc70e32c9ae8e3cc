using Anvil.Edge.Dhcp;
using Anvil.Provisioning.Network;
using Xunit;

namespace Anvil.Edge.Tests.Dhcp;

/// <summary>Which router leads to an address.</summary>
public sealed class RouteTableTests
{
    private const string Table = """
        Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
        eth1	00000000	FE014D0A	0003	0	0	200	00000000	0	0	0
        eth0	00000000	01004D0A	0003	0	0	100	00000000	0	0	0
        eth0	00004D0A	00000000	0001	0	0	0	00FFFFFF	0	0	0
        eth0	00004E0A	05004D0A	0003	0	0	0	00FFFFFF	0	0	0
        *	0000A8C0	00000000	0201	0	0	0	0000FFFF	0	0	0
        eth0	0700 broken

        """;

    [Theory]
    [InlineData("10.78.0.1", "10.77.0.5")]
    [InlineData("10.77.0.9", "0.0.0.0")]
    [InlineData("10.79.0.1", "10.77.0.1")]
    [InlineData("192.168.4.4", "10.77.0.1")]
    public void TheLongestRouteLeadsAndTheCheapestOfThose(string address, string hop)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, Table);
            Assert.Equal(IPv4.Parse(hop), new RouteTable(TimeProvider.System, path).NextHop(IPv4.Parse(address)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WhereThereIsNoTableNothingLeadsAnywhere()
        => Assert.Null(new RouteTable(TimeProvider.System, "/nowhere/route").NextHop(IPv4.Parse("10.0.0.1")));

    /// <summary>The table of this host can be read: the way to one of its own networks has no router.</summary>
    [Fact]
    public void ThisHostsOwnTableIsRead()
    {
        var routes = new RouteTable(TimeProvider.System);
        foreach (var line in File.ReadLines("/proc/net/route").Skip(1))
        {
            var parts = line.Split('\t');
            if (parts[2] != "00000000" || parts[7] == "00000000" || parts[3] is not "0001") continue;
            var network = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Convert.ToUInt32(parts[1], 16));
            Assert.Equal(0u, routes.NextHop(network));
        }
    }
}
