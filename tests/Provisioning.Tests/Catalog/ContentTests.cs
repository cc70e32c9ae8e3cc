using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Tests.Catalog;

public sealed class ContentTests
{
    [Fact]
    public void EverythingThatComesWithAnvilIsAvailable()
    {
        var catalog = TestCatalog.With();
        var broken = CatalogRules.Kinds.Keys.SelectMany(k => catalog.OfKind(k).Values).Where(d => !d.Available)
            .Select(d => $"{d.Prefix}/{d.Key}: {string.Join("; ", d.Errors)}");
        Assert.Empty(broken);
        Assert.Superset(new HashSet<string> { "ignore", "local", "discovery", "sledgehammer", "debian-13-install" },
            catalog.BootEnvs.Keys.ToHashSet());
        Assert.Superset(new HashSet<string> { "discover", "discover-and-install", "reinstall", "wipe" },
            catalog.Workflows.Keys.ToHashSet());
    }

    [Fact]
    public void EverythingThatComesWithAnvilKeepsTheRulesOfItsKind()
    {
        var catalog = TestCatalog.With();
        var problems = CatalogRules.Kinds.Values.SelectMany(
            k => catalog.OfKind(k.Prefix).Values.SelectMany(d => k.Problems(d, d, catalog).Select(p => $"{d.Prefix}/{d.Key}: {p}")));
        Assert.Empty(problems);
    }

    [Fact]
    public void AFileThatIsNoYamlIsNamed()
        => Assert.StartsWith("stages/x.yml:",
            Assert.Throws<FormatException>(() => ContentPack.Read("p", [new ContentFile("stages/x.yml", "a: b: c")])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void AStageThatNamesAMissingTaskIsStoredButNotAvailable()
    {
        var stage = TestCatalog.With(new Stage { Name = "st", Tasks = ["gone"] }, new Workflow { Name = "wf", Stages = ["st"] });
        Assert.Equal(["Task gone (at 0) does not exist"], stage.Stages["st"].Errors);
        Assert.Equal(["Stage st is not available"], stage.Workflows["wf"].Errors);
    }
}
