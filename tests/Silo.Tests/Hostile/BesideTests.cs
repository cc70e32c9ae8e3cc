using System.Net;
using Anvil.Contracts.Catalog;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Where others give the addresses: a machine that installs, and was not heard for a while, and one that was now.</summary>
public sealed class BesideTests(WireSilo silo) : IClassFixture<WireSilo>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private static readonly uint Relay = IPv4.Parse("10.168.0.1");
    private static readonly uint Address = IPv4.Parse("10.168.0.20");

    [Fact]
    public async Task WhatAMachineAloneHasIsItsOwnWhoeverWasHeardSince()
    {
        await silo.OkAsync("POST", "subnets", """{"Name":"aside","Subnet":"10.168.0.0/24","Enabled":true,"Proxy":true}""");
        var uuids = new List<string>();
        foreach (var n in new byte[] { 1, 2 })
        {
            var made = await silo.OkAsync("POST", "machines",
                $$"""{"Name":"aside-{{n}}","BootEnv":"sledgehammer","HardwareAddrs":["02:00:00:00:a8:{{n:x2}}"]}""");
            uuids.Add(made["Uuid"]!.ToString());
        }

        await KnownAsync();
        await RequestAsync(1);
        var script = await FileAsync("02:00:00:00:a8:01.ipxe", isRead: true);
        Assert.Equal(uuids[0], script?.Machine);
        await script!.Proven();
        await Wait.UntilAsync(async () => (await silo.OkAsync("GET", $"machines/{uuids[0]}"))["Boot"]!["At"]?.ToString().Length > 0, Soon,
            () => "the machine's boot does not begin");

        // The edge has heard nobody since its start, as after a quarter of an hour.
        await silo.RestartAsync();
        await KnownAsync();
        await RequestAsync(2);
        Assert.Equal(uuids[0], (await FileAsync("02:00:00:00:a8:01.ipxe"))?.Machine);
        Assert.Equal(uuids[1], (await FileAsync("02:00:00:00:a8:02.ipxe"))?.Machine);
        Assert.Equal(uuids[1], (await FileAsync("grub/grub.cfg"))?.Machine);
    }

    private Task<ResolvedFile?> FileAsync(string path, bool isRead = false) => silo.Service<BootFileResolver>()
        .ResolveAsync(path, IPv4.ToIPAddress(Address), IPAddress.Loopback, "http", isRead);

    private async Task KnownAsync()
    {
        var (machines, catalog) = (silo.Service<KnownMachines>(), silo.Service<ICatalog>());
        await Wait.UntilAsync(() => Task.FromResult(machines.Knows("02:00:00:00:a8:01") && machines.Knows("02:00:00:00:a8:02")
            && !machines.IsBehind && catalog.Current.Subnets.ContainsKey("aside")), Soon,
            () => "the edge does not know the machines");
    }

    private async Task RequestAsync(byte n)
    {
        var message = new DhcpMessage
        {
            Op = 1,
            HardwareAddress = [2, 0, 0, 0, 0xA8, n],
            TransactionId = 7,
            RelayAddress = Relay,
            Options =
            [
                KeyValuePair.Create((byte)53, new[] { (byte)DhcpMessageType.Request }),
                KeyValuePair.Create((byte)50, OptionText.UInt32(Address)),
            ],
        };
        var outcome = await silo.Service<DhcpHandler>().HandleAsync(
            new DhcpArrival(message, [IPv4.Parse("127.0.0.1")], Relay, 67, IsBinl: false, "wire"), CancellationToken.None);
        Assert.Equal(DhcpDrop.ProxyOnly, outcome.Drop);
    }
}
