using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Boot;
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

    /// <summary>Each of these links is one of the folder by its text, and leads out of it by way of another.</summary>
    [Fact]
    public async Task NoLinkLeadsOutByWayOfAnother()
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "blobs"));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "anvil.db"), "the secret key", None);
        var tar = await TarAsync(
            new PaxTarEntry(TarEntryType.SymbolicLink, "a/b/c/up") { LinkName = "../../.." },
            new PaxTarEntry(TarEntryType.SymbolicLink, "out") { LinkName = "a/b/c/up/../../../blobs" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "out/hash") { LinkName = "anvil.db" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "a/b/c/up/hash") { LinkName = "../../../../anvil.db" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "a/b/c/up") { LinkName = "once more" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "chain") { LinkName = "a/b/c/up" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "d/arm/out") { LinkName = "x/../../../.." },
            new PaxTarEntry(TarEntryType.SymbolicLink, "into") { LinkName = "arm64/x/../.." },
            new PaxTarEntry(TarEntryType.RegularFile, "linux") { DataStream = new MemoryStream("x"u8.ToArray()) });
        await ExplodeAsync(tar, "os/install", all: ["os/install", "os/install/arm64"]);
        var folder = Path.Combine(_root, "os", "install");
        Assert.Empty(outside.EnumerateFileSystemInfos());
        Assert.Equal(["a", "chain"], new DirectoryInfo(folder).EnumerateFileSystemInfos().Select(f => f.Name)
            .Except(["linux", ".os.rebar_canary"], StringComparer.Ordinal).Order(StringComparer.Ordinal));
        // A link to a link is one: both lead within.
        Assert.Equal("x", await File.ReadAllTextAsync(Path.Combine(folder, "chain", "linux"), None));
        Assert.Equal("../../..", new FileInfo(Path.Combine(folder, "a", "b", "c", "up")).LinkTarget);
    }

    /// <summary>A folder with an ISO of its own is not moved to where a link of the new archive leads.</summary>
    [Fact]
    public async Task WhatHasAnIsoOfItsOwnIsNotMovedThroughALink()
    {
        string[] all = ["os", "os/d/arm64"];
        await ExplodeAsync(Iso("xorriso"), "os/d/arm64", all: all);
        await ExplodeAsync(await TarAsync(
            new PaxTarEntry(TarEntryType.SymbolicLink, "d") { LinkName = "e" },
            new PaxTarEntry(TarEntryType.Directory, "e")), "os", all: all);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "os", "e")));
    }

    /// <summary>Whatever is wrong with an archive is a fault of it, of the one kind that those who read them know.</summary>
    [Fact]
    public async Task WhatCannotBeReadIsAFaultOfTheArchive()
    {
        async Task<string> FaultAsync(byte[] octets)
        {
            var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.tar");
            await File.WriteAllBytesAsync(file, octets, None);
            return (await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(file, "os/install"))).Message;
        }

        Assert.Contains("type S", await FaultAsync(Head('S', 0)), StringComparison.Ordinal);
        Assert.Contains("no file has a content", await FaultAsync(Head('5', 1)), StringComparison.Ordinal);
        Assert.Contains("size is too large", await FaultAsync(Head('0', -1)), StringComparison.Ordinal);
        foreach (var type in "xgLK")
            Assert.Contains("most that may stand before", await FaultAsync(Head(type, (1 << 20) + 1)), StringComparison.Ordinal);
        // What the reader would pass over, or take for an entry, is read as it does, or not at all.
        var beyond = Head('x', (1 << 20) + 1);
        Assert.Contains("to all entries", await FaultAsync([.. Size(1L << 40, 'g'), .. Head('0', 0), .. beyond]),
            StringComparison.Ordinal);
        Assert.Contains("no file has a content", await FaultAsync([.. Size(0), .. Head('5', (1L << 33) - 1), .. beyond]),
            StringComparison.Ordinal);
        Assert.Contains("records before an entry are none", await FaultAsync([.. Records("30 comment=x\n12 size=600\nyz\n"),
            .. Head('0', 0)]), StringComparison.Ordinal);
        Assert.Contains("sparse files", await FaultAsync([.. Records("22 GNU.sparse.major=1\n"), .. Head('0', 0)]),
            StringComparison.Ordinal);
        // Twice the half of all numbers is less than nothing.
        Assert.Contains("unpacks to more", await FaultAsync([.. Size(long.MaxValue / 2), .. Head('0', 0)]), StringComparison.Ordinal);
        Assert.Contains("cut off", await FaultAsync([.. Head('0', 1000), .. new byte[10]]), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root));
        var target = await TarAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "x") { LinkName = new string('y', 481) });
        Assert.Contains("more than 480 characters",
            (await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(target))).Message, StringComparison.Ordinal);
    }

    /// <summary>A size before an entry counts, not the one in it.</summary>
    [Fact]
    public async Task RecordsBeforeAnEntrySayHowLongItIs()
    {
        var file = Path.Combine(_folder.FullName, "long.tar");
        await File.WriteAllBytesAsync(file, [.. Size(600), .. Head('0', 0), .. new byte[1024], .. Head('0', 0, "y"), .. new byte[1024]],
            None);
        await ExplodeAsync(file, "os/install");
        Assert.Equal(600, new FileInfo(Path.Combine(_root, "os", "install", "x")).Length);
        Assert.True(File.Exists(Path.Combine(_root, "os", "install", "y")));
    }

    /// <summary>The time of an archive is also that of its contents.</summary>
    [Fact]
    public async Task AContentThatDoesNotComeEndsWithTheTimeOfTheArchive()
    {
        var program = Path.Combine(_folder.FullName, "hangs");
        var head = Path.Combine(_folder.FullName, "head");
        await File.WriteAllBytesAsync(head, Head('0', 5000), None);
        await File.WriteAllTextAsync(program, $"#!/bin/sh\ncat {head}\nexec sleep 600\n", None);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        using var folder = new ExplodedFolder(_root, 0, 1000);
        var archives = new Archives(Options.Create(new FilesOptions { BsdTar = program, ExplodeMinutes = 0.02 }));
        var fault = await Assert.ThrowsAsync<ArchiveFaultException>(async () =>
        {
            await foreach (var entry in archives.ReadAsync(Iso("xorriso"), None)) await folder.AddAsync(entry, foldsNames: false, None);
        });
        Assert.Contains("longer than", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>The program has a bound of memory of its own.</summary>
    [Fact]
    public async Task TheProgramThatReadsHasItsMemoryBounded()
    {
        var program = Path.Combine(_folder.FullName, "limits");
        // It reads an octet first: by then it was told its bound.
        await File.WriteAllTextAsync(program, "#!/bin/sh\nhead -c 1 > /dev/null\necho bound `ulimit -v` >&2\nexit 1\n", None);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var fault = await Assert.ThrowsAsync<ArchiveFaultException>(
            () => NamesAsync(Iso("xorriso"), new FilesOptions { BsdTar = program }));
        Assert.Contains("bound 2097152", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArchiveIsBounded()
    {
        var iso = Iso("xorriso");
        async Task<string> FaultAsync(FilesOptions options)
            => (await Assert.ThrowsAsync<ArchiveFaultException>(() => NamesAsync(iso, options))).Message;
        Assert.Contains("more than 2 files", await FaultAsync(new FilesOptions { ExplodedEntries = 2 }), StringComparison.Ordinal);
        var deep = await TarAsync(
            [.. Enumerable.Range(0, 150).Select(i => new PaxTarEntry(TarEntryType.RegularFile, $"{i}/b/c/d/e/f/g"))]);
        Assert.Contains("more than 1000 files and folders",
            (await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(deep, "os/install"))).Message, StringComparison.Ordinal);
        var links = await TarAsync([.. Enumerable.Range(0, 150).Select(
            i => new PaxTarEntry(TarEntryType.SymbolicLink, $"{i}/b/c/d/e/f/g") { LinkName = "h" })]);
        Assert.Contains("more than 1000 files and folders",
            (await Assert.ThrowsAsync<ArchiveFaultException>(() => ExplodeAsync(links, "os/install"))).Message, StringComparison.Ordinal);
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
        using var folder = new ExplodedFolder(_root, 0, 1000);
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

    /// <summary>A header of tar as a program of today would not write it.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="size">Its size; below 0: one that is beyond all numbers.</param>
    /// <param name="name">Its name.</param>
    private static byte[] Head(char type, long size, string name = "x")
    {
        var head = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(head, 0);
        foreach (var at in new[] { 100, 108, 116 }) "0000644\0"u8.CopyTo(head.AsSpan(at));
        if (size < 0) head.AsSpan(124, 12).Fill(0x80);
        else Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(head, 124);
        "00000000000\0"u8.CopyTo(head.AsSpan(136));
        head[156] = (byte)type;
        "ustar\00"u8.CopyTo(head.AsSpan(257));
        head[264] = (byte)'0';
        head.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(head.Sum(o => o), 8).PadLeft(6, '0') + "\0 ").CopyTo(head, 148);
        return head;
    }

    /// <summary>Records of pax that give the next entry its size.</summary>
    private static byte[] Size(long size, char type = 'x')
    {
        var text = $" size={size}\n";
        var length = text.Length + (text.Length + 2 < 10 ? 1 : 2);
        return Records($"{length}{text}", type);
    }

    private static byte[] Records(string text, char type = 'x')
    {
        var records = new byte[512];
        Encoding.ASCII.GetBytes(text).CopyTo(records, 0);
        return [.. Head(type, text.Length), .. records];
    }

    private async Task<string> TarAsync(params TarEntry[] entries)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.tar");
        await using var tar = new TarWriter(File.Create(file));
        foreach (var entry in entries) await tar.WriteEntryAsync(entry, None);
        return file;
    }
}
