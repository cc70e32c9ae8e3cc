using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Catalog;

public sealed class ArchitecturesTests
{
    [Theory]
    [InlineData("x86_64", "amd64")]
    [InlineData("aarch64", "arm64")]
    [InlineData("rpi4", "rpi4")]
    [InlineData("armhfp", "arm")]
    [InlineData("power9", "ppc64")]
    [InlineData("mips64el", "mips64le")]
    [InlineData("amd64", "amd64")]
    [InlineData("x86-64", "amd64")]
    [InlineData("x64", "amd64")]
    [InlineData("arm64v8", "arm64")]
    [InlineData("i686", "386")]
    [InlineData("ia32", "386")]
    [InlineData("armhf", "arm")]
    [InlineData("ppc64el", "ppc64le")]
    [InlineData("riscv64", "riscv64")]
    [InlineData("loongarch64", "loong64")]
    public void ABootEnvironmentMayUseAliases(string written, string arch)
    {
        var env = Env(written);
        Assert.Equal("k-" + written, env.For(arch)?.Kernel);
        Assert.Null(env.For(arch == "amd64" ? "arm64" : "amd64"));
        Assert.Empty(env.ArchitectureProblems());
        Assert.True(TestCatalog.With(env).BootEnvs[env.Name].Available);
    }

    [Theory]
    [InlineData("bootenv: Invalid architecture amd46", "amd46")]
    [InlineData("bootenv: Invalid architecture AMD64", "AMD64")]
    [InlineData("bootenv: architecture amd64 is there twice: amd64, x86_64", "amd64", "x86_64")]
    public void OtherNamesMakeItUnavailable(string problem, params string[] names)
    {
        var env = TestCatalog.With(Env(names)).BootEnvs["case-arch"];
        Assert.False(env.Available);
        Assert.Contains(problem, env.Errors);
    }

    /// <summary>
    /// The scripts of an environment whose architectures are written otherwise, or stand in the legacy fields, boot what they boot by
    /// their canonical names, from the same place.
    /// </summary>
    [Theory]
    [InlineData("linux.ipxe", "amd64", "x86_64")]
    [InlineData("linux.grub", "amd64", "x86_64")]
    [InlineData("linux.pxelinux", "amd64", "x86_64")]
    [InlineData("linux.ipxe", "amd64", "")]
    [InlineData("linux.grub", "amd64", "")]
    [InlineData("linux.pxelinux", "amd64", "")]
    [InlineData("linux.ipxe", "arm64", "aarch64")]
    [InlineData("linux.grub", "arm64", "aarch64")]
    [InlineData("linux.ipxe", "386", "i686")]
    public void ScriptsOfEverySpellingAreTheSame(string template, string arch, string written)
    {
        var canonical = Script(template, arch, arch);
        Assert.Equal(canonical, Script(template, arch, written));
        Assert.Contains($"caseos-9/{(arch == "amd64" ? "" : arch + "/")}vmlinuz", canonical, StringComparison.Ordinal);
    }

    /// <summary>
    /// 32-bit firmware (each BIOS) boots the 64-bit kernel where there are both and the processor takes it; a machine that is said to be
    /// of 32 bits the other one.
    /// </summary>
    [Theory]
    [InlineData("linux.ipxe", "amd64", true)]
    [InlineData("linux.ipxe", "386", false)]
    [InlineData("linux.grub", "amd64", true)]
    [InlineData("linux.grub", "386", false)]
    public void OfTwoKernelsA64BitProcessorGetsItsOwn(string template, string arch, bool asks)
    {
        var script = Script(template, arch, "amd64", "386");
        var ask = template == "linux.ipxe"
            ? "iseq ${buildarch} i386 && cpuid --ext 29 && goto amd64 ||\niseq ${buildarch} i386 && goto 386 ||"
            : "if [ \"$grub_cpu\" = i386 -a \"$lm\" != 1 ]; then";
        Assert.Equal(asks, script.Contains(ask, StringComparison.Ordinal));
        Assert.DoesNotContain(ask, Script(template, arch, "386"), StringComparison.Ordinal);
    }

    /// <summary>An environment that says the same twice boots all the same; what differs is still refused.</summary>
    [Fact]
    public void TwoSpellingsThatBootTheSameAreOne()
    {
        var info = new ArchInfo { Kernel = "vmlinuz", Initrds = ["initrd"], BootParams = "quiet" };
        BootEnv Of(ArchInfo other) => new()
        {
            Name = "case-arch",
            OS = new OsInfo
            {
                Name = "caseos-9",
                SupportedArchitectures = new Dictionary<string, ArchInfo>(StringComparer.Ordinal) { ["amd64"] = info, ["x86_64"] = other },
            },
        };
        Assert.Empty(Of(info with { Initrds = ["initrd"], IsoFile = "another.iso" }).ArchitectureProblems());
        Assert.Single(Of(info with { BootParams = "verbose" }).ArchitectureProblems());
        Assert.Single(Of(info with { Initrds = [] }).ArchitectureProblems());
    }

    private static string Script(string template, string arch, string written, params string[] others)
    {
        var env = new BootEnv
        {
            Name = "case-script",
            Kernel = written.Length == 0 ? "vmlinuz" : "",
            Initrds = written.Length == 0 ? ["initrd"] : [],
            OS = new OsInfo
            {
                Name = "caseos-9",
                SupportedArchitectures = written.Length == 0 ? new Dictionary<string, ArchInfo>(StringComparer.Ordinal)
                    : others.Append(written).ToDictionary(w => w, _ => new ArchInfo { Kernel = "vmlinuz", Initrds = ["initrd"] },
                        StringComparer.Ordinal),
            },
            Templates = [new TemplateInfo { Name = "script", Path = "case.script", ID = template }],
        };
        var catalog = TestCatalog.With(env);
        var machine = new Machine { Uuid = "aaaaaaaa-0000-4000-8000-000000000001", Name = "m1", Arch = arch, BootEnv = env.Name };
        var context = new RenderContext(catalog, new BootServer("10.0.0.1", 8091, 8092), machine, catalog.BootEnvs[env.Name],
            (_, _, _) => "token");
        return BootFiles.Find("case.script", context)!.Render();
    }

    private static BootEnv Env(params string[] names) => new()
    {
        Name = "case-arch",
        OS = new OsInfo
        {
            Name = "caseos-9",
            SupportedArchitectures = names.ToDictionary(n => n, n => new ArchInfo { Kernel = "k-" + n }, StringComparer.Ordinal)
        },
        Templates = [new TemplateInfo { Name = "ipxe", Path = "{{.Machine.Path}}/case.ipxe", Contents = "#!ipxe\nboot\n" }],
    };
}
