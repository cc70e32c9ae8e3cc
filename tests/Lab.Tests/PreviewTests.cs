using System.Text.Json.Nodes;

namespace Anvil.Lab.Tests;

/// <summary>What the API says that a machine boots, beside what udhcpc gets when it plays that machine's firmware.</summary>
public sealed class PreviewTests(LabFixture fixture) : IClassFixture<LabFixture>
{
    [Theory]
    [InlineData("0000", "PXEClient:Arch:00000:UNDI:002001", "pcbios", "pxe")]
    [InlineData("0007", "PXEClient:Arch:00007:UNDI:003000", "7", "pxe")]
    [InlineData("0009", "PXEClient:Arch:00009:UNDI:003000", "9", "pxe")]
    [InlineData("000b", "PXEClient:Arch:00011:UNDI:003000", "11", "pxe")]
    [InlineData("0010", "HTTPClient:Arch:00016:UNDI:003000", "16", "http")]
    [InlineData("0013", "HTTPClient:Arch:00019:UNDI:003000", "19", "http")]
    [InlineData("0006", "PXEClient:Arch:00006:UNDI:003000", "6", "pxe")]
    public async Task WhatThePreviewSaysIsWhatTheClientGets(string arch, string vendorClass, string previewArch, string previewClient)
    {
        var mac = $"52:54:00:98:00:{arch[2..]}";
        await fixture.Lab.Api.PostAsync("machines",
            new JsonObject
            {
                ["Name"] = $"preview{arch}.example.com",
                ["HardwareAddrs"] = new JsonArray(mac),
                ["BootEnv"] = "sledgehammer"
            });
        var peer = fixture.Lab.Network.AddPeer("c" + arch).On(mac: mac);
        var script = LabContent.Script(fixture.Lab, "preview" + arch,
            "#!/bin/sh\n[ \"$1\" = bound ] && echo \"file=$boot_file\"\nexit 0\n");
        var output = peer.Run("busybox", "udhcpc", "-i", "eth0", "-s", script, "-f", "-q", "-n", "-t", "5", "-T", "2", "-x",
            $"0x5d:{arch}", "-V", vendorClass);
        var got = output.Split('\n').Single(l => l.StartsWith("file=", StringComparison.Ordinal))[5..];
        var preview = (await fixture.Lab.Api.GetAsync($"machines/{mac}/boot?arch={previewArch}&client={previewClient}"))!;
        Assert.Equal(preview["File"]!.ToString().Replace("http://anvil:8091", "http://10.77.0.1:8091", StringComparison.Ordinal), got);
    }
}
