using Anvil.Edge.BootHttp;
using Microsoft.Extensions.Options;

namespace Anvil.Edge.Tests.BootHttp;

public sealed class FileRootTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-root-");
    private readonly FileRoot _root;

    public FileRootTests()
    {
        var inside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "files"));
        File.WriteAllText(Path.Combine(_folder.FullName, "secret"), "outside");
        Directory.CreateDirectory(Path.Combine(inside.FullName, "a"));
        File.WriteAllText(Path.Combine(inside.FullName, "a", "file.efi"), "inside");
        File.CreateSymbolicLink(Path.Combine(inside.FullName, "link"), Path.Combine(_folder.FullName, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(inside.FullName, "up"), _folder.FullName);
        _root = new FileRoot(Options.Create(new EdgeOptions { FileRoot = inside.FullName }));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("a/file.efi")]
    [InlineData("/a/file.efi")]
    [InlineData("a\\file.efi")]
    [InlineData("./a//file.efi")]
    public void FindsWhatLiesInside(string path) => Assert.NotNull(_root.Find(path));

    [Theory]
    [InlineData("../secret")]
    [InlineData("a/../../secret")]
    [InlineData("..\\secret")]
    [InlineData("/../secret")]
    [InlineData("link")]
    [InlineData("up/secret")]
    [InlineData("c:/secret")]
    [InlineData("a/file.efi\0.txt")]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("gone")]
    public void NothingLeadsOut(string path) => Assert.Null(_root.Find(path));

    [Fact]
    public void AnOverlongPathIsNone() => Assert.Null(_root.Find(new string('a', 5000)));
}
