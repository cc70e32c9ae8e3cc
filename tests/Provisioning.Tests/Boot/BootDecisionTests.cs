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
    [InlineData("discovery", ClientKind.Http, 15, true, "http://10.0.0.1:8091/grubia32.efi")]
    [InlineData("discovery", ClientKind.Pxe, 6, true, "grubia32.efi")]
    [InlineData("discovery", ClientKind.Pxe, 2, false, "")]
    [InlineData("discovery", ClientKind.None, 0, false, "")]
    [InlineData("ignore", ClientKind.Pxe, 0, false, "")]
    public void AnUnknownMachineBootsWhatThePreferenceSays(string env, ClientKind kind, int arch, bool boots, string file)
    {
        var answer = BootDecision.Decide(null, Mac, new BootClient(kind, arch), TestCatalog.With(TestCatalog.Pref("unknownBootEnv", env)),
            Server);
        Assert.Equal((boots, file), (answer.Boots, answer.File));
        Assert.NotEmpty(answer.Reasons);
    }

    /// <summary>What a subnet says of boot files is for whom there is nothing, and for no machine that Anvil decides about.</summary>
    [Theory]
    [InlineData(null, "ignore", 7, true)]
    [InlineData(null, "discovery", 2, true)]
    [InlineData(null, "discovery", 7, false)]
    [InlineData(null, "nosuch", 7, false)]
    [InlineData("sledgehammer", "ignore", 2, true)]
    [InlineData("sledgehammer", "ignore", 7, false)]
    [InlineData("local", "ignore", 7, false)]
    [InlineData("local", "ignore", 2, false)]
    [InlineData("nosuch", "ignore", 7, false)]
    public void WhoIsLeftToOthers(string? env, string unknown, int arch, bool leavesOpen)
        => Assert.Equal(leavesOpen,
            BootDecision.Decide(env is null ? null : new Machine { Uuid = "u", Name = "m1", BootEnv = env }, Mac,
                new BootClient(ClientKind.Pxe, arch), TestCatalog.With(TestCatalog.Pref("unknownBootEnv", unknown)), Server).LeavesOpen);

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

    /// <summary>A boot environment may name the boot program.</summary>
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
        => Assert.Equal(expected,
            BootClient.From(vendorClass, isIpxe, features.ToHashSet(), arch is { } n ? [(byte)(n >> 8), (byte)n] : []).Kind);

    /// <summary>A row says how firmware boots; what it loaded, iPXE, then has its script.</summary>
    [Theory]
    [InlineData("http", "PXEClient:Arch:00007:UNDI:003000", false, ClientKind.Http)]
    [InlineData("http", "board", false, ClientKind.Http)]
    [InlineData("http", "PXEClient:Arch:00007:UNDI:003010", true, ClientKind.Ipxe)]
    [InlineData("http", "board", true, ClientKind.Ipxe)]
    [InlineData("pxe", "board", true, ClientKind.Ipxe)]
    [InlineData("none", "PXEClient:Arch:00007:UNDI:003010", true, ClientKind.None)]
    [InlineData("", "board", true, ClientKind.None)]
    public void ARowsWayOfBootingIsTheFirmwares(string boots, string vendorClass, bool isIpxe, ClientKind expected)
        => Assert.Equal(expected, BootClient.From(vendorClass, isIpxe, new HashSet<byte> { 19, 36 }, [0, 7],
            new ClientKindRow("board") { Boots = boots }).Kind);

    /// <summary>RFC 4578 section 2.1: option 93 is a list; where it is missing or broken, the class text says (PXE 2.1).</summary>
    [Theory]
    [InlineData("PXEClient:Arch:00007:UNDI:003016", new byte[0], "ipxe.efi", 7)]
    [InlineData("PXEClient:Arch:00007:UNDI:003016", new byte[] { 7 }, "ipxe.efi", 7)]
    [InlineData("PXEClient:Arch:00007:UNDI:003016", new byte[] { 0, 7, 0 }, "ipxe.efi", 7)]
    [InlineData("PXEClient:Arch:00011:UNDI:003000", new byte[0], "ipxe-arm64.efi", 11)]
    [InlineData("PXEClient:Arch:0001", new byte[0], "undionly.kpxe", 0)]
    [InlineData("PXEClient:Arch:000x7:UNDI", new byte[0], "undionly.kpxe", 0)]
    [InlineData("PXEClient", new byte[0], "undionly.kpxe", 0)]
    [InlineData("PXEClient", new byte[] { 0, 2, 0, 11 }, "ipxe-arm64.efi", 11)]
    [InlineData("PXEClient", new byte[] { 0, 7, 0, 0 }, "ipxe.efi", 7)]
    [InlineData("PXEClient", new byte[] { 0, 2, 0, 12 }, "", 2)]
    [InlineData("PXEClient", new byte[] { 0, 6 }, "grubia32.efi", 6)]
    [InlineData("PXEClient", new byte[] { 0, 10 }, "grubarm.efi", 10)]
    [InlineData("PXEClient", new byte[] { 0, 27 }, "ipxe-riscv64.efi", 27)]
    [InlineData("PXEClient", new byte[] { 0, 39 }, "ipxe-loong64.efi", 39)]
    [InlineData("HTTPClient", new byte[] { 0, 18 }, "http://10.0.0.1:8091/grubarm.efi", 18)]
    [InlineData("HTTPClient", new byte[] { 0, 28 }, "http://10.0.0.1:8091/ipxe-riscv64.efi", 28)]
    [InlineData("HTTPClient:Arch:00040:UNDI:003001", new byte[0], "http://10.0.0.1:8091/ipxe-loong64.efi", 40)]
    public void TheFirstArchitectureThatCanBeBootedDecides(string vendorClass, byte[] architectures, string file, int taken)
    {
        var answer = BootDecision.Decide(null, Mac,
            BootClient.From(vendorClass, false, new HashSet<byte>(), architectures),
            TestCatalog.With(TestCatalog.Pref("unknownBootEnv", "discovery")), Server);
        Assert.Equal((file, taken), (answer.File, answer.Architecture));
    }

    /// <summary>A known machine's environment has to have a kernel for it; of several architectures, one of those.</summary>
    [Fact]
    public void AKnownMachineIsBootedAsTheArchitectureThatItsEnvironmentHas()
    {
        var machine = new Machine { Uuid = "u", Name = "m1", BootEnv = "sledgehammer" };
        BootAnswer Answer(params byte[] architectures) => BootDecision.Decide(machine, Mac,
            BootClient.From("PXEClient", false, new HashSet<byte>(), architectures), TestCatalog.With(), Server);
        Assert.Equal(("ipxe.efi", 7), (Answer(0, 27, 0, 7).File, Answer(0, 27, 0, 7).Architecture));
        Assert.False(Answer(0, 27).Boots);
        Assert.Contains("sledgehammer has no kernel for riscv64", Answer(0, 27).Reasons);
    }
}
