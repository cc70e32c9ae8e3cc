using Anvil.Edge.BootHttp;
using Anvil.Support;
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
        Directory.CreateSymbolicLink(Path.Combine(inside.FullName, "ring"), inside.FullName);
        File.CreateSymbolicLink(Path.Combine(inside.FullName, "self"), Path.Combine(inside.FullName, "self"));
        File.CreateSymbolicLink(Path.Combine(inside.FullName, "current"), "a/file.efi");
        File.CreateSymbolicLink(Path.Combine(inside.FullName, "zero"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(inside.FullName, "memory"), "/proc/self/environ");
        Commands.Run("mkfifo", Path.Combine(inside.FullName, "pipe"));
        _root = new FileRoot(Options.Create(new EdgeOptions { FileRoot = inside.FullName }));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("a/file.efi")]
    [InlineData("/a/file.efi")]
    [InlineData("a\\file.efi")]
    [InlineData("./a//file.efi")]
    [InlineData("current")]
    [InlineData("ring/ring/a/file.efi")]
    public void FindsWhatLiesInside(string path)
    {
        using var file = _root.Open(path);
        using var reader = new StreamReader(Assert.IsType<FileStream>(file));
        Assert.Equal("inside", reader.ReadToEnd());
    }

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
    [InlineData("self")]
    [InlineData("zero")]
    [InlineData("memory")]
    [InlineData("pipe")]
    [InlineData("ring/up/secret")]
    [InlineData("a/file.efi.")]
    [InlineData("a/file.efi ")]
    [InlineData("a/FILE.EFI")]
    [InlineData("con")]
    [InlineData("a/\uFF0E\uFF0E/\uFF0E\uFF0E/secret")]
    [InlineData("a/\u2024\u2024/secret")]
    public void NothingLeadsOutAndNothingElseIsAFile(string path) => Assert.Null(_root.Open(path));

    /// <summary>As firmware writes names; where two files differ by case alone, each has its own name, and a third one is none.</summary>
    [Theory]
    [InlineData("a/FILE.EFI", "inside")]
    [InlineData("A\\File.Efi", "inside")]
    [InlineData("RING/A/file.EFI", "inside")]
    [InlineData("Current", "inside")]
    [InlineData("a/one", "one")]
    [InlineData("a/ONE", "ONE")]
    [InlineData("a/One", null)]
    [InlineData("A", null)]
    [InlineData("LINK", null)]
    [InlineData("UP/secret", null)]
    [InlineData("a/FILE.EFI/x", null)]
    [InlineData("PIPE", null)]
    [InlineData("..\\SECRET", null)]
    public void FindsNamesInAnotherCaseWhenAsked(string path, string? content)
    {
        File.WriteAllText(Path.Combine(_root.Folder, "a", "one"), "one");
        File.WriteAllText(Path.Combine(_root.Folder, "a", "ONE"), "ONE");
        using var file = _root.OpenFolded(path);
        Assert.Equal(content, file is null ? null : new StreamReader(file).ReadToEnd());
    }

    /// <summary>What a folder holds is remembered; what comes into it and leaves it is seen all the same.</summary>
    [Fact]
    public void AFileThatComesLaterIsFound()
    {
        var folder = Path.Combine(_root.Folder, "a");
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddHours(-1));
        Assert.Null(_root.OpenFolded("a/LATER"));
        File.WriteAllText(Path.Combine(folder, "later"), "inside");
        using (var file = _root.OpenFolded("a/LATER")) Assert.NotNull(file);
        File.WriteAllText(Path.Combine(folder, "Later"), "inside");
        Assert.Null(_root.OpenFolded("a/LATER"));
    }

    [Fact]
    public void AnOverlongPathIsNone() => Assert.Null(_root.Open(new string('a', 5000)));

    /// <summary>The folder itself may be a link, as where a release is put in place by changing one.</summary>
    [Fact]
    public void TheFolderMayBeALink()
    {
        var link = Path.Combine(_folder.FullName, "live");
        Directory.CreateSymbolicLink(link, Path.Combine(_folder.FullName, "files"));
        var root = new FileRoot(Options.Create(new EdgeOptions { FileRoot = link }));
        using var file = root.Open("a/file.efi");
        Assert.NotNull(file);
        Assert.Null(root.Open("up/secret"));
    }

    /// <summary>
    /// Somebody puts a link to the secret in the place of a file, and the file back, again and again: what is opened is one or nothing,
    /// and never the secret. That it was tried at both times is seen by what came.
    /// </summary>
    [Fact]
    public async Task ALinkPutInTheFilesPlaceMeanwhileLeadsNowhere()
    {
        var inside = Path.Combine(_folder.FullName, "files");
        var (place, good, bad) = (Path.Combine(inside, "race"), Path.Combine(inside, "good"), Path.Combine(inside, "bad"));
        using var end = new CancellationTokenSource();
        var attack = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    File.WriteAllText(good, "inside");
                    File.Move(good, place, overwrite: true);
                    File.CreateSymbolicLink(bad, Path.Combine(_folder.FullName, "secret"));
                    File.Move(bad, place, overwrite: true);
                }
            },
            TestContext.Current.CancellationToken);
        var (files, nothing) = (0, 0);
        await Wait.UntilAsync(
            () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    using var file = _root.Open("race");
                    if (file is null)
                    {
                        nothing++;
                        continue;
                    }

                    using var reader = new StreamReader(file);
                    Assert.Equal("inside", reader.ReadToEnd());
                    files++;
                }

                return Task.FromResult(files > 200 && nothing > 200);
            },
            TimeSpan.FromMinutes(1),
            () => $"{files} files and {nothing} times none");
        await end.CancelAsync();
        await attack;
    }
}
