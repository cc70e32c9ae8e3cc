using System.Net;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Cases;

/// <summary>A silo that is started with one of the folders of `packs` beside Anvil's own content.</summary>
internal sealed class PackSilo(string pack) : SiloFixture
{
    private readonly DirectoryInfo _content = Directory.CreateTempSubdirectory("anvil-pack-");

    protected override Task StartAsync()
    {
        Copy(Path.Combine(AppContext.BaseDirectory, "content"), _content.FullName);
        Copy(Path.Combine(AppContext.BaseDirectory, "Cases", "packs", pack), Path.Combine(_content.FullName, pack));
        return AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", $"--Edge:TftpPort={TftpPort}",
            $"--Silo:ContentFolder={_content.FullName}");
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}

/// <summary>Each pack of `packs`: the silo starts, serves what is good of it, and says what is not.</summary>
public sealed class PackCaseTests
{
    /// <summary>Names of the packs, the objects that must be there, and the file that is named as not taken; "" for none.</summary>
    public static TheoryData<string, string, string> Packs { get; } = new()
    {
        { "good", "profiles/case-good", "" },
        { "duplicate", "profiles/case-twin", "/profiles/b.yml" },
        { "builtin", "bootenvs/local", "" },
        { "meta-number", "profiles/case-meta", "" },
        { "unknown-kind", "bootenvs/local", "/racks/r.yml" },
        { "null-task", "stages/case-null", "/stages/s.yml" },
        { "arch", "bootenvs/case-pack-arch", "" },
        { "plain-param", "params/case/plain", "" },
    };

    [Theory]
    [MemberData(nameof(Packs))]
    public async Task ASiloStartsWithItAndServes(string pack, string there, string notTaken)
    {
        await using var silo = new PackSilo(pack);
        await silo.InitializeAsync();
        foreach (var kind in (await silo.OkAsync("GET", "objects")).AsArray().Select(k => k!.ToString()).Where(k => k != "preferences"))
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", kind)).Status);
        var shown = await silo.OkAsync("GET", there);
        // That of an architecture lacks its kernel, and nothing else.
        if (pack == "arch") Assert.Contains("vmlinuz", shown["Errors"]!.ToJsonString(), StringComparison.Ordinal);
        else Assert.Equal(pack != "null-task", shown["Available"]!.GetValue<bool>());
        var content = ((JsonArray)(await silo.CallAsync("GET", "/readyz")).Body!["Checks"]!)
            .SingleOrDefault(c => c!["Name"]!.ToString() == "content")?["Reason"]!.ToString() ?? "";
        if (notTaken.Length > 0) Assert.Contains(notTaken, content, StringComparison.Ordinal);
        else Assert.DoesNotContain("were not taken", content, StringComparison.Ordinal);
        // An object of Anvil's own pack gives way, and it is said.
        if (pack == "builtin") Assert.Contains("builtin/bootenvs/local.yml", content, StringComparison.Ordinal);
        if (pack == "meta-number")
            Assert.All((JsonObject)shown["Meta"]!, m => Assert.Equal("String", m.Value!.GetValueKind().ToString()));
        if (pack == "plain-param") Assert.Equal("{}", shown["Schema"]!.ToJsonString());
        if (pack != "arch") return;
        await silo.OkAsync("POST", "machines", """{"Name":"pack-arch","BootEnv":"case-pack-arch","Stage":"none","Arch":"amd64"}""");
        var boot = await silo.OkAsync("GET", "machines/Name:pack-arch/boot?arch=uefi");
        Assert.True(boot["Boots"]!.GetValue<bool>());
    }

    [Fact]
    public void EveryPackIsTried()
        => Assert.Equal(
            Directory.EnumerateDirectories(Path.Combine(AppContext.BaseDirectory, "Cases", "packs")).Select(Path.GetFileName)
                .Order(StringComparer.Ordinal),
            Packs.Select(p => p.Data.Item1).Order(StringComparer.Ordinal));
}
