using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;

namespace Anvil.Edge.Tests.Dhcp;

/// <summary>Which link a packet is of, and who we are there.</summary>
public sealed class SubnetChoiceTests
{
    private const string Own = "10.0.0.1";
    private const string Relay = "10.5.0.1";

    private static readonly CatalogSnapshot Catalog = new(1,
    [
        new Subnet { Name = "link", Network = "10.0.0.0/24" },
        new Subnet { Name = "relay", Network = "10.5.0.0/24" },
        new Subnet { Name = "beyond", Network = "10.6.0.0/24" },
    ]);

    /// <summary>Cisco's relays number link selection and override by themselves; the RFCs' own numbers go before theirs.</summary>
    [Theory]
    [InlineData("", "relay", Own)]
    [InlineData("05040a060000", "beyond", Own)]
    [InlineData("96040a060000", "beyond", Own)]
    [InlineData("05040a05000096040a060000", "relay", Own)]
    [InlineData("0b040a050001", "relay", Relay)]
    [InlineData("98040a050001", "relay", Relay)]
    [InlineData("0b040a05000198040a060001", "relay", Relay)]
    [InlineData("980400000000", "relay", Own)]
    [InlineData("9803050505", "relay", Own)]
    public void ARelaySaysByEitherNumberWhichLinkAndWhoWeAre(string information, string subnet, string id)
    {
        var arrival = new DhcpArrival(Message(IPv4.Parse(Relay), 0), [IPv4.Parse(Own)], IPv4.Parse(Relay), 67, IsBinl: false);
        var options = EncapsulatedOptions.Read(Convert.FromHexString(information));
        var link = Assert.Single(SubnetChoice.Links(arrival, options, Catalog));
        Assert.Equal(subnet, link.Subnet.Name);
        var self = SubnetChoice.Self(arrival, options, link.Subnet);
        Assert.Equal((id, Own), (IPv4.Format(self.Id), IPv4.Format(self.Address)));
    }

    /// <summary>A client that says so itself, without a relay, is not believed.</summary>
    [Fact]
    public void AClientDoesNotChooseItsLink()
    {
        var arrival = new DhcpArrival(Message(0, 0), [IPv4.Parse(Own)], 0, 68, IsBinl: false);
        var options = EncapsulatedOptions.Read(Convert.FromHexString("96040a06000098040a050001"));
        var link = Assert.Single(SubnetChoice.Links(arrival, options, Catalog));
        Assert.Equal("link", link.Subnet.Name);
        Assert.Equal(IPv4.Parse(Own), SubnetChoice.Self(arrival, options, link.Subnet).Id);
    }

    /// <summary>
    /// A client beyond a relay, which renews: at whichever of our interfaces its packet comes in, it is of the subnet of its own address,
    /// and hears the address that it spoke to. One of no subnet of ours is none of our clients, unless it is on the link itself.
    /// </summary>
    [Theory]
    [InlineData("10.5.0.60", "10.5.0.60", "10.0.0.1", "relay")]
    [InlineData("10.5.0.60", "10.5.0.60", "10.9.0.1", "relay")]
    [InlineData("10.0.0.60", "10.0.0.60", "10.9.0.1", "link")]
    [InlineData("10.77.0.60", "10.77.0.60", "10.0.0.1", "")]
    [InlineData("10.77.0.60", "10.77.0.60", "10.9.0.1", "")]
    [InlineData("10.77.0.60", "10.0.0.60", "10.0.0.1", "link")]
    [InlineData("10.5.0.60", "10.5.0.60", "10.8.0.1", "link")]
    [InlineData("10.77.0.60", "10.77.0.60", "255.255.255.255", "link")]
    public void AClientPastItsRelayIsOfTheSubnetOfItsAddress(string client, string source, string destination, string subnet)
    {
        var arrival = new DhcpArrival(Message(0, IPv4.Parse(client)), [IPv4.Parse(Own)], IPv4.Parse(source), 68, IsBinl: false)
        {
            ServerAddresses = [IPv4.Parse(Own), IPv4.Parse("10.9.0.1")],
            Destination = IPv4.Parse(destination),
        };
        var links = SubnetChoice.Links(arrival, EncapsulatedOptions.Read([]), Catalog);
        Assert.Equal(subnet, links.FirstOrDefault()?.Subnet.Name ?? "");
        if (links.Count == 0)
            Assert.Contains(client, SubnetChoice.Lack(arrival, EncapsulatedOptions.Read([])), StringComparison.Ordinal);
        else
            Assert.Equal(destination is "10.9.0.1" ? destination : Own,
                IPv4.Format(SubnetChoice.Self(arrival, EncapsulatedOptions.Read([]), links[0].Subnet).Address));
    }

    private static DhcpMessage Message(uint relay, uint client) => new()
    {
        Op = 1,
        HardwareAddress = [2, 0, 0, 0, 0, 1],
        RelayAddress = relay,
        ClientAddress = client,
        Options = [KeyValuePair.Create<byte, byte[]>(53, [3])],
    };
}
