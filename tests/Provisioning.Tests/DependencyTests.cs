using System.Text.RegularExpressions;
using System.Xml.Linq;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests;

/// <summary>Holds the design's dependency rules: they point inwards, and the domain does no I/O.</summary>
public sealed class DependencyTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(TestCatalog.ContentFolder, "..", ".."));

    [Fact]
    public void TheDomainReferencesNeitherOrleansRuntimeNorAspNetNorDatabases()
    {
        var names = typeof(Anvil.Provisioning.Documents.Json).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.DoesNotContain(names,
            n => n.StartsWith("Orleans.", StringComparison.Ordinal)
                && n is not ("Orleans.Serialization.Abstractions" or "Orleans.Serialization"));
        Assert.DoesNotContain(names,
            n => n.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || n.StartsWith("Microsoft.Data", StringComparison.Ordinal)
                || n.StartsWith("Npgsql", StringComparison.Ordinal));
        Assert.Equal(["Anvil.Templates"], names.Where(n => n.StartsWith("Anvil.", StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryLineEndsBeforeColumn140()
    {
        var found = new[] { "src", "tests" }
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(Repository, part), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(f => File.ReadLines(f).Select((line, at) => (line.Length, Place: $"{f}:{at + 1}")))
            .Where(l => l.Length >= 140).Select(l => l.Place);
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("System.Net.Sockets")]
    [InlineData("new HttpClient")]
    [InlineData("File.")]
    [InlineData("DateTime.UtcNow")]
    [InlineData("DateTimeOffset.UtcNow")]
    public void TheDomainDoesNoInputOrOutput(string word)
    {
        var found = Directory.EnumerateFiles(Path.Combine(Repository, "src", "Provisioning"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .Where(f => File.ReadLines(f)
            .Any(l => Regex.IsMatch(l, $@"(?<![\w.]){Regex.Escape(word)}") && !l.Contains("AddressFamily", StringComparison.Ordinal)
                && !l.Contains("boot.File.", StringComparison.Ordinal)))
            .Where(f => word != "System.Net.Sockets" || Path.GetFileName(f) != "IPv4.cs");
        Assert.Empty(found);
    }

    /// <summary>The floors of docs/concepts.md. Since no project sees what it does not name, these lists are all that there is.</summary>
    [Theory]
    [InlineData("Templates", "")]
    [InlineData("Protocols", "")]
    [InlineData("Provisioning", "Templates")]
    [InlineData("Contracts", "Provisioning")]
    [InlineData("Storage", "Contracts,Provisioning")]
    [InlineData("Grains", "Contracts,Provisioning,Storage")]
    [InlineData("Objects", "Contracts,Provisioning,Templates")]
    [InlineData("Edge", "Contracts,Protocols,Provisioning,Templates")]
    [InlineData("Gateway", "Contracts,Objects,Provisioning,Templates")]
    [InlineData("Silo", "Contracts,Edge,Gateway,Grains,Objects,Protocols,Provisioning,Storage,Templates")]
    [InlineData("Agent", "")]
    [InlineData("Cli", "")]
    public void ProjectsReferenceOnlyWhatTheDesignAllows(string project, string allowed)
    {
        var references = XDocument.Load(Path.Combine(Repository, "src", project, project + ".csproj")).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).Order(StringComparer.Ordinal);
        Assert.Equal(allowed.Split(',', StringSplitOptions.RemoveEmptyEntries), references);
    }

    [Fact]
    public void NoProjectIsLeftOutOfTheseRules()
    {
        var ruled = typeof(DependencyTests).GetMethod(nameof(ProjectsReferenceOnlyWhatTheDesignAllows))!.GetCustomAttributes(
            typeof(InlineDataAttribute), inherit: false)
            .Select(a => (string)((InlineDataAttribute)a).Data[0]!).Order(StringComparer.Ordinal);
        Assert.Equal(Directory.EnumerateDirectories(Path.Combine(Repository, "src")).Select(d => Path.GetFileName(d))
            .Order(StringComparer.Ordinal), ruled);
    }

    [Fact]
    public void ProjectsSeeOnlyWhatTheyName()
        => Assert.Equal("true",
            XDocument.Load(Path.Combine(Repository, "Directory.Build.props")).Descendants("DisableTransitiveProjectReferences")
                .Single().Value);

    /// <summary>Each folder of the domain may use those before it, and none after it.</summary>
    [Fact]
    public void FoldersOfTheDomainUseOnlyLowerOnes()
    {
        string[] order = ["Documents", "Network", "Lists", "Access", "Catalog", "Machines", "Jobs", "Boot", "Sheets"];
        var root = Path.Combine(Repository, "src", "Provisioning");
        Assert.Equal(order.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(root)
                .Where(d => Path.GetFileName(d) is not ("bin" or "obj") && Directory.EnumerateFiles(d).Any())
                .Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
        var upwards = new List<string>();
        foreach (var (folder, place) in order.Select((name, i) => (name, i)))
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            {
                var text = File.ReadAllText(file);
                upwards.AddRange(
                    order.Skip(place + 1)
                        .Where(higher =>
                            Regex.IsMatch(text, $@"\bAnvil\.Provisioning\.{higher}\b|^\s*using {higher}\b|(?<![\w.]){higher}\.[A-Z]\w+\(",
                                RegexOptions.Multiline))
                    .Select(higher => $"{folder}/{Path.GetFileName(file)} uses {higher}"));
            }
        }

        Assert.Empty(upwards);
    }
}
