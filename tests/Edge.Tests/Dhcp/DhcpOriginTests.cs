using Anvil.Contracts.Placement;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anvil.Edge.Tests.Dhcp;

/// <summary>What is believed to be from where it says, before anything is answered.</summary>
public sealed class DhcpOriginTests
{
    private const string Own = "10.0.0.1";

    private static readonly CatalogSnapshot Catalog = new(1,
    [
        new Subnet { Name = "link", Network = "10.0.0.0/24" },
        new Subnet { Name = "far", Network = "10.5.0.0/24" },
    ]);

    /// <summary>
    /// Past its relay a client renews its own address, gives it back, or asks for options by it. Whoever sends anything else there is any
    /// host anywhere, and would be on the link of the interface, or without a port.
    /// </summary>
    [Theory]
    [InlineData(DhcpMessageType.Request, "10.5.0.60", "10.5.0.60", "", DhcpDrop.None)]
    [InlineData(DhcpMessageType.Request, "10.5.0.60", "10.5.0.60", "10.5.0.60", DhcpDrop.None)]
    [InlineData(DhcpMessageType.Release, "10.5.0.60", "10.5.0.60", "", DhcpDrop.None)]
    [InlineData(DhcpMessageType.Inform, "10.5.0.60", "10.5.0.60", "", DhcpDrop.None)]
    [InlineData(DhcpMessageType.Request, "10.5.0.60", "10.5.0.60", "10.5.0.61", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Discover, "10.5.0.60", "10.5.0.60", "", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Decline, "10.5.0.60", "10.5.0.60", "10.5.0.60", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Discover, "10.5.0.60", "0.0.0.0", "", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Request, "10.5.0.60", "0.0.0.0", "10.0.0.20", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Discover, "203.0.113.9", "0.0.0.0", "", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Request, "203.0.113.9", "203.0.113.9", "", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Request, "203.0.113.9", "10.5.0.60", "", DhcpDrop.NoSubnet)]
    [InlineData(DhcpMessageType.Discover, "10.0.0.60", "0.0.0.0", "", DhcpDrop.None)]
    [InlineData(DhcpMessageType.Request, "10.0.0.60", "10.0.0.60", "10.0.0.61", DhcpDrop.None)]
    public void PastItsRelayAClientSpeaksOfItselfAlone(DhcpMessageType type, string source, string client, string wanted, DhcpDrop doubt)
    {
        var arrival = new DhcpArrival(Message(type, client, wanted), [IPv4.Parse(Own)], IPv4.Parse(source), 68, IsBinl: false)
        {
            ServerAddresses = [IPv4.Parse(Own), IPv4.Parse("10.9.0.1")],
            Destination = IPv4.Parse(Own),
        };
        Assert.Equal(doubt, Of(arrival).Doubt);
        // By whichever of our interfaces and addresses it comes; to everybody only who is on the link speaks.
        if (!source.StartsWith("10.0.", StringComparison.Ordinal))
            Assert.Equal(doubt, Of(arrival with { Destination = IPv4.Parse("10.9.0.1") }).Doubt);
        Assert.Equal(DhcpDrop.None, Of(arrival with { Destination = uint.MaxValue }).Doubt);
    }

    private static DhcpOrigin Of(DhcpArrival arrival) => DhcpOrigin.Of(arrival, Catalog,
        new RelayBook(new NoEdges(), new RouteTable(TimeProvider.System), TimeProvider.System, NullLogger<RelayBook>.Instance));

    private static DhcpMessage Message(DhcpMessageType type, string client, string wanted) => new()
    {
        Op = 1,
        HardwareAddress = [2, 0, 0, 0, 0, 1],
        ClientAddress = IPv4.Parse(client),
        Options =
        [
            KeyValuePair.Create<byte, byte[]>(53, [(byte)type]),
            .. wanted.Length == 0 ? [] : new[] { KeyValuePair.Create((byte)50, OptionText.UInt32(IPv4.Parse(wanted))) },
        ],
    };

    private sealed class NoEdges : IEdgeDirectory
    {
        public IReadOnlySet<uint> Addresses { get; } = new HashSet<uint>();

        public string? For(string client) => null;
    }
}
