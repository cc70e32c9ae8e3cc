using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anvil.Lab.Tests;

/// <summary>Machines on a link of their own, behind ISC's relay; and two subnets on one link.</summary>
public sealed partial class RelayTests
{
    [Fact]
    public async Task BehindIscsRelayAClientIsLeasedAndAMachineDiscovered()
    {
        await using var lab = await Laboratory.StartAsync();
        await AddSubnetAsync(lab, "far", "10.78.0");
        using var program = StartRelay(lab, [lab.Silo.Host]);
        using var client = new Dhclient(lab, lab.Network.AddPeer("cli").On("br2", mac: "52:54:00:99:02:01")).Run();
        Assert.Equal("BOUND 10.78.0.100", await client.ReasonAsync("BOUND", Deadline.Soon));
        var lease = (await lab.Api.GetAsync("leases/10.78.0.100"))!;
        Assert.Equal(("10.78.0.1", "52:54:00:99:02:01"), (lease["Via"]!.ToString(), lease["Token"]!.ToString()));

        var vm = lab.AddMachine(Firmware.Bios, bridge: "br2");
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "discovered behind the relay", m => m["Boot"]!["Phase"]!.ToString() == "Discovered",
            Deadline.Boot);
        Assert.StartsWith("10.78.0.1", machine["Address"]!.ToString(), StringComparison.Ordinal);
        program.Kill(entireProcessTree: true);
    }

    /// <summary>
    /// Clients renew and release past the relay, by their own address (RFC 2131 4.4.5): the server knows their subnet by it.
    /// </summary>
    [Fact]
    public async Task ClientsBeyondARelayRenewAndReleaseByUnicast()
    {
        await using var lab = await Laboratory.StartAsync();
        await AddSubnetAsync(lab, "far", "10.78.0", (58, "4"), (59, "60"));
        using var program = StartRelay(lab, [lab.Silo.Host]);
        Commands.Run("ip", "netns", "exec", lab.Silo.Host.Namespace, "nft",
            "add table inet seen; add chain inet seen in { type filter hook input priority 0; }; add rule inet seen in ip saddr "
            + "10.78.0.100-10.78.0.199 udp dport 67 counter");

        var routed = lab.Network.AddPeer("cli1").On("br2", mac: "52:54:00:99:02:21");
        using var dhclient = new Dhclient(lab, routed, "also request dhcp-renewal-time, dhcp-rebinding-time;").Run();
        Assert.Equal("BOUND 10.78.0.100", await dhclient.ReasonAsync("BOUND", Deadline.Soon));
        routed.Run("ip", "route", "replace", "default", "via", "10.78.0.1");
        Assert.Equal("RENEW 10.78.0.100", await dhclient.ReasonAsync("RENEW", Deadline.Soon));
        dhclient.Run("-r");
        await EndedAsync(lab, "10.78.0.100");
        var packets = PastTheRelay(lab);
        Assert.True(packets >= 2, $"{packets} packets of dhclient came past the relay");

        using (var dhcpcd = new Dhcpcd(lab, lab.Network.AddPeer("cli2").On("br2", mac: "52:54:00:99:02:22"), "-B"))
        {
            await dhcpcd.SaysAsync("BOUND 10.78.0.101 router 10.78.0.1");
            await dhcpcd.SaysAsync("RENEW 10.78.0.101 router 10.78.0.1");
            dhcpcd.Release();
            await EndedAsync(lab, "10.78.0.101");
        }

        Assert.True(PastTheRelay(lab) >= packets + 2, $"{PastTheRelay(lab) - packets} packets of dhcpcd came past the relay");
        packets = PastTheRelay(lab);
        using (var networkd = new Networkd(lab, lab.Network.AddPeer("cli3").On("br2", mac: "52:54:00:99:02:23")))
        {
            await networkd.SaysAsync("REQUEST (renewing)");
            var lease = (await lab.Api.GetAsync("leases/10.78.0.102"))!;
            Assert.Equal(("ACK", "52:54:00:99:02:23"), (lease["State"]!.ToString(), lease["Token"]!.ToString()));
            networkd.Release();
            await EndedAsync(lab, "10.78.0.102");
        }

        Assert.True(PastTheRelay(lab) >= packets + 2, $"{PastTheRelay(lab) - packets} packets of networkd came past the relay");
        program.Kill(entireProcessTree: true);
    }

    /// <summary>
    /// A router brings a renewal by another interface than the address that it is for: it is answered from that address, by the way that
    /// leads back to the client.
    /// </summary>
    [Fact]
    public async Task ARenewalThatComesInByAnotherInterfaceIsAnsweredFromTheAddressThatItAsked()
    {
        await using var lab = await Laboratory.StartAsync(settings: ["--Edge:Interfaces:1=mg0"]);
        var far = Subnet("far", "10.78.0", (58, "4"), (59, "60"));
        // It sends from an address on the silo's link that is not the router by which the silo reaches it.
        far["Meta"] = new JsonObject { ["relays"] = "10.78.0.1, 10.79.0.200" };
        await lab.Api.PostAsync("subnets", far);
        using var program = StartRelay(lab, [lab.Silo.Host], out var relay);
        var server = lab.Silo.Host;
        relay.On("br1", "10.79.0.200/24");
        relay.Run("ip", "route", "add", $"{server.MachineAddress}/32", "via", server.ManagementAddress);
        Commands.Run("ip", "netns", "exec", server.Namespace, "sysctl", "-q", "-w", "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.eth0.rp_filter=0", "net.ipv4.conf.mg0.rp_filter=0");
        var client = lab.Network.AddPeer("cli1").On("br2", mac: "52:54:00:99:02:31");
        using var dhclient = new Dhclient(lab, client, "also request dhcp-renewal-time, dhcp-rebinding-time;").Run();
        Assert.Equal("BOUND 10.78.0.100", await dhclient.ReasonAsync("BOUND", Deadline.Soon));
        client.Run("ip", "route", "replace", "default", "via", "10.78.0.1");
        Assert.Equal("RENEW 10.78.0.100", await dhclient.ReasonAsync("RENEW", Deadline.Soon));
        program.Kill(entireProcessTree: true);
    }

    /// <summary>The relay asks both edges of a cluster: they offer the same address, and one is enough.</summary>
    [Fact]
    public async Task BehindIscsRelayAClientIsLeasedByACluster()
    {
        await using var lab = await Laboratory.StartAsync(cluster: true);
        await AddSubnetAsync(lab, "far", "10.78.0");
        var edges = lab.Servers.Of("edge");
        using var program = StartRelay(lab, [.. edges.Select(e => e.Host)]);
        using var client = new Dhclient(lab, lab.Network.AddPeer("cli").On("br2", mac: "52:54:00:99:02:01")).Run();
        Assert.Equal("BOUND 10.78.0.100", await client.ReasonAsync("BOUND", Deadline.Soon));
        await edges[0].KillAsync();
        var before = client.Reasons.Count;
        client.Vanish().Run();
        // Whether by INIT-REBOOT or by asking anew: the subnet may still be on its way to the other edge.
        await Wait.UntilAsync(
            () => Task.FromResult(client.Reasons.Skip(before).Any(r => r is "REBOOT 10.78.0.100" or "BOUND 10.78.0.100")), Deadline.Soon,
            () => $"the other edge did not confirm the lease: {string.Join(", ", client.Reasons)}");
        program.Kill(entireProcessTree: true);
    }

    /// <summary>The server has an address in each of two subnets on the same link.</summary>
    [Fact]
    public async Task TwoSubnetsShareALink()
    {
        await using var lab = await Laboratory.StartAsync(subnet: net => net["ActiveEnd"] = "10.77.0.100");
        Commands.Run("ip", "-n", lab.Silo.Host.Namespace, "addr", "add", "10.78.0.1/24", "dev", "eth0");
        await AddSubnetAsync(lab, "second", "10.78.0");
        await lab.Api.PostAsync("reservations",
            new JsonObject { ["Addr"] = "10.78.0.55", ["Token"] = "52:54:00:99:02:13", ["Strategy"] = "MAC" });
        var clients = new List<Dhclient>();
        foreach (var (number, address) in new[] { (1, "10.77.0.100"), (2, "10.78.0.100"), (3, "10.78.0.55") })
        {
            var client = new Dhclient(lab, lab.Network.AddPeer("cli" + number).On(mac: $"52:54:00:99:02:1{number}")).Run();
            clients.Add(client);
            Assert.Equal($"BOUND {address}", await client.ReasonAsync("BOUND", Deadline.Soon));
        }

        foreach (var (client, address) in clients.Zip(["10.77.0.100", "10.78.0.100", "10.78.0.55"]))
        {
            var before = client.Reasons.Count;
            client.Vanish().Run();
            Assert.Equal($"REBOOT {address}", await client.ReasonAsync("REBOOT", Deadline.Soon, before));
        }

        Assert.Equal("10.78.0.1", (await lab.Api.GetAsync("leases/10.78.0.100"))!["Via"]!.ToString());
        clients.ForEach(c => c.Dispose());
    }

    /// <summary>A link of its own, br2, behind ISC's relay, which asks the servers on some hosts.</summary>
    private static Process StartRelay(Laboratory lab, IReadOnlyList<LabHost> servers) => StartRelay(lab, servers, out _);

    private static Process StartRelay(Laboratory lab, IReadOnlyList<LabHost> servers, out LabPeer relay)
    {
        lab.Network.AddBridge("br2");
        relay = lab.Network.AddPeer("relay").On(address: "10.77.0.5/24").On("br2", "10.78.0.1/24");
        relay.Run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
        foreach (var server in servers) Commands.Run("ip", "-n", server.Namespace, "route", "add", "10.78.0.0/24", "via", "10.77.0.5");
        // It adds option 82, and takes it off again: what comes back without it does not reach the client (-D).
        var program = relay.Start(Path.Combine(LabPaths.Repository, ".cache", "tools", "isc-dhcp-relay", "usr", "sbin", "dhcrelay"),
            ["-4", "-d", "-a", "-D", "-id", "eth1", "-iu", "eth0", .. servers.Select(s => s.MachineAddress)]);
        Commands.LogTo(program, Path.Combine(lab.Folder, "dhcrelay.log"));
        return program;
    }

    private static Task EndedAsync(Laboratory lab, string address)
        => Wait.UntilAsync(async () => (await lab.Api.GetAsync($"leases/{address}"))?["State"]?.ToString() == "EXPIRED", Deadline.Soon,
            () => $"the released lease of {address} did not end");

    /// <summary>How many packets came to the server from clients' own addresses.</summary>
    private static int PastTheRelay(Laboratory lab)
    {
        var rules = Commands.Run("ip", "netns", "exec", lab.Silo.Host.Namespace, "nft", "list table inet seen");
        return int.Parse(Counted().Match(rules).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("counter packets (\\d+)")]
    private static partial Regex Counted();

    private static Task AddSubnetAsync(Laboratory lab, string name, string network, params (int Code, string Value)[] options)
        => lab.Api.PostAsync("subnets", Subnet(name, network, options));

    private static JsonObject Subnet(string name, string network, params (int Code, string Value)[] options) => new()
    {
        ["Name"] = name,
        ["Subnet"] = network + ".0/24",
        ["Enabled"] = true,
        ["ActiveStart"] = network + ".100",
        ["ActiveEnd"] = network + ".199",
        ["ActiveLeaseTime"] = 600,
        ["ReservedLeaseTime"] = 7200,
        ["Options"] = new JsonArray([.. options.Prepend((3, network + ".1"))
            .Select(o => new JsonObject { ["Code"] = o.Item1, ["Value"] = o.Item2 })]),
    };
}
