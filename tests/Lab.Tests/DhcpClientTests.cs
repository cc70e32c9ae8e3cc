using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Anvil.Lab.Tests;

/// <summary>
/// DHCP with real clients that are not firmware: ISC's dhclient, busybox's udhcpc, dhcpcd and perfdhcp, on the lab's bridge.
/// </summary>
public sealed partial class DhcpClientTests
{
    [Fact]
    public async Task DhclientGetsKeepsRenewsRebindsAndReleasesItsLease()
    {
        await using var lab = await Laboratory.StartAsync(subnet: net =>
        {
            ((JsonArray)net["Options"]!).Add(new JsonObject { ["Code"] = 58, ["Value"] = "3" });
            ((JsonArray)net["Options"]!).Add(new JsonObject { ["Code"] = 59, ["Value"] = "6" });
        });
        var peer = lab.Network.AddPeer("cli").On(mac: "52:54:00:99:00:01");
        using var client = new Dhclient(lab, peer,
            "also request dhcp-renewal-time, dhcp-rebinding-time; initial-interval 1; backoff-cutoff 2;").Run();
        var lease = await LeaseAsync(lab, "10.77.0.100");
        Assert.Equal(("ACK", "52:54:00:99:00:01", 600),
            (lease["State"]!.ToString(), lease["Token"]!.ToString(), lease["Duration"]!.GetValue<int>()));
        Assert.Equal("BOUND 10.77.0.100", await client.ReasonAsync("BOUND", Deadline.Soon));
        Assert.Equal("RENEW 10.77.0.100", await client.ReasonAsync("RENEW", Deadline.Soon));

        // The way to the server alone is cut: only a broadcast, as a rebinding client sends it, comes through.
        void Nft(string rules) => Commands.Run("ip", "netns", "exec", lab.Silo.Host.Namespace, "nft", rules);
        Nft("add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add rule inet cut in ip daddr 10.77.0.1 "
            + "udp dport 67 counter drop");
        // dhclient calls that a renewal as well.
        var before = client.Reasons.Count;
        Assert.Equal("RENEW 10.77.0.100", await client.ReasonAsync("RENEW", Deadline.Soon, before + 1));
        Assert.DoesNotContain("packets 0 ", Commands.Run("ip", "netns", "exec", lab.Silo.Host.Namespace, "nft", "list ruleset"),
            StringComparison.Ordinal);
        Nft("delete table inet cut");

        var expires = (await LeaseAsync(lab, "10.77.0.100"))["ExpireTime"]!.ToString();
        client.Vanish();
        await lab.Silo.KillAsync();
        await lab.Silo.StartAsync();
        Assert.Equal(expires, (await LeaseAsync(lab, "10.77.0.100"))["ExpireTime"]!.ToString());

        // With its lease in its file a client starts at INIT-REBOOT.
        client.Run();
        Assert.Equal("REBOOT 10.77.0.100", await client.ReasonAsync("REBOOT", Deadline.Soon));
        Assert.NotEqual(expires, (await LeaseAsync(lab, "10.77.0.100"))["ExpireTime"]!.ToString());
        client.Run("-r");
        await Wait.UntilAsync(async () => (await LeaseAsync(lab, "10.77.0.100"))["State"]!.ToString() == "EXPIRED", Deadline.Soon,
            () => "the released lease did not end");
    }

    [Fact]
    public async Task UdhcpcRenewsAndReleases()
    {
        await using var lab = await Laboratory.StartAsync();
        var peer = lab.Network.AddPeer("cli").On(mac: "52:54:00:99:00:05");
        var script = Script(lab, "udhcpc",
            "#!/bin/sh\necho \"$1 $ip\" >> $0.log\n[ \"$1\" = bound ] && ip addr replace $ip/24 dev $interface\nexit 0\n");
        using var client = peer.Start("busybox", "udhcpc", "-i", "eth0", "-s", script, "-f", "-R", "-t", "5", "-T", "2");
        await SaysAsync(script, "bound 10.77.0.100");
        Commands.Run("kill", "-USR1", client.Id.ToString(CultureInfo.InvariantCulture));
        await SaysAsync(script, "renew 10.77.0.100");
        Commands.Run("kill", "-TERM", client.Id.ToString(CultureInfo.InvariantCulture));
        await Wait.UntilAsync(async () => (await LeaseAsync(lab, "10.77.0.100"))["State"]!.ToString() == "EXPIRED", Deadline.Soon,
            () => "the released lease did not end");
    }

    /// <summary>
    /// dhcpcd looks for others with its address (RFC 5227), and declines what it finds in use; without probes of our own it has to.
    /// </summary>
    [Fact]
    public async Task DhcpcdDeclinesAnAddressInUseAndAsksForOptionsAlone()
    {
        await using var lab = await Laboratory.StartAsync(settings: ["--Edge:ProbeMilliseconds=0"]);
        lab.Network.AddPeer("old").On(address: "10.77.0.100/24");
        var peer = lab.Network.AddPeer("cli").On(mac: "52:54:00:99:00:06");
        using (var client = new Dhcpcd(lab, peer, "-B"))
        {
            await client.SaysAsync("BOUND 10.77.0.101 router 10.77.0.1");
            Assert.Equal("INVALID", (await LeaseAsync(lab, "10.77.0.100"))["State"]!.ToString());
            Assert.Contains("DECLINE", await lab.Api.GetTextAsync("timeline/52:54:00:99:00:06"), StringComparison.Ordinal);
        }

        peer.Run("ip", "addr", "flush", "dev", "eth0");
        peer.Run("ip", "addr", "add", "10.77.0.60/24", "dev", "eth0");
        using (var informed = new Dhcpcd(lab, peer, "-B", "--inform=10.77.0.60/24"))
            await informed.SaysAsync("INFORM 10.77.0.60 router 10.77.0.1");
        Assert.Null(await lab.Api.GetAsync("leases/10.77.0.60"));
    }

    /// <summary>
    /// Our own probe finds what uses an address; the client never gets it, and the next clients find theirs probed already.
    /// </summary>
    [Fact]
    public async Task AnAddressInUseIsNotGiven()
    {
        await using var lab = await Laboratory.StartAsync();
        lab.Network.AddPeer("old").On(address: "10.77.0.100/24").On(address: "10.77.0.102/24");
        using var first = new Dhclient(lab, lab.Network.AddPeer("cli1").On(mac: "52:54:00:99:00:07")).Run();
        Assert.Equal("BOUND 10.77.0.101", await first.ReasonAsync("BOUND", Deadline.Soon));
        Assert.Equal("INVALID", (await LeaseAsync(lab, "10.77.0.100"))["State"]!.ToString());
        await Wait.UntilAsync(async () => (await lab.Api.GetAsync("leases/10.77.0.102"))?["State"]?.ToString() == "INVALID", Deadline.Soon,
            () => "10.77.0.102 was not probed ahead");
        using var second = new Dhclient(lab, lab.Network.AddPeer("cli2").On(mac: "52:54:00:99:00:08")).Run();
        Assert.Equal("BOUND 10.77.0.103", await second.ReasonAsync("BOUND", Deadline.Soon));
        Assert.DoesNotContain("NAK", await lab.Api.GetTextAsync("timeline/52:54:00:99:00:08"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PerfdhcpGetsRenewsAndReleases()
    {
        await using var lab = await Laboratory.StartAsync();
        var peer = lab.Network.AddPeer("perf").On(address: "10.77.0.50/24");
        // It plays a relay: its own address is the giaddr of 60 clients. A machine that is busy otherwise may take long for an answer.
        var (_, output, error) = peer.Try("perfdhcp", "-4", "-l", "eth0", "-r", "10", "-f", "2", "-F", "2", "-R", "60", "-n", "60",
            "-d", "20", "-d", "20", "-W", "20000000", "10.77.0.1");
        var drops = Drops().Matches(output).Select(m => m.Groups[1].Value).ToList();
        // DISCOVER-OFFER, REQUEST-ACK, renewals; a release has no answer.
        Assert.True(drops.Count == 4 && drops.Take(3).All(d => d == "0"), $"{output}{error}");
        var leases = ((JsonArray)(await lab.Api.GetAsync("leases"))!).Select(l => l!["State"]!.ToString()).ToList();
        Assert.Contains("EXPIRED", leases);
        Assert.True(leases.Count(s => s == "ACK") > 20, string.Join(' ', leases));
    }

    private static async Task<JsonNode> LeaseAsync(Laboratory lab, string address)
        => await lab.Api.GetAsync($"leases/{address}") ?? throw new SetupException($"{address} is not leased");

    private static string Script(Laboratory lab, string name, string text)
    {
        var script = LabContent.Script(lab, name, text);
        File.WriteAllText(script + ".log", "");
        return script;
    }

    private static Task SaysAsync(string script, string line)
        => Wait.UntilAsync(() => Task.FromResult(File.ReadAllLines(script + ".log").Contains(line, StringComparer.Ordinal)), Deadline.Soon,
            () => $"the client did not say \"{line}\", but {File.ReadAllText(script + ".log")}");

    [GeneratedRegex("^drops: *(\\d+)", RegexOptions.Multiline)]
    private static partial Regex Drops();
}
