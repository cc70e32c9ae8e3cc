using System.Xml.Linq;

namespace Anvil.Provisioning.Tests;

/// <summary>Holds the design's dependency rules: they point inwards, and the domain does no I/O.</summary>
public sealed class DependencyTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(TestCatalog.ContentFolder, "..", ".."));

    [Fact]
    public void TheDomainReferencesNeitherOrleansRuntimeNorAspNetNorDatabases()
    {
        var names = typeof(Anvil.Provisioning.Documents.Json).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.DoesNotContain(names, n => n.StartsWith("Orleans.", StringComparison.Ordinal) && n is not ("Orleans.Serialization.Abstractions" or "Orleans.Serialization"));
        Assert.DoesNotContain(names, n => n.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || n.StartsWith("Microsoft.Data", StringComparison.Ordinal) || n.StartsWith("Npgsql", StringComparison.Ordinal));
        Assert.DoesNotContain(names, n => n.StartsWith("Anvil.", StringComparison.Ordinal));
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
            .Where(f => File.ReadLines(f).Any(l => System.Text.RegularExpressions.Regex.IsMatch(l, $@"(?<![\w.]){System.Text.RegularExpressions.Regex.Escape(word)}") && !l.Contains("AddressFamily", StringComparison.Ordinal) && !l.Contains("boot.File.", StringComparison.Ordinal)))
            .Where(f => word != "System.Net.Sockets" || Path.GetFileName(f) != "IPv4.cs");
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("Provisioning", "")]
    [InlineData("Storage", "Provisioning")]
    [InlineData("Grains", "Provisioning,Storage")]
    [InlineData("Edge", "Grains,Provisioning")]
    [InlineData("Gateway", "Grains,Provisioning,Storage")]
    [InlineData("Agent", "")]
    public void ProjectsReferenceOnlyWhatTheDesignAllows(string project, string allowed)
    {
        var references = XDocument.Load(Path.Combine(Repository, "src", project, project + ".csproj")).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).Order(StringComparer.Ordinal);
        Assert.Equal(allowed.Split(',', StringSplitOptions.RemoveEmptyEntries), references);
    }

    [Theory]
    [InlineData("Templates", "Boot|Jobs|Machines|Catalog|Network|Access")]
    [InlineData("Documents", "Boot|Jobs|Machines|Catalog|Network|Access|Templates")]
    [InlineData("Access", "Boot|Jobs|Machines|Catalog|Network")]
    [InlineData("Lists", "Boot|Jobs|Machines|Catalog|Access|Templates|Sheets")]
    [InlineData("Network", "Lists")]
    public void LowerFoldersOfTheDomainDoNotUseHigherOnes(string folder, string forbidden)
    {
        var pattern = $@"^using Anvil\.Provisioning\.({forbidden});";
        var found = Directory.EnumerateFiles(Path.Combine(Repository, "src", "Provisioning", folder), "*.cs").Where(f => File.ReadLines(f).Any(l => System.Text.RegularExpressions.Regex.IsMatch(l, pattern)));
        Assert.Empty(found);
    }
}
