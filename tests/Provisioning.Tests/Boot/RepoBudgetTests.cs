using System.Text.Json;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Support;
using Anvil.Templates;

namespace Anvil.Provisioning.Tests.Boot;

/// <summary>What repositories are written out to is charged before it is made.</summary>
public sealed class RepoBudgetTests
{
    /// <summary>Octets that may really be taken for one that is charged; a step counts as so many.</summary>
    private const long OctetsForOne = 4;
    private const long OctetsOfStep = 128;

    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);

    [Theory]
    [InlineData("yum", "{{range .InstallRepos}}{{.Lines}}{{end}}")]
    [InlineData("yum", "{{range .MachineRepos}}{{.Install}}{{end}}")]
    [InlineData("apt", "{{range .MachineRepos}}{{range .Components}}{{range $.MachineRepos}}{{$l := .Lines}}{{end}}{{end}}{{end}}")]
    [InlineData("yum", "{{range .MachineRepos}}{{$r := .}}{{range .Components}}{{$u := $r.UrlFor .}}{{end}}{{end}}")]
    public void EachPartIsChargedBeforeItIsMade(string type, string template)
    {
        var repo = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["tag"] = new string('t', 1_000_000),
            ["os"] = new[] { "os" },
            ["url"] = "http://192.0.2.9/" + new string('u', 1_000_000),
            ["distribution"] = "9",
            ["components"] = Enumerable.Range(0, 2000).Select(i => $"c{i}").ToArray(),
            ["repoType"] = type,
            ["securitySource"] = true,
        };
        Spends(new[] { repo }, template, TemplateBound.Memory);
    }

    /// <summary>A hundred thousand tags, each of which would be compared with each repository's.</summary>
    [Fact]
    public void TagsAreLookedUpAsASet()
    {
        var repos = Enumerable.Range(0, 2000)
            .Select(i => new Dictionary<string, object>(StringComparer.Ordinal) { ["tag"] = $"tag{i}" }).ToArray();
        var tags = string.Concat(Enumerable.Range(0, 2000).Select(i => $" \"other{i}\""));
        var budget = new RenderBudget(TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan });
        Assert.Equal("1", Render(repos, $"{{{{.Repos{tags} \"tag7\" | len}}}}", budget));
        Assert.InRange(budget.Steps, 2000, 200_000);
    }

    private static void Spends(object repos, string template, TemplateBound bound)
    {
        var budget = new RenderBudget(TemplateLimits.Default with { Time = Timeout.InfiniteTimeSpan });
        var before = ThreadCost.Allocated;
        var fault = Assert.Throws<TemplateException>(() => Render(repos, template, budget));
        Assert.Equal(bound, fault.Spent);
        var taken = ThreadCost.Allocated - before;
        Assert.InRange(taken, 0, (OctetsForOne * (budget.Memory + (OctetsOfStep * budget.Steps))) + (64 << 20));
    }

    private static string Render(object repos, string template, RenderBudget budget)
    {
        var machine = new Machine
        {
            Uuid = "u",
            Name = "m",
            Arch = "amd64",
            Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["package-repositories"] = Json.Element(repos) },
        };
        var env = new BootEnv { Name = "env", OS = new OsInfo { Name = "os", Family = "rhel" } };
        var context = new RenderContext(TestCatalog.With(), Server, machine, env, RenderContext.NoToken) { Budget = budget };
        return new RenderData(context).Render("t", template);
    }
}
