using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Tests.Files;

/// <summary>Paths of uploaded files, and of what archives hold.</summary>
public sealed class FilePathsTests
{
    [Theory]
    [InlineData("jq", null)]
    [InlineData("a/b.txt", null)]
    [InlineData(".treeinfo", null)]
    [InlineData("ä b/c+d", null)]
    [InlineData("", "a name")]
    [InlineData("/etc/passwd", "empty")]
    [InlineData("a//b", "empty")]
    [InlineData("a/", "empty")]
    [InlineData("..", "no parts")]
    [InlineData("a/../b", "no parts")]
    [InlineData("./a", "no parts")]
    [InlineData("a\\b", "backslashes")]
    [InlineData("a\0b", "control")]
    [InlineData("a\nb", "control")]
    [InlineData("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", null)]
    [InlineData("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "at most 16 parts")]
    public void APathHasOneSpellingAndStaysBelowItsFolder(string path, string? problem)
    {
        if (problem is null) Assert.Null(FilePaths.Problem(path));
        else Assert.Contains(problem, FilePaths.Problem(path), StringComparison.Ordinal);
    }

    [Fact]
    public void APathIsBounded()
    {
        // Half a character has no UTF-8.
        Assert.NotNull(FilePaths.Problem("a\uD800"));
        Assert.Null(FilePaths.Problem(new string('a', FileBounds.LongestName)));
        Assert.NotNull(FilePaths.Problem(new string('a', FileBounds.LongestName + 1)));
        // In UTF-8 each has two octets.
        Assert.NotNull(FilePaths.Problem(new string('ä', FileBounds.LongestName / 2 + 1)));
        Assert.NotNull(FilePaths.Problem(string.Join('/', Enumerable.Repeat(new string('a', 60), 8))));
    }

    [Theory]
    [InlineData("./a/b", "a/b")]
    [InlineData("a/b/", "a/b")]
    [InlineData("./", "")]
    [InlineData("/etc/passwd", null)]
    [InlineData("a/../../b", null)]
    public void AnEntryIsBelowItsArchive(string name, string? path) => Assert.Equal(path, FilePaths.OfEntry(name));

    [Theory]
    [InlineData("debian", ".", "")]
    [InlineData("dists/stable", "bookworm", "dists/bookworm")]
    [InlineData("a/b/c", "../../x", "x")]
    [InlineData("a/b", "../../x", null)]
    [InlineData("a", "/etc/passwd", null)]
    [InlineData("a", "b/../../c", null)]
    [InlineData("a", "", null)]
    public void ALinkStaysWithinItsArchive(string link, string target, string? leads)
        => Assert.Equal(leads, FilePaths.Within(link, target));

    [Fact]
    public void AFolderIsListedAsDrpDoes()
    {
        string[] all = ["b", "a/x", "a/c/d", "aa", "a.txt"];
        Assert.Equal(["a.txt", "a/", "aa", "b"], FilePaths.Listing(all, "")!);
        Assert.Equal(["c/", "x"], FilePaths.Listing(all, "a")!);
        Assert.Null(FilePaths.Listing(all, "b"));
        Assert.Null(FilePaths.Listing(all, "none"));
        Assert.Empty(FilePaths.Listing([], "")!);
    }

    [Fact]
    public void AFileIsNoFolder()
    {
        string[] all = ["a/b", "c"];
        Assert.Equal("a/b", FilePaths.InTheWay(all, "a"));
        Assert.Equal("c", FilePaths.InTheWay(all, "c/d"));
        Assert.Null(FilePaths.InTheWay(all, "a/c"));
        Assert.Null(FilePaths.InTheWay(all, "a/bc"));
    }
}
