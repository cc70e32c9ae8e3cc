using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>
/// Known machines boot their own environments from their first packets; they do not mix, and nobody reads another's files.
/// </summary>
public sealed class IsolationTests
{
    [Fact]
    public async Task EachMachinesBootFilesAreServedToItAlone()
    {
        await using var lab = await Laboratory.StartAsync();
        var first = lab.AddMachine(Firmware.Bios);
        var second = lab.AddMachine(Firmware.UefiHttp);
        var made = new List<JsonNode>();
        foreach (var (vm, name) in new[] { (first, "first.example.com"), (second, "second.example.com") })
            made.Add(await lab.Api.PostAsync("machines",
                new JsonObject { ["Name"] = name, ["HardwareAddrs"] = new JsonArray(vm.Mac), ["Workflow"] = "discover" }));
        Assert.All(made, m => Assert.Equal("Unknown", m["Boot"]!["Phase"]!.ToString()));
        var preview = await lab.Api.GetAsync($"machines/{first.Mac}/boot?arch=pcbios&client=ipxe");
        Assert.EndsWith($"{first.Mac}.ipxe", preview!["File"]!.ToString(), StringComparison.Ordinal);
        await Task.WhenAll(first.PowerOnAsync(), second.PowerOnAsync());
        var one = await lab.MachineAsync(first, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        var two = await lab.MachineAsync(second, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        Assert.Equal(("first.example.com", "pcbios"), (one["Name"]!.ToString(), one["Params"]!["detected-bios-mode"]!.ToString()));
        Assert.Equal(("second.example.com", "uefi"), (two["Name"]!.ToString(), two["Params"]!["detected-bios-mode"]!.ToString()));
        Assert.Equal(made.Select(m => m["Uuid"]!.ToString()), [one["Uuid"]!.ToString(), two["Uuid"]!.ToString()]);
        Assert.NotEqual(one["Address"]!.ToString(), two["Address"]!.ToString());
        Assert.Equal("GET ipxe.efi", await LabContent.FirstFileAsync(lab, second.Mac));
        foreach (var (vm, other) in new[] { (first, second), (second, first) })
        {
            var timeline = (JsonArray)(await lab.Api.GetAsync($"machines/{vm.Mac}/timeline"))!;
            Assert.Contains(timeline, l => l!["What"]!.ToString() == $"GET {vm.Mac}.ipxe");
            Assert.DoesNotContain(timeline, l => l!["What"]!.ToString().Contains(other.Mac, StringComparison.Ordinal));
            // From the first packet on it was known.
            Assert.DoesNotContain(timeline, l => l!["What"]!.ToString().Contains("default.ipxe", StringComparison.Ordinal));
            Assert.DoesNotContain(timeline, l => l!["What"]!.ToString() == "registers itself");
        }

        var offer = ((JsonArray)(await lab.Api.GetAsync($"machines/{first.Mac}/timeline"))!)
            .First(l => l!["Outcome"]!.ToString().StartsWith("OFFER", StringComparison.Ordinal));
        Assert.Contains($"{first.Mac}.ipxe", offer!["Detail"]!.ToString(), StringComparison.Ordinal);

        // A stranger on the same network, with an address that nobody leased to it.
        Commands.Run("ip", "-n", lab.Network.Switch, "addr", "add", "10.77.0.50/24", "dev", "br0");
        foreach (var vm in new[] { first, second }) Assert.Equal("404", Fetch(lab, $"{vm.Mac}.ipxe", "%{http_code}"));
        var stranger = JsonNode.Parse(Fetch(lab, "sledgehammer/agent.json", ""))!;
        Assert.Equal("", stranger["Machine"]!.ToString());
        Assert.Equal("404",
            Fetch(lab, null, "%{http_code}", $"https://10.77.0.1:8092/api/v3/machines/{one["Uuid"]}?token={stranger["Token"]}"));
        Assert.Equal("[]", Fetch(lab, null, "", $"https://10.77.0.1:8092/api/v3/machines?token={stranger["Token"]}"));
    }

    /// <summary>Debian's installer takes one lease, never renews it, and asks for its last file when that has long ended.</summary>
    [Fact]
    public async Task AnInstallersFilesOutliveItsLeaseAndNobodyElses()
    {
        await using var lab = await Laboratory.StartAsync();
        const string Mac = "52:54:00:99:03:01";
        await lab.Api.PostAsync("reservations",
            new JsonObject { ["Addr"] = "10.77.0.60", ["Token"] = Mac, ["Strategy"] = "MAC", ["Duration"] = 5 });
        var made = await lab.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "slow.example.com",
            ["HardwareAddrs"] = new JsonArray(Mac),
            ["Workflow"] = "debian-13-install",
            ["Params"] = new JsonObject { ["debian/mirror"] = "http://10.77.0.1:8091/debian" },
        });
        var peer = lab.Network.AddPeer("cli").On(mac: Mac);
        var seed = $"machines/{made["Uuid"]}/seed";
        string Status(string file) => peer.Run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", $"http://10.77.0.1:8091/{file}");
        using var client = new Dhclient(lab, peer).Run();
        await client.ReasonAsync("BOUND 10.77.0.60", Deadline.Soon);
        client.Vanish();
        Assert.Equal(("200", "200"), (Status($"{Mac}.ipxe"), Status(seed)));
        await Wait.UntilAsync(
            async () => DateTimeOffset.Parse((await lab.Api.GetAsync("leases/10.77.0.60"))!["ExpireTime"]!.ToString(),
                System.Globalization.CultureInfo.InvariantCulture) < DateTimeOffset.UtcNow, Deadline.Soon, () => "the lease did not end");
        Assert.Equal("200", Status(seed));
        await lab.Api.PatchAsync($"machines/{made["Uuid"]}",
            new JsonArray(new JsonObject { ["op"] = "replace", ["path"] = "/Workflow", ["value"] = "discover" }));
        Assert.Equal(("404", "404"), (Status(seed), Status($"{Mac}.ipxe")));
    }

    private static string Fetch(Laboratory lab, string? file, string format, string? url = null)
    {
        var arguments = new List<string> { "netns", "exec", lab.Network.Switch, "curl", "-ks" };
        if (format.Length > 0) arguments.AddRange(["-o", "/dev/null", "-w", format]);
        return Commands.Run("ip", [.. arguments, url ?? $"http://10.77.0.1:8091/{file}"]);
    }
}
