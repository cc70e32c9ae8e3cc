using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>DHCP with real clients that are not firmware: ISC's dhclient and busybox's udhcpc, in a namespace on the lab's bridge.</summary>
public sealed class DhcpClientTests
{
    [Fact]
    public async Task DhclientGetsKeepsAndReleasesItsLease()
    {
        await using var lab = await Laboratory.StartAsync();
        using var client = new Client(lab, "52:54:00:99:00:01");
        client.Dhclient("-1");
        var lease = await LeaseAsync(lab, "10.77.0.100");
        Assert.Equal(("ACK", "52:54:00:99:00:01", 600), (lease["State"]!.ToString(), lease["Token"]!.ToString(), lease["Duration"]!.GetValue<int>()));
        var expires = lease["ExpireTime"]!.ToString();

        await lab.Silo.KillAsync();
        await lab.Silo.StartAsync();
        Assert.Equal(expires, (await LeaseAsync(lab, "10.77.0.100"))["ExpireTime"]!.ToString());

        client.Dhclient("-x");
        client.Dhclient("-1");
        Assert.NotEqual(expires, (await LeaseAsync(lab, "10.77.0.100"))["ExpireTime"]!.ToString());
        client.Dhclient("-r");
        await Wait.UntilAsync(async () => (await LeaseAsync(lab, "10.77.0.100"))["State"]!.ToString() == "EXPIRED", TimeSpan.FromSeconds(20), () => "the released lease did not end");
    }

    [Theory]
    [InlineData("0000", "PXEClient:Arch:00000:UNDI:002001", "pcbios", "pxe")]
    [InlineData("0007", "PXEClient:Arch:00007:UNDI:003000", "7", "pxe")]
    [InlineData("0009", "PXEClient:Arch:00009:UNDI:003000", "9", "pxe")]
    [InlineData("0010", "HTTPClient:Arch:00016:UNDI:003000", "16", "http")]
    [InlineData("0006", "PXEClient:Arch:00006:UNDI:003000", "6", "pxe")]
    public async Task WhatThePreviewSaysIsWhatTheClientGets(string arch, string vendorClass, string previewArch, string previewClient)
    {
        await using var lab = await Laboratory.StartAsync();
        const string Mac = "52:54:00:99:00:02";
        await lab.Api.PostAsync("machines", new JsonObject { ["Name"] = "preview.example.com", ["HardwareAddrs"] = new JsonArray(Mac), ["BootEnv"] = "sledgehammer" });
        using var client = new Client(lab, Mac);
        var got = client.Udhcpc(arch, vendorClass);
        var preview = (await lab.Api.GetAsync($"machines/{Mac}/boot?arch={previewArch}&client={previewClient}"))!;
        Assert.Equal(preview["File"]!.ToString().Replace("http://anvil:8091", "http://10.77.0.1:8091", StringComparison.Ordinal), got);
    }

    private static async Task<JsonNode> LeaseAsync(Laboratory lab, string address) => await lab.Api.GetAsync($"leases/{address}") ?? throw new SetupException($"{address} is not leased");

    /// <summary>A namespace with one interface on the lab's bridge.</summary>
    private sealed class Client : IDisposable
    {
        private readonly string _namespace;
        private readonly string _folder;

        public Client(Laboratory lab, string mac)
        {
            (_namespace, _folder) = (lab.Network.Switch.Replace("-net", "-cli", StringComparison.Ordinal), lab.Folder);
            Commands.Run("ip", "netns", "add", _namespace);
            Commands.Run("ip", "link", "add", "cl0", "netns", lab.Network.Switch, "type", "veth", "peer", "name", "eth0", "netns", _namespace);
            Commands.Run("ip", "-n", lab.Network.Switch, "link", "set", "cl0", "master", "br0", "up");
            Commands.Run("ip", "-n", _namespace, "link", "set", "eth0", "address", mac, "up");
        }

        /// <summary>Runs dhclient; its script is replaced by one that only sets the address, so that nothing of the host changes.</summary>
        public void Dhclient(string mode)
        {
            var script = Path.Combine(_folder, "dhclient-script");
            File.WriteAllText(script, "#!/bin/sh\ncase $reason in BOUND|RENEW|REBIND|REBOOT) ip addr replace $new_ip_address/24 dev $interface ;; RELEASE|STOP) ;; esac\nexit 0\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            Commands.Run("ip", "netns", "exec", _namespace, "dhclient", mode, "-4", "-sf", script, "-lf", Path.Combine(_folder, "dhclient.leases"), "-pf", Path.Combine(_folder, "dhclient.pid"), "-cf", "/dev/null", "eth0");
        }

        /// <summary>Asks as firmware of an architecture (hexadecimal option 93) would; the boot file that came.</summary>
        public string Udhcpc(string arch, string vendorClass)
        {
            var script = Path.Combine(_folder, "udhcpc-script");
            File.WriteAllText(script, "#!/bin/sh\n[ \"$1\" = bound ] && echo \"file=$boot_file\"\nexit 0\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var output = Commands.Run("ip", "netns", "exec", _namespace, "busybox", "udhcpc", "-i", "eth0", "-s", script, "-f", "-q", "-n", "-t", "5", "-T", "2", "-x", $"0x5d:{arch}", "-V", vendorClass);
            return output.Split('\n').Single(l => l.StartsWith("file=", StringComparison.Ordinal))[5..];
        }

        public void Dispose()
        {
            if (File.Exists(Path.Combine(_folder, "dhclient.pid"))) Commands.Try("kill", File.ReadAllText(Path.Combine(_folder, "dhclient.pid")).Trim());
            Commands.Try("ip", "netns", "del", _namespace);
        }
    }
}
