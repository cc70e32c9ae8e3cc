using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>
/// What of a document is gone through for each packet, file or job has a bound; what is stored beyond it takes part in nothing.
/// </summary>
public sealed class ContentBoundsTests
{
    private static readonly BootServer Server = new("10.0.0.1", 8091, 8092);

    /// <summary>Documents by how many of something they have, or how long it is, with the bound.</summary>
    private static readonly Dictionary<string, (Func<int, Document> Of, int Most)> Bounds = new(StringComparer.Ordinal)
    {
        ["Initrds"] = (n => Env() with { Initrds = Many(n) }, ContentBounds.Initrds),
        ["Initrds of an architecture"] = (n => Of(new ArchInfo { Kernel = "k", Initrds = Many(n) }), ContentBounds.Initrds),
        ["Templates"] = (n => Env() with { Templates = Files(n) }, ContentBounds.Templates),
        ["RequiredParams"] = (n => Env() with { RequiredParams = Many(n) }, ContentBounds.Params),
        ["OptionalParams"] = (n => Env() with { OptionalParams = Many(n) }, ContentBounds.Params),
        ["Loaders"] = (n => Env() with { Loaders = Many(n).ToDictionary(l => l, l => l, StringComparer.Ordinal) },
            ContentBounds.Architectures),
        ["OS.Name"] = (n => Env() with { OS = new OsInfo { Name = new('o', n) } }, NameRules.Longest),
        ["Kernel"] = (n => Env() with { Kernel = new('k', n) }, BootFilePath.Longest),
        ["Kernel by its address"] = (n => Env() with { Kernel = "http://h/".PadRight(n, 'k') }, ContentBounds.Address),
        ["Loader"] = (n => Of(new ArchInfo { Kernel = "k", Loader = new('l', n) }), BootFilePath.Longest),
        ["Path"] = (n => Env() with { Templates = [new TemplateInfo { Name = "ipxe", Path = new('p', n), Contents = "c" }] },
            ContentBounds.Address),
        ["RequiredParams' names"] = (n => Env() with { RequiredParams = [new('p', n)] }, NameRules.Longest),
        ["Templates of a stage"] = (n => new Stage { Name = "s", Templates = Files(n) }, ContentBounds.Templates),
        ["RequiredParams of a stage"] = (n => new Stage { Name = "s", RequiredParams = Many(n) }, ContentBounds.Params),
        ["Profiles of a stage"] = (n => new Stage { Name = "s", Profiles = Many(n) }, ContentBounds.Profiles),
        ["Templates of a task"] = (n => new TaskDefinition { Name = "t", Templates = Files(n) }, ContentBounds.Templates),
        ["RequiredParams of a task"] = (n => new TaskDefinition { Name = "t", RequiredParams = Many(n) }, ContentBounds.Params),
        ["Prerequisites"] = (n => new TaskDefinition { Name = "t", Prerequisites = Many(n) }, ContentBounds.Prerequisites),
        ["ExtraRoles"] = (n => new TaskDefinition { Name = "t", ExtraRoles = [.. Many(n).Select(_ => "superuser")] },
            Roles.MostOfUser),
        ["ExtraClaims"] = (n => new TaskDefinition { Name = "t", ExtraClaims = [.. Many(n).Select(k => new Claim("machines", "get", k))] },
            ContentBounds.Rights),
        ["Profiles of a profile"] = (n => new Profile { Name = "p", Profiles = Many(n) }, ContentBounds.Profiles),
    };

    public static TheoryData<string> What { get; } = [.. Bounds.Keys];

    [Theory]
    [MemberData(nameof(What))]
    public void EachIsTakenAtItsBoundAndRefusedBeyondIt(string what)
    {
        var (of, most) = Bounds[what];
        var (within, beyond) = (of(most), of(most + 1));
        var kind = CatalogRules.Kinds[within.Prefix];
        var catalog = TestCatalog.With();
        string[] number = [$"{most} characters", $"the {most} that"];
        Assert.DoesNotContain(kind.Problems(within, null, catalog), p => number.Any(n => p.Contains(n, StringComparison.Ordinal)));
        var problem = Assert.Single(kind.Problems(beyond, null, catalog));
        Assert.Contains(number, n => problem.Contains(n, StringComparison.Ordinal));

        // Stored by a version before, or a content pack's: it is there, and says why it serves nobody.
        var stored = new CatalogSnapshot(1, [beyond]).Find(new DocumentKey(beyond.Prefix, beyond.Key))!;
        Assert.False(stored.Available);
        Assert.Contains(problem, stored.Errors);
    }

    /// <summary>Each path would be a MiB long: none is made.</summary>
    [Fact]
    public void OfAnEnvironmentBeyondTheBoundsNoFileIsNamed()
    {
        var env = Env() with
        {
            OS = new OsInfo { Name = new('a', 1_000_000) },
            Initrds = Many(5000),
            Templates = [.. Files(20_000).Select(t => t with { Path = t.Name })],
        };
        var catalog = new CatalogSnapshot(1, [env]);
        var stored = catalog.BootEnvs["env"];
        Assert.Empty(stored.Files());
        Assert.Empty(stored.Files("amd64"));
        Assert.Empty(stored.Lack("amd64", _ => BootFilePath.NotThere));
        Assert.False(stored.Available);
        Assert.Same(stored, new MissingFiles(1, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["x"] = ["edge"],
        }).Shown(stored));
        var answer = Decide(catalog, null);
        Assert.False(answer.Boots);
        Assert.Contains("OS.Name has at most 255 characters", answer.Reasons[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ADecisionTellsTheFirstReasonsAndHowManyMoreThereAre()
    {
        var env = Env() with { RequiredParams = Many(256), Initrds = Many(64) };
        var asked = new AskedFiles();
        var catalog = TestCatalog.With(env);
        Decide(catalog, asked);
        var answer = Decide(catalog, new MissingFiles(1,
            asked.Paths.ToDictionary(p => p, _ => (IReadOnlyList<string>)["edge"], StringComparer.Ordinal)));
        Assert.True(answer.Boots);
        Assert.Equal(Reasons.MostTold, answer.Reasons.Count(r => r.Contains("needs the param", StringComparison.Ordinal)));
        Assert.Contains("env needs 236 more params that are not set", answer.Reasons);
        Assert.Equal(Reasons.MostTold, answer.Reasons.Count(r => r.StartsWith("env needs the boot file", StringComparison.Ordinal)));
        Assert.Contains("env lacks 45 more boot files", answer.Reasons);
    }

    [Fact]
    public void WhatIsNotAvailableTellsItsFirstReasons()
    {
        var env = Env() with { Templates = [.. Files(200).Select(t => t with { Contents = "", ID = "no" })] };
        var answer = Decide(TestCatalog.With(env), null);
        Assert.False(answer.Boots);
        Assert.EndsWith("; and 181 more", answer.Reasons[^1], StringComparison.Ordinal);
    }

    /// <summary>The layers that each name is looked for in are made once, and hold what profiles within profiles hold.</summary>
    [Fact]
    public void WhatIsMissingIsFoundInEveryLayer()
    {
        Dictionary<string, System.Text.Json.JsonElement> One(string name)
            => new(StringComparer.Ordinal) { [name] = Json.Element(1) };
        var catalog = TestCatalog.With(new Profile { Name = "outer", Profiles = ["inner"], Params = One("a") },
            new Profile { Name = "inner", Params = One("b") }, new Stage { Name = "st", Params = One("c") },
            new Param { Name = "d", Schema = System.Text.Json.JsonElement.Parse("""{"default":1}""") });
        var machine = new Machine { Uuid = "u", Name = "m", Profiles = ["outer"], Stage = "st", Params = One("e") };
        Assert.Equal(["f"], MachineParams.Missing(["a", "b", "c", "d", "e", "f"], machine, catalog));
        Assert.Equal(["a", "f"], MachineParams.Missing(["a", "d", "f"], null, catalog));
    }

    private static BootAnswer Decide(CatalogSnapshot catalog, IBootFileLack? lack)
        => BootDecision.Decide(new Machine { Uuid = "u", Name = "m1", BootEnv = "env" }, "52:54:00:00:00:01",
            new BootClient(ClientKind.Pxe, 7), catalog, Server, lack);

    private static BootEnv Env() => new()
    {
        Name = "env",
        Kernel = "k",
        OS = new OsInfo { Name = "os" },
        Templates = [new TemplateInfo { Name = "ipxe", Path = "p", Contents = "c" }],
    };

    private static BootEnv Of(ArchInfo info) => Env() with
    {
        OS = new OsInfo
        {
            Name = "os",
            SupportedArchitectures = new Dictionary<string, ArchInfo>(StringComparer.Ordinal) { ["amd64"] = info },
        },
    };

    private static List<string> Many(int count) => [.. Enumerable.Range(0, count).Select(i => $"a{i}")];

    private static List<TemplateInfo> Files(int count)
        => [.. Enumerable.Range(0, count).Select(i => new TemplateInfo { Name = $"ipxe{i}", Path = $"p{i}", Contents = "c" })];
}
