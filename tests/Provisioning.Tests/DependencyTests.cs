using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Anvil.Provisioning.Network;
using Anvil.Support;

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

    /// <summary>Who may have chance or a clock of its own, and why: all others are given them.</summary>
    private static readonly Dictionary<string, string> Named = new(StringComparer.Ordinal)
    {
        ["Access.Passwords"] = "a salt that anybody could choose is none",
        ["Access.BoxKeyPair"] = "a key is made nowhere else",
        ["Access.SecureData"] = "a nonce that is used twice opens what it sealed",
        ["Access.ParamKeys"] = "a master key is made nowhere else",
        ["Access.Tokens"] = "the id of a token that nobody names",
        ["Catalog.Kinds.UserKind"] = "a user's secret, whoever writes",
        ["Catalog.Schemas.SchemaRun"] = "it measures what patterns cost, to end what costs too much",
    };

    /// <summary>The same state, time and chance give the same result: rules have neither chance nor a clock of their own.</summary>
    [Fact]
    public void TheDomainHasNeitherChanceNorAClockOfItsOwn()
    {
        Type[] types = [typeof(Random), typeof(System.Security.Cryptography.RandomNumberGenerator), typeof(System.Diagnostics.Stopwatch)];
        string[] members =
        [
            "Guid.NewGuid", "Guid.CreateVersion7", "TimeProvider.get_System", "DateTime.get_Now", "DateTime.get_UtcNow",
            "DateTimeOffset.get_Now", "DateTimeOffset.get_UtcNow", "Environment.get_TickCount", "Environment.get_TickCount64",
        ];
        bool IsOwn(MemberInfo used) => used.DeclaringType is { } type
            && (types.Contains(type) || members.Contains($"{type.Name}.{used.Name}", StringComparer.Ordinal));
        var users = AssemblyUses.Of(typeof(Anvil.Provisioning.Documents.Json).Assembly).Where(u => IsOwn(u.Used))
            .Select(u => u.User).Distinct().ToList();
        Assert.Equal(Named.Keys.Order(StringComparer.Ordinal),
            users.Select(t => t.FullName!["Anvil.Provisioning.".Length..]).Order(StringComparer.Ordinal));
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
    {
        Assert.Equal("true",
            XDocument.Load(Path.Combine(Repository, "Directory.Build.props")).Descendants("DisableTransitiveProjectReferences")
                .Single().Value);
        Assert.All(Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.csproj", SearchOption.AllDirectories),
            f => Assert.Empty(XDocument.Load(f).Descendants("DisableTransitiveProjectReferences")));
    }

    private static readonly string[] Order =
        ["Documents", "Network", "Lists", "Access", "Files", "Catalog", "Machines", "Jobs", "Boot", "Sheets", "Webhooks"];

    private static string Domain => Path.Combine(Repository, "src", "Provisioning");

    [Fact]
    public void EachFileOfTheDomainHasTheNamespaceOfItsFolder()
    {
        Assert.Equal(Order.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(Domain)
                .Where(d => Path.GetFileName(d) is not ("bin" or "obj") && Directory.EnumerateFiles(d).Any())
                .Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
        Assert.All(FilesOf(Domain),
            f => Assert.Contains($"namespace Anvil.Provisioning.{FolderOf(f).Replace('/', '.')};", File.ReadLines(f)));
    }

    /// <summary>Each folder of the domain may use those before it, and none after it.</summary>
    [Fact]
    public void FoldersOfTheDomainUseOnlyLowerOnes()
    {
        var uses = AssemblyUses.TypesOf(typeof(Anvil.Provisioning.Documents.Json).Assembly)
            .Select(u => (u.User, u.Used, From: PlaceOf(u.User), To: PlaceOf(u.Used))).Where(u => u.From >= 0 && u.To >= 0).ToList();
        // What reads nothing sees no arrow either.
        Assert.Contains(uses, u => (u.From, u.To) == (Array.IndexOf(Order, "Machines"), Array.IndexOf(Order, "Catalog")));
        Assert.Empty(uses.Where(u => u.To > u.From).Select(u => $"{u.User.FullName} uses {u.Used.FullName}").Distinct());
    }

    /// <summary>The value of a constant stands in the assembly without its name: for those the sources are read.</summary>
    [Fact]
    public void NorDoTheyNameConstantsOfHigherOnes()
    {
        var domain = typeof(Anvil.Provisioning.Documents.Json).Assembly;
        var upwards = new List<string>();
        foreach (var (folder, place) in Order.Select((name, i) => (name, i)))
        {
            foreach (var file in FilesOf(Path.Combine(Domain, folder)))
            {
                var text = File.ReadAllText(file);
                upwards.AddRange(Order.Skip(place + 1).Where(higher =>
                        Regex.IsMatch(text, $@"\bAnvil\.Provisioning\.{higher}\b|^\s*(global )?using (static )?{higher}\b",
                            RegexOptions.Multiline)
                        || Regex.Matches(text, $@"(?<![\w.]){higher}\.(\w+)").Any(m =>
                            domain.GetType($"Anvil.Provisioning.{higher}.{m.Groups[1].Value}") is not null))
                    .Select(higher => $"{folder}/{Path.GetFileName(file)} names {higher}"));
            }
        }

        Assert.Empty(upwards);
    }

    private static int PlaceOf(Type type)
        => type.Namespace is { } name && name.StartsWith("Anvil.Provisioning.", StringComparison.Ordinal)
            ? Array.IndexOf(Order, name.Split('.')[2]) : -1;

    private static string FolderOf(string file) => Path.GetRelativePath(Domain, Path.GetDirectoryName(file)!);

    private static IEnumerable<string> FilesOf(string folder)
        => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));
}
