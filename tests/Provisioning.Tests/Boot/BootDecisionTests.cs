using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Boot;

public sealed class BootDecisionTests
{
    private const string Mac = "52:54:00:00:00:01";
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);

    [Theory]
    [InlineData("discovery", ClientKind.Ipxe, 0, true, "http://10.0.0.1:8091/default.ipxe")]
    [InlineData("discovery", ClientKind.Pxe, 0, true, "undionly.kpxe")]
    [InlineData("discovery", ClientKind.LimitedIpxe, 0, true, "undionly.kpxe")]
    [InlineData("discovery", ClientKind.Pxe, 7, true, "ipxe.efi")]
    [InlineData("discovery", ClientKind.Pxe, 9, true, "ipxe.efi")]
    [InlineData("discovery", ClientKind.Http, 16, true, "http://10.0.0.1:8091/ipxe.efi")]
    [InlineData("discovery", ClientKind.Pxe, 11, true, "ipxe-arm64.efi")]
    [InlineData("discovery", ClientKind.Http, 19, true, "http://10.0.0.1:8091/ipxe-arm64.efi")]
    [InlineData("discovery", ClientKind.Http, 15, false, "")]
    [InlineData("discovery", ClientKind.Pxe, 6, false, "")]
    [InlineData("discovery", ClientKind.None, 0, false, "")]
    [InlineData("ignore", ClientKind.Pxe, 0, false, "")]
    public void AnUnknownMachineBootsWhatThePreferenceSays(string env, ClientKind kind, int arch, bool boots, string file)
    {
        var answer = BootDecision.Decide(null, Mac, new BootClient(kind, arch), TestCatalog.With(TestCatalog.Pref("unknownBootEnv", env)),
            Server);
        Assert.Equal((boots, file), (answer.Boots, answer.File));
        Assert.NotEmpty(answer.Reasons);
    }

    [Theory]
    [InlineData("sledgehammer", true, "http://10.0.0.1:8091/52:54:00:00:00:01.ipxe")]
    [InlineData("local", false, "")]
    [InlineData("nosuch", false, "")]
    public void AKnownMachineBootsItsOwnEnvironment(string env, bool boots, string file)
    {
        var answer = BootDecision.Decide(new Machine { Uuid = "u", Name = "m1", BootEnv = env }, Mac, new BootClient(ClientKind.Ipxe, 0),
            TestCatalog.With(), Server);
        Assert.Equal((boots, file, env, "u"), (answer.Boots, answer.File, answer.BootEnv, answer.Machine));
    }

    [Theory]
    [InlineData("grub", 7, "shimx64.efi")]
    [InlineData("grub", 11, "shimaa64.efi")]
    [InlineData("grub", 0, "undionly.kpxe")]
    [InlineData("pxelinux", 0, "pxelinux.0")]
    [InlineData("lpxelinux", 0, "lpxelinux.0")]
    [InlineData("lpxelinux", 7, "ipxe.efi")]
    public void TheParamBootLoaderChoosesTheFirstProgram(string loader, int arch, string file)
    {
        var global = new Profile
        {
            Name = "global",
            Params = new Dictionary<string,
                JsonElement>(StringComparer.Ordinal)
            { ["boot-loader"] = JsonSerializer.SerializeToElement(loader) }
        };
        var catalog = TestCatalog.With(TestCatalog.Pref("unknownBootEnv", "discovery"), global);
        Assert.Equal(file, BootDecision.Decide(null, Mac, new BootClient(ClientKind.Pxe, arch), catalog, Server).File);
    }

    /// <summary>Nothing of ours runs on 32-bit UEFI, but a boot environment may name what does.</summary>
    [Theory]
    [InlineData(ClientKind.Pxe, 6, "ia32.efi")]
    [InlineData(ClientKind.Http, 15, "http://10.0.0.1:8091/ia32.efi")]
    public void A32BitUefiBootsWhatItsEnvironmentNames(ClientKind kind, int arch, string file)
    {
        var env = new BootEnv
        {
            Name = "old",
            OnlyUnknown = true,
            OS = new OsInfo { Name = "old" },
            Loaders = new Dictionary<string, string>(StringComparer.Ordinal) { ["386-uefi"] = "ia32.efi" },
            Available = true,
            Templates = TestCatalog.With().BootEnvs["discovery"].Templates,
            Kernel = "k"
        };
        Assert.Equal(file,
            BootDecision.Decide(null, Mac, new BootClient(kind, arch), TestCatalog.With(TestCatalog.Pref("unknownBootEnv", "old"), env),
                Server).File);
    }

    [Fact]
    public void SaysWhichParamsAreMissing()
    {
        var answer = BootDecision.Decide(new Machine { Uuid = "u", Name = "m1", BootEnv = "debian-13-install" }, Mac,
            new BootClient(ClientKind.Ipxe, 0), TestCatalog.With(), Server);
        Assert.True(answer.Boots);
        Assert.Contains(answer.Reasons, r => r.Contains("debian/mirror", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PXEClient:Arch:00000:UNDI:002001", true, new byte[] { 19, 24, 33 }, 0, ClientKind.Ipxe)]
    [InlineData("PXEClient:Arch:00000:UNDI:002001", true, new byte[] { 33 }, 0, ClientKind.LimitedIpxe)]
    [InlineData("PXEClient:Arch:00007:UNDI:003010", true, new byte[] { 19, 36 }, 7, ClientKind.Ipxe)]
    [InlineData("PXEClient:Arch:00007:UNDI:003000", false, new byte[0], 7, ClientKind.Pxe)]
    [InlineData("HTTPClient:Arch:00016:UNDI:003000", false, new byte[0], 16, ClientKind.Http)]
    [InlineData("udhcp 1.35.0", false, new byte[0], null, ClientKind.None)]
    [InlineData(null, false, new byte[0], null, ClientKind.None)]
    public void TellsClientsApart(string? vendorClass, bool isIpxe, byte[] features, int? arch, ClientKind expected)
        => Assert.Equal(expected, BootClient.From(vendorClass, isIpxe, features.ToHashSet(), arch).Kind);
}
