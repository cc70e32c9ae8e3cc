using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Files;
using Anvil.Storage.Files;
using Anvil.Support;
using Microsoft.Extensions.Options;

namespace Anvil.Storage.Tests.Files;

/// <summary>Archives that are read and unpacked, and such as mean harm.</summary>
public sealed class ArchivesTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string[] All = ["os/install"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-archives-");
    private readonly string _root;

    public ArchivesTests() => _root = Directory.CreateDirectory(Path.Combine(_folder.FullName, "root")).FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("xorriso")]
    [InlineData("bsdtar")]
    public async Task AnIsoBecomesAFolderInOneStep(string program)
    {
        var iso = Iso(program);
        await ExplodeAsync(iso, "os/install");
        var folder = Path.Combine(_root, "os", "install");
        Assert.Equal("a kernel", await File.ReadAllTextAsync(Path.Combine(folder, "boot", "Vmlinuz with a long name.x86_64"), None));
        Assert.Equal("ä", await File.ReadAllTextAsync(Path.Combine(folder, "näme.txt"), None));
        Assert.Equal(new string('a', 64), await File.ReadAllTextAsync(Path.Combine(folder, ".os.rebar_canary"), None));
        Assert.Equal(["os"], Directory.EnumerateFileSystemEntries(_root).Select(Path.GetFileName));
        if (program != "xorriso") return;
        // Links within are links, those out of the ISO are none.
        Assert.Equal("Vmlinuz with a long name.x86_64", new FileInfo(Path.Combine(folder, "boot", "link")).LinkTarget);
        Assert.Equal(".", new DirectoryInfo(Path.Combine(folder, "debian")).LinkTarget);
        Assert.False(Path.Exists(Path.Combine(folder, "passwd")));
        Assert.False(Path.Exists(Path.Combine(folder, "out")));
    }

    [Fact]
    public async Task AnotherIsoTakesItsPlaceAndWhatHasAnIsoOfItsOwnStays()
    {
        string[] all = ["os", "os/arm64"];
        var iso = Iso("xorriso");
        await ExplodeAsync(iso, "os/arm64", all: all);
        // A folder of nothing but the way to another is no folder of somebody's.
        await ExplodeAsync(iso, "os", all: all);
        await File.WriteAllTextAsync(Path.Combine(_root, "os", "former"), "x", None);
        await ExplodeAsync(iso, "os", 'b', all);
        Assert.False(File.Exists(Path.Combine(_root, "os", "former")));
        Assert.Equal(new string('b', 64), await File.ReadAllTextAsync(Path.Combine(_root, "os", ".os.rebar_canary"), None));
        Assert.True(File.Exists(Path.Combine(_root, "os", "arm64", ".os.rebar_canary")));
        Assert.Equal(["os"], Directory.EnumerateFileSystemEntries(_root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task AFolderThatWasMadeFromNoIsoStaysAsItIs()
    {
        Directory.CreateDirectory(Path.Combine(_root, "os", "install"));
        await File.WriteAllTextAsync(Path.Combine(_root, "os", "install", "linux"), "by hand", None);
        var fault = await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(Iso("xorriso"), "os/install"));
        Assert.Contains("was not made from an ISO", fault.Message, StringComparison.Ordinal);
        Assert.Equal("by hand", await File.ReadAllTextAsync(Path.Combine(_root, "os", "install", "linux"), None));
        File.CreateSymbolicLink(Path.Combine(_root, "link"), _folder.FullName);
        fault = await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(Iso("xorriso"), "link/x", all: ["link/x"]));
        Assert.Contains("is no folder", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>libarchive takes a list of names for an archive, and gives the octets of the files that it names.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NoFileOfThisHostIsRead(bool isHidden)
    {
        var secret = Path.Combine(_folder.FullName, "secret");
        await File.WriteAllTextAsync(secret, "the secret key", None);
        var list = Encoding.UTF8.GetBytes($"#mtree\n./x type=file contents={secret}\n");
        var file = Path.Combine(_folder.FullName, "list.iso");
        var octets = isHidden ? await File.ReadAllBytesAsync(Iso("xorriso"), None) : list;
        list.CopyTo(octets, 0);
        await File.WriteAllBytesAsync(file, octets, None);
        if (isHidden)
        {
            Assert.DoesNotContain("x", await NamesAsync(file));
            return;
        }

        Assert.Contains("no archive that is read",
            (await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(file))).Message, StringComparison.Ordinal);
        await using (var packed = new GZipStream(File.Create(file), CompressionLevel.Fastest)) await packed.WriteAsync(list, None);
        await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(file));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/x")]
    [InlineData("a/../../x")]
    public async Task NoEntryLeavesTheFolder(string name)
    {
        var tar = await TarAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("x"u8.ToArray()) });
        await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(tar, "os/install"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "x")));
    }

    [Fact]
    public async Task NothingIsWrittenThroughALink()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "outside"));
        var tar = await TarAsync(
            new PaxTarEntry(TarEntryType.SymbolicLink, "d") { LinkName = outside.FullName },
            new PaxTarEntry(TarEntryType.SymbolicLink, "e") { LinkName = "." },
            new PaxTarEntry(TarEntryType.RegularFile, "d/x") { DataStream = new MemoryStream("x"u8.ToArray()) },
            new PaxTarEntry(TarEntryType.RegularFile, "e/y") { DataStream = new MemoryStream("y"u8.ToArray()) },
            new PaxTarEntry(TarEntryType.HardLink, "z") { LinkName = "e/y" });
        await ExplodeAsync(tar, "os/install");
        Assert.Empty(outside.EnumerateFileSystemInfos());
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(_root, "os", "install", "d", "x"), None));
        Assert.Equal("y", await File.ReadAllTextAsync(Path.Combine(_root, "os", "install", "z"), None));
        var hard = await TarAsync(new PaxTarEntry(TarEntryType.HardLink, "passwd") { LinkName = "../../../etc/passwd" });
        await ExplodeAsync(hard, "os/install", 'b');
        Assert.False(File.Exists(Path.Combine(_root, "os", "install", "passwd")));
    }

    [Fact]
    public async Task AnArchiveIsBounded()
    {
        var iso = Iso("xorriso");
        async Task<string> FaultAsync(FilesOptions options)
            => (await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(iso, options))).Message;
        Assert.Contains("more than 2 files", await FaultAsync(new FilesOptions { ExplodedEntries = 2 }), StringComparison.Ordinal);
        Assert.Contains("more than 0 MiB", await FaultAsync(new FilesOptions { ExplodedMiB = 0 }), StringComparison.Ordinal);
        Assert.Contains("libarchive-tools", await FaultAsync(new FilesOptions { BsdTar = "/nowhere/bsdtar" }), StringComparison.Ordinal);
        Assert.Contains("longer than", await FaultAsync(new FilesOptions { BsdTar = Slow(), ExplodeMinutes = 0.002 }),
            StringComparison.Ordinal);
        var cut = Path.Combine(_folder.FullName, "cut.iso");
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(iso, None))[..40_000], None);
        await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(cut));
        await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(cut, "os/install"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
    }

    private async Task ExplodeAsync(string file, string place, char digit = 'a', string[]? all = null)
    {
        var explosion = new IsoExplosion(place, "x.iso", new string(digit, 64), 1, ".os.rebar_canary", FoldsNames: false, "os", default);
        using var folder = new ExplodedFolder(_root, 0);
        await foreach (var entry in new Archives(Options.Create(new FilesOptions())).ReadAsync(file, None))
            await folder.AddAsync(entry, foldsNames: false, None);
        folder.Finish(explosion, all ?? All);
    }

    private static async Task<List<string>> NamesAsync(string file, FilesOptions? options = null)
    {
        var names = new List<string>();
        var archives = new Archives(Options.Create(options ?? new FilesOptions()));
        await foreach (var entry in archives.ReadAsync(file, None)) names.Add(entry.Path);
        return names;
    }

    /// <summary>An ISO with long names, folders and links.</summary>
    private string Iso(string program)
    {
        var from = Directory.CreateDirectory(Path.Combine(_folder.FullName, "from"));
        Directory.CreateDirectory(Path.Combine(from.FullName, "boot"));
        File.WriteAllText(Path.Combine(from.FullName, "boot", "Vmlinuz with a long name.x86_64"), "a kernel");
        File.WriteAllText(Path.Combine(from.FullName, "näme.txt"), "ä");
        var iso = Path.Combine(_folder.FullName, $"{program}.iso");
        if (program == "xorriso")
        {
            foreach (var (name, target) in new[]
            {
                ("boot/link", "Vmlinuz with a long name.x86_64"), ("debian", "."), ("passwd", "/etc/passwd"), ("out", "../../x"),
            })
            {
                if (new FileInfo(Path.Combine(from.FullName, name)).LinkTarget is null)
                    File.CreateSymbolicLink(Path.Combine(from.FullName, name), target);
            }

            Commands.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", iso, from.FullName);
        }
        else
        {
            Commands.Run("env", "LC_ALL=C.UTF-8", "bsdtar", "-cf", iso, "--format=iso9660", "-C", from.FullName, ".");
        }

        return iso;
    }

    private string Slow()
    {
        var program = Path.Combine(_folder.FullName, "slow");
        File.WriteAllText(program, "#!/bin/sh\nexec sleep 600\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return program;
    }

    private async Task<string> TarAsync(params TarEntry[] entries)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.tar");
        await using var tar = new TarWriter(File.Create(file));
        foreach (var entry in entries) await tar.WriteEntryAsync(entry, None);
        return file;
    }
}
