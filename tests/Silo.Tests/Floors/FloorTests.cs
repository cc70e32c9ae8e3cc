using System.Reflection;
using System.Xml.Linq;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Contracts.Machines;
using Anvil.Objects;
using Anvil.Provisioning.Access;
using Anvil.Storage;

namespace Anvil.Silo.Tests.Floors;

/// <summary>
/// The floors of docs/concepts.md, read off the assemblies themselves: which ports a floor names, who checks rights, who knows HTTP.
/// </summary>
public sealed class FloorTests
{
    private static readonly Assembly Contracts = typeof(GrainFinder).Assembly;

    /// <summary>The ports that the database is behind: what Storage fills of Contracts.</summary>
    private static readonly IReadOnlySet<Type> Ports = typeof(Database).Assembly.GetTypes().SelectMany(t => t.GetInterfaces())
        // Contents of uploaded files lie on the silo's own disk.
        .Where(i => i.Assembly == Contracts && i != typeof(IBlobStore)).ToHashSet();

    public static TheoryData<string, string> Allowed => new()
    {
        // A card that an edge does not know yet, and what changed while it was not told: docs/concepts.md.
        { "Anvil.Edge", nameof(IMachineFeed) },
        // What failed, in words.
        { "Anvil.Gateway", nameof(IDatabaseFaults) },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void AFaceReachesTheDatabaseByNoOtherPort(string face, string port)
    {
        Assert.Superset(new HashSet<string> { nameof(ICatalogStore), nameof(IMachineQueries) }, Ports.Select(p => p.Name).ToHashSet());
        Assert.Equal([port], AssemblyUses.TypesOf(Face(face)).Where(u => Ports.Contains(u.Used)).Select(u => u.Used.Name)
            .Distinct(StringComparer.Ordinal));
    }

    /// <summary>Deny by default is one place's: whoever asks a principal what it may is on the floor of objects, or below it.</summary>
    [Fact]
    public void RightsAreCheckedByObjectsAlone()
    {
        static bool Checks(MemberInfo used)
            => (used.DeclaringType == typeof(Principal) && used.Name is nameof(Principal.May) or nameof(Principal.Has))
                || (used.DeclaringType == typeof(ObjectRequest) && used.Name == nameof(ObjectRequest.Require));
        Assert.Contains(AssemblyUses.Of(typeof(ObjectFloor).Assembly), u => Checks(u.Used));
        Assert.Empty(new[] { "Anvil.Gateway", "Anvil.Edge", "anvil-silo", "Anvil.Grains" }.Select(Face).SelectMany(AssemblyUses.Of)
            .Where(u => Checks(u.Used)).Select(u => $"{u.User.FullName} asks {u.Used.Name}"));
    }

    [Theory]
    [InlineData("Anvil.Templates", "Microsoft.AspNetCore,Orleans.Runtime,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Protocols", "Microsoft.AspNetCore,Orleans,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Provisioning", "Microsoft.AspNetCore,Orleans.Runtime,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Contracts", "Microsoft.AspNetCore,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Objects", "Microsoft.AspNetCore,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Grains", "Microsoft.AspNetCore,Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Storage", "Microsoft.AspNetCore")]
    [InlineData("Anvil.Edge", "Npgsql,Dapper,Microsoft.Data")]
    [InlineData("Anvil.Gateway", "Npgsql,Dapper,Microsoft.Data")]
    public void AFloorKnowsNothingOfWhatIsNotItsOwn(string name, string forbidden)
    {
        var words = forbidden.Split(',');
        Assert.DoesNotContain(Face(name).GetReferencedAssemblies().Select(a => a.Name!),
            a => words.Any(w => a.StartsWith(w, StringComparison.Ordinal)));
        // A reference that nothing uses yet is in no assembly.
        var project = name["Anvil.".Length..];
        var named = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj")).Descendants()
            .Where(e => e.Name.LocalName is "PackageReference" or "FrameworkReference").Select(e => e.Attribute("Include")!.Value);
        Assert.DoesNotContain(named, p => words.Any(w => p.StartsWith(w, StringComparison.Ordinal)));
    }

    private static Assembly Face(string name) => Assembly.Load(name);
}
