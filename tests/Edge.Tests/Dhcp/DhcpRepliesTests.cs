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

    private static BootAnswer Boot(string file) => new(file.Length > 0, file, "env", "", []);

    [Fact]
    public void AnOfferCarriesTimesOptionsAndTheBootFileInTheHeader()
    {
        var reply = new DhcpReplies(Catalog).Lease(Request("PXEClient:Arch:00007:UNDI:003000", (97, [0, 1, 2])), DhcpMessageType.Offer,
            Lease, Net, null, Boot("ipxe.efi"), Server);
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
        var reply = new DhcpReplies(Catalog).Lease(Request("HTTPClient:Arch:00016:UNDI:003000"), DhcpMessageType.Offer, Lease, Net, null,
            Boot("http://10.0.0.1:8091/ipxe.efi"), Server);
        Assert.Equal(("HTTPClient", "http://10.0.0.1:8091/ipxe.efi"), (reply.OptionText(60), reply.OptionText(67)));
    }

    [Fact]
    public void WithoutABootAnswerNothingOfBootingIsSaid()
    {
        var reply = new DhcpReplies(Catalog).Lease(Request("PXEClient:Arch:00000:UNDI:002001"), DhcpMessageType.Offer, Lease, Net, null,
            Boot(""), Server);
        Assert.Equal(("", "", 0u), (reply.File, reply.ServerName, reply.ServerAddress));
        Assert.Null(reply.Option(60));
    }

    [Fact]
    public void IpxeIsToldNotToWaitForAProxy()
        => Assert.Equal([176, 1, 1],
            new DhcpReplies(Catalog).Lease(Request("PXEClient:Arch:00000:UNDI:002001", (175, [19, 1, 1])), DhcpMessageType.Offer, Lease,
                Net, null, Boot("http://x/y"), Server).Option(175));

    [Fact]
    public void AReservationsOptionsWin()
    {
        var reservation =
            new Reservation { Addr = "10.0.0.10", Options = [new DhcpOptionSetting(3, "10.0.0.9"), new DhcpOptionSetting(67, "own.efi")] };
        var reply = new DhcpReplies(Catalog).Lease(Request("PXEClient"), DhcpMessageType.Ack, Lease, Net, reservation, Boot("ipxe.efi"),
            Server);
        Assert.Equal([10, 0, 0, 9], reply.Option(3));
        Assert.Equal("own.efi", reply.File);
    }

    [Fact]
    public void AnEmptyOption67OfAReservationMeansNoBoot()
        => Assert.Equal("",
            new DhcpReplies(Catalog).Lease(Request("PXEClient"), DhcpMessageType.Ack, Lease, Net,
                new Reservation { Addr = "10.0.0.10", Options = [new DhcpOptionSetting(67, "")] }, Boot("ipxe.efi"), Server).File);

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
        Assert.Equal([1, 1, 9],
            new DhcpReplies(Catalog).Lease(request, DhcpMessageType.Offer, Lease, Net, null, Boot(""), Server).Option(82));
    }
}
