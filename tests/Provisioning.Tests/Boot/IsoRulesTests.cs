using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>Which ISOs become which folders.</summary>
public sealed class IsoRulesTests
{
    private static readonly string Hash = new('a', 64);
    private static readonly string Other = new('b', 64);

    [Fact]
    public void EachArchitectureHasTheFolderOfDrpsLayout()
    {
        var env = new BootEnv
        {
            Name = "alma-9-install",
            OS = new OsInfo
            {
                Name = "alma-9",
                SupportedArchitectures = new Dictionary<string, ArchInfo>
                {
                    ["x86_64"] = new() { IsoFile = "a.iso", Sha256 = Hash.ToUpperInvariant() },
                    ["aarch64"] = new() { IsoFile = "b.iso" },
                    ["ppc64le"] = new() { IsoFile = "none.iso" },
                },
            },
        };
        var wanted = IsoRules.Wanted(Catalog([env], Iso("a.iso", Hash), Iso("b.iso", Other)));
        Assert.Equal([("alma-9/install", "a.iso", Hash), ("alma-9/arm64/install", "b.iso", Other)],
            wanted.Select(w => (w.Folder, w.Iso, w.Sha256)));
        Assert.All(wanted, w => Assert.Equal(".alma-9.rebar_canary", w.Canary));
    }

    [Fact]
    public void TheLegacyFieldsAreThoseOfAmd64()
    {
        var env = new BootEnv { Name = "live", OS = new OsInfo { Name = "live/x", IsoFile = "a.iso", IsoSha256 = Hash } };
        var one = Assert.Single(IsoRules.Wanted(Catalog([env], Iso("a.iso", Hash))));
        Assert.Equal(("live/x", ".live_x.rebar_canary"), (one.Folder, one.Canary));
    }

    [Fact]
    public void AnIsoWithAnotherHashIsNotExplodedAndTheEnvironmentSaysSo()
    {
        var env = new BootEnv { Name = "x-install", OS = new OsInfo { Name = "x", IsoFile = "a.iso", IsoSha256 = Other } };
        var catalog = Catalog([env], Iso("a.iso", Hash));
        Assert.Empty(IsoRules.Wanted(catalog));
        Assert.Equal($"ISO a.iso has another SHA-256 than {Other}: it is not exploded",
            Assert.Single(IsoRules.Problems(catalog.BootEnvs["x-install"], catalog, [])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../etc")]
    [InlineData("/etc")]
    [InlineData("files")]
    [InlineData("isos/x")]
    [InlineData("machines")]
    [InlineData(".anvil-x")]
    [InlineData("a/.b")]
    [InlineData("a//b")]
    public void NoSystemsNameLeavesTheFileRoot(string name)
    {
        var env = new BootEnv { Name = "x-install", OS = new OsInfo { Name = name, IsoFile = "a.iso" } };
        var catalog = Catalog([env], Iso("a.iso", Hash));
        Assert.Empty(IsoRules.Wanted(catalog));
        Assert.Contains("no folder", Assert.Single(IsoRules.Problems(catalog.BootEnvs["x-install"], catalog, [])),
            StringComparison.Ordinal);
    }

    /// <summary>Nobody has machines of another boot environment boot what he has uploaded.</summary>
    [Theory]
    [InlineData("b.iso", "", false)]
    [InlineData("none.iso", "", false)]
    [InlineData("a.iso", "other", false)]
    [InlineData("a.iso", "", true)]
    [InlineData("a.iso", "own", true)]
    public void AFolderIsMadeWhereAllWhoNameItMeanTheSame(string iso, string sha256, bool isMade)
    {
        BootEnv Env(string name, string iso, string sha256)
            => new() { Name = name, OS = new OsInfo { Name = "same", IsoFile = iso, IsoSha256 = sha256 } };
        var second = sha256 switch { "own" => Hash, "other" => Other, _ => "" };
        foreach (var name in new[] { "a-install", "z-install" })
        {
            var catalog = Catalog([Env("b-install", "a.iso", Hash), Env(name, iso, second)], Iso("a.iso", Hash), Iso("b.iso", Other));
            var wanted = IsoRules.Wanted(catalog);
            Assert.Equal(isMade ? ["a.iso"] : [], wanted.Select(w => w.Iso));
            var told = IsoRules.Problems(catalog.BootEnvs["b-install"], catalog, wanted);
            Assert.Equal(isMade ? [] : (string[])["ISO a.iso is not exploded: boot environments that have the folder same/install name "
                + "different ISOs, or SHA-256s"], told);
        }
    }

    /// <summary>DRP's content has folders that several of its environments have, with an ISO each.</summary>
    [Fact]
    public void OfOnePackTheFirstIsoThatIsThereIsTaken()
    {
        BootEnv Env(string name, string iso, string pack)
            => new() { Name = name, OS = new OsInfo { Name = "same", IsoFile = iso }, Bundle = pack, ReadOnly = pack.Length > 0 };
        List<BootEnv> pack = [Env("a-install", "none.iso", "p"), Env("b-install", "b.iso", "p"), Env("c-install", "a.iso", "p")];
        var catalog = Catalog(pack, Iso("a.iso", Hash), Iso("b.iso", Other));
        var wanted = IsoRules.Wanted(catalog);
        Assert.Equal("b.iso", Assert.Single(wanted).Iso);
        Assert.Equal("ISO a.iso is not exploded: the folder same/install is made from b.iso",
            Assert.Single(IsoRules.Problems(catalog.BootEnvs["c-install"], catalog, wanted)));
        // Who agrees with one of them decides among them; who agrees with none decides nothing.
        foreach (var (by, iso, made) in new[] { ("", "a.iso", "a.iso"), ("q", "a.iso", "a.iso"), ("", "x.iso", ""), ("q", "x.iso", "") })
        {
            wanted = IsoRules.Wanted(Catalog([.. pack, Env("z-install", iso, by)], Iso("a.iso", Hash), Iso("b.iso", Other),
                Iso("x.iso", Hash)));
            Assert.Equal(made, wanted.SingleOrDefault()?.Iso ?? "");
        }
    }

    /// <summary>An environment that waits for its ISO is not given another's meanwhile.</summary>
    [Fact]
    public void TheSha256OfOneHoldsForAll()
    {
        BootEnv Env(string name, string sha256)
            => new() { Name = name, OS = new OsInfo { Name = "same", IsoFile = "a.iso", IsoSha256 = sha256 } };
        Assert.Empty(IsoRules.Wanted(Catalog([Env("a-install", ""), Env("b-install", Other)], Iso("a.iso", Hash))));
    }

    private static CatalogSnapshot Catalog(IEnumerable<BootEnv> environments, params UploadedIso[] isos)
        => TestCatalog.With([.. environments, .. isos]);

    private static UploadedIso Iso(string name, string sha256) => new() { Path = name, Sha256 = sha256, Size = 1 };
}
