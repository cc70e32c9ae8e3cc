using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>Boot files that are not there: which ones an environment needs, and what is said of them.</summary>
public sealed class BootFileLackTests
{
    private static readonly BootEnv Env = new()
    {
        Name = "odd-install",
        Available = true,
        OS = new OsInfo
        {
            Name = "odd",
            SupportedArchitectures = new Dictionary<string, ArchInfo>(StringComparer.Ordinal)
            {
                ["x86_64"] = new ArchInfo { Kernel = "./boot//vmlinuz", Initrds = ["a.img", "a.img", "made.img"] },
                ["aarch64"] = new ArchInfo { Kernel = "http://mirror.example.com/vmlinuz", Initrds = ["b.img"] },
            },
        },
        Templates =
        [
            new TemplateInfo { Name = "made", Path = "/odd/install/made.img", Contents = "made" },
            new TemplateInfo { Name = "ipxe", Path = "odd.ipxe", Contents = "#!ipxe" },
        ],
    };

    [Fact]
    public void FilesAreTidyAndWithoutThoseThatAreRenderedOrElsewhere()
    {
        Assert.Equal(["odd/install/boot/vmlinuz", "odd/install/a.img"], Env.Files("amd64"));
        Assert.Equal(["odd/arm64/install/b.img"], Env.Files("arm64"));
        Assert.Equal(["odd/install/boot/vmlinuz", "odd/install/a.img", "odd/arm64/install/b.img"], Env.Files());
        Assert.Empty(Env.Files("riscv64"));
        Assert.Equal(["old/k", "old/i"], new BootEnv { Name = "old", OS = new() { Name = "old" }, Kernel = "k", Initrds = ["i"] }.Files());
    }

    [Fact]
    public void AFileThatNoEdgeHasMakesTheEnvironmentUnavailableOneThatSomeLackIsSaid()
    {
        var some = Missing(3, ("odd/install/a.img", ["10.0.0.3", "10.0.0.2"])).Shown(Env);
        Assert.True(some.Available);
        Assert.Equal(["needs the boot file odd/install/a.img, which is not there on 2 of 3 edges (10.0.0.2, 10.0.0.3)"], some.Errors);
        var all = Missing(2, ("odd/install/a.img", ["10.0.0.3", "10.0.0.2"])).Shown(Env);
        Assert.False(all.Available);
        Assert.Equal(["needs the boot file odd/install/a.img, which is not there"], all.Errors);
        Assert.Same(Env, MissingFiles.None.Shown(Env));
        Assert.Same(Env, Missing(1, ("another", ["10.0.0.2"])).Shown(Env));
        string[] many = [.. Enumerable.Range(1, 7).Select(n => $"e{n}")];
        Assert.Equal("which is not there on 7 of 9 edges (e1, e2, e3, e4, e5, …)", Missing(9, ("x", many)).Of("x"));
    }

    [Theory]
    [InlineData(ClientKind.Pxe, "that boot program is ipxe.efi, which is not there")]
    [InlineData(ClientKind.Ipxe, null)]
    public void TheDecisionSaysWhatIsMissingAndStaysTheSame(ClientKind kind, string? program)
    {
        var catalog = TestCatalog.With(Env);
        var machine = new Machine { Uuid = "u", Name = "m1", BootEnv = Env.Name };
        var server = new BootServer("10.0.0.1", 8091, 8092);
        BootAnswer Decide(IBootFileLack? lack)
            => BootDecision.Decide(machine, "52:54:00:00:00:01", new BootClient(kind, 7), catalog, server, lack);
        var asked = new AskedFiles();
        var without = Decide(asked);
        Assert.Equal(Decide(null).Reasons, without.Reasons);
        var with = Decide(Missing(1, [.. asked.Paths.Select(p => (p, new[] { "e1" }))]));
        Assert.Equal((without.Boots, without.File), (with.Boots, with.File));
        string[] said =
        [
            "odd-install needs the boot file odd/install/boot/vmlinuz, which is not there",
            "odd-install needs the boot file odd/install/a.img, which is not there", .. program is null ? [] : new[] { program },
        ];
        Assert.Equal(said, with.Reasons.Except(without.Reasons));
    }

    private static MissingFiles Missing(int edges, params (string Path, string[] Edges)[] lacking)
        => new(edges, lacking.ToDictionary(l => l.Path, l => (IReadOnlyList<string>)l.Edges, StringComparer.Ordinal));
}
