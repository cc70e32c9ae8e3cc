using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Folders of content packs into which somebody put what is no file of a pack: named with the reason, and the others
/// serve.</summary>
public sealed class PackFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-packs-");
    private readonly string _pack;

    public PackFolderTests()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "secret"), "Name: secret");
        _pack = Directory.CreateDirectory(Path.Combine(_folder.FullName, "packs", "p", "profiles")).Parent!.FullName;
        File.WriteAllText(Profile("good"), "Name: good");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task LinksThatLeadOutPipesAndDevicesAreNoFiles()
    {
        File.CreateSymbolicLink(Profile("out"), Path.Combine(_folder.FullName, "secret"));
        File.CreateSymbolicLink(Profile("zero"), "/dev/zero");
        File.CreateSymbolicLink(Profile("self"), Profile("self"));
        File.CreateSymbolicLink(Path.Combine(_pack, "templates"), "profiles");
        Commands.Run("mkfifo", Profile("pipe"));
        var content = await Task.Run(Read, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Contains(content.Entries, e => e.Key.Key == "good");
        Assert.DoesNotContain(content.Entries, e => e.Key.Key == "secret");
        foreach (var name in new[] { "out", "zero", "self", "pipe" })
            Assert.Contains(content.Faults, f => f.File == $"profiles/{name}.yml");
    }

    [Fact]
    public void FoldersInARingEnd()
    {
        foreach (var name in new[] { "a", "b", "c" }) Directory.CreateSymbolicLink(Path.Combine(_pack, name), _pack);
        var content = Read();
        Assert.Contains(content.Entries, e => e.Key.Key == "good");
        Assert.Contains(content.Faults, f => f.Reason.Contains("more than 20000 files", StringComparison.Ordinal));
    }

    [Fact]
    public void ATextThatIsNoUtf8IsNamed()
    {
        File.WriteAllText(Profile("wide"), "Name: wide", Encoding.Unicode);
        File.WriteAllBytes(Profile("broken"), [.. "Name: b"u8, 0xFF]);
        File.WriteAllText(Profile("marked"), "Name: marked", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        var content = Read();
        Assert.Equal(["profiles/broken.yml", "profiles/wide.yml"], content.Faults.Select(f => f.File));
        Assert.All(content.Faults, f => Assert.Contains("no UTF-8", f.Reason, StringComparison.Ordinal));
        Assert.Equal(["good", "marked"], content.Entries.Select(e => e.Key.Key).Order(StringComparer.Ordinal));
    }

    private Provisioning.Catalog.PackContent Read() => ContentFolder.Read(Path.GetDirectoryName(_pack)!);

    private string Profile(string name) => Path.Combine(_pack, "profiles", name + ".yml");
}
