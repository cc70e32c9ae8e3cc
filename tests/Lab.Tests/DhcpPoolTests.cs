using System.Globalization;
using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>Pools that run dry, leases that end, another server's leases, and a clock that jumps; with real clients.</summary>
public sealed class DhcpPoolTests
{
    [Fact]
    public async Task APoolRunsDryAndRecoversAndALeaseThatEndedIsUsedAgain()
    {
        await using var lab = await Laboratory.StartAsync(subnet: net =>
        {
            net["ActiveEnd"] = "10.77.0.101";
            net["ActiveLeaseTime"] = 60;
        });
        using var first = new Dhclient(lab, lab.Network.AddPeer("a").On(mac: "52:54:00:99:01:01")).Run();
        var silent = lab.Network.AddPeer("b").On(mac: "52:54:00:99:01:02");
        using var second = new Dhclient(lab, silent).Run();
        await first.ReasonAsync("BOUND", Deadline.Soon);
        await second.ReasonAsync("BOUND", Deadline.Soon);
        var third = lab.Network.AddPeer("c").On(mac: "52:54:00:99:01:03");
        var script = LabContent.Script(lab, "c", "#!/bin/sh\n[ \"$1\" = bound ] && echo \"got=$ip\"\nexit 0\n");
        string[] ask = ["udhcpc", "-i", "eth0", "-s", script, "-f", "-q"];
        Assert.NotEqual(0, third.Try("busybox", [.. ask, "-n", "-t", "2", "-T", "1"]).Code);
        Assert.Contains("no free address", await lab.Api.GetTextAsync("timeline/52:54:00:99:01:03"), StringComparison.Ordinal);

        first.Run("-r");
        Assert.Contains("got=10.77.0.100", third.Run("timeout", ["300", "busybox", .. ask]), StringComparison.Ordinal);

        // The second client goes without a word; its lease ends, and is used again.
        second.Vanish();
        silent.Run("ip", "addr", "flush", "dev", "eth0");
        var ends = DateTimeOffset.Parse((await lab.Api.GetAsync("leases/10.77.0.101"))!["ExpireTime"]!.ToString(),
            CultureInfo.InvariantCulture);
        using var fourth = new Dhclient(lab, lab.Network.AddPeer("d").On(mac: "52:54:00:99:01:04"),
            "timeout 300; retry 1; initial-interval 2; backoff-cutoff 2;").Run();
        Assert.Equal("BOUND 10.77.0.101", await fourth.ReasonAsync("BOUND", Deadline.Soon));
        Assert.True(DateTimeOffset.UtcNow >= ends, $"given away before {ends}");
    }

    [Fact]
    public async Task AnotherServersLeaseIsLeftAlone()
    {
        await using var lab = await Laboratory.StartAsync(subnet: net => net["Enabled"] = false);
        var other = lab.Network.AddPeer("other").On(address: "10.77.0.3/24");
        using var dnsmasq = Dnsmasq.Start(other, "10.77.0.150,10.77.0.160,255.255.255.0,600");
        using var client = new Dhclient(lab, lab.Network.AddPeer("cli").On(mac: "52:54:00:99:01:05")).Run();
        var bound = await client.ReasonAsync("BOUND 10.77.0.15", Deadline.Soon);
        await lab.Api.SetAsync("subnets/lab", "/ActiveEnd", "10.77.0.140");
        await lab.Api.SetAsync("subnets/lab", "/Enabled", true);
        client.Vanish().Run();
        Assert.Equal("REBOOT" + bound[5..], await client.ReasonAsync("REBOOT", Deadline.Soon));
        client.Run("-r");
        var timeline = await lab.Api.GetTextAsync("timeline/52:54:00:99:01:05");
        Assert.Contains("another server's", timeline, StringComparison.Ordinal);
        Assert.DoesNotContain("NAK", timeline, StringComparison.Ordinal);
        Assert.DoesNotContain((JsonArray)(await lab.Api.GetAsync("leases"))!, l => l!["State"]!.ToString() == "ACK");
        dnsmasq.Kill(entireProcessTree: true);
    }

    /// <summary>The silo's wall clock is set a day ahead, and back: each lease keeps the seconds that its client still counts.</summary>
    [Fact]
    public async Task WhenTheClockJumpsNobodyLosesALease()
    {
        var clock = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(clock, "+0\n");
            await using var lab = await Laboratory.StartAsync(subnet: net => net["ActiveEnd"] = "10.77.0.100", clock: clock);
            var began = DateTimeOffset.UtcNow;
            using var first = new Dhclient(lab, lab.Network.AddPeer("a").On(mac: "52:54:00:99:01:06")).Run();
            await first.ReasonAsync("BOUND 10.77.0.100", Deadline.Soon);
            var second = lab.Network.AddPeer("b").On(mac: "52:54:00:99:01:07");
            foreach (var offset in new[] { "+1d", "-1d" })
            {
                await File.WriteAllTextAsync(clock, offset + "\n");
                Assert.NotEqual(0,
                    second.Try("busybox", "udhcpc", "-i", "eth0", "-s", "/bin/true", "-f", "-q", "-n", "-t", "2", "-T", "1").Code);
                var days = offset == "+1d" ? 1 : -1;
                var lease = (await lab.Api.GetAsync("leases/10.77.0.100"))!;
                Assert.InRange(DateTimeOffset.Parse(lease["ExpireTime"]!.ToString(), CultureInfo.InvariantCulture),
                    began.AddDays(days).AddSeconds(590), DateTimeOffset.UtcNow.AddDays(days).AddSeconds(610));
                var before = first.Reasons.Count;
                first.Vanish().Run();
                Assert.Equal("REBOOT 10.77.0.100", await first.ReasonAsync("REBOOT", Deadline.Soon, before));
            }
        }
        finally
        {
            File.Delete(clock);
        }
    }
}
