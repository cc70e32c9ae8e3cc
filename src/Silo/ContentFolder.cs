using System.Text;
using Anvil.Edge.BootHttp;
using Anvil.Provisioning.Catalog;

namespace Anvil.Silo;

/// <summary>Reads the content packs beside the program.</summary>
internal static class ContentFolder
{
    /// <summary>Most octets of a pack's files together.</summary>
    private const long LargestPack = 256 << 20;

    /// <summary>Largest file of a pack, in octets.</summary>
    private const int LargestFile = 16 << 20;

    /// <summary>Most files and folders of a pack: folders that are links may lead around in a ring.</summary>
    private const int MostFiles = 20_000;

    private const int MostFolders = 16;

    /// <summary>Most faults of a pack that are told one by one.</summary>
    private const int MostFaults = 100;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// What all packs of a folder give, those that are folders and then those that are bundles, in order of their names; a file that
    /// cannot be taken is named, and the others serve.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static PackContent Read(string folder)
        => PackContent.Of([
            .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ReadPack),
            .. Directory.EnumerateFiles(folder).Where(IsBundle).Order(StringComparer.Ordinal).Select(f => ReadBundle(folder, f))]);

    private static bool IsBundle(string file) => Path.GetExtension(file) is ".json" or ".yml" or ".yaml";

    private static PackContent ReadBundle(string folder, string file)
    {
        var name = Path.GetFileName(file);
        try
        {
            return Bounded(name, ContentPack.LoadBundle(name, Text(folder, file)), []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            return new PackContent([], [new PackFault(name, "", Unreadable(e))]);
        }
    }

    private static PackContent ReadPack(string folder)
    {
        var name = Path.GetFileName(folder);
        var files = new List<ContentFile>();
        var faults = new List<PackFault>();
        long octets = 0;
        try
        {
            var found = Files(folder).Take(MostFiles + 1).ToList();
            if (found.Count > MostFiles)
                faults.Add(new PackFault(name, "", $"it has more than {MostFiles} files: the others are passed over"));
            foreach (var file in found.Take(MostFiles).Order(StringComparer.Ordinal))
            {
                var path = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
                try
                {
                    var text = Text(folder, file);
                    octets += text.Length;
                    if (octets > LargestPack) throw new IOException($"the pack has more than {LargestPack} octets");
                    files.Add(new ContentFile(path, text));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
                {
                    faults.Add(new PackFault(name, path, Unreadable(e)));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new PackFault(name, "", $"the folder cannot be read: {e.Message}"));
        }

        return Bounded(name, ContentPack.Load(name, files), faults);
    }

    private static PackContent Bounded(string name, PackContent content, IReadOnlyList<PackFault> before) => content with
    {
        Faults = Bounded(name, [.. before, .. content.Faults], "files are not taken"),
        Notes = Bounded(name, content.Notes, "notes"),
    };

    private static IReadOnlyList<PackFault> Bounded(string name, IReadOnlyList<PackFault> all, string what)
        => all.Count <= MostFaults ? all
            : [.. all.Take(MostFaults), new PackFault(name, "", $"{all.Count - MostFaults} more {what}")];

    private static string Unreadable(Exception e)
        => $"it cannot be read: {(e is DecoderFallbackException ? "it is no UTF-8" : e.Message)}";

    /// <summary>What lies in a folder and below, folders that are links included.</summary>
    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*",
        new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = MostFolders,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = false,
        });

    private static string Text(string pack, string path)
    {
        using var file = RegularFile.Open(pack, path)
            ?? throw new IOException("it is not there any more, is no regular file, or is a link that leads out of the pack");
        var octets = new byte[Math.Min(file.Length, LargestFile) + 1];
        var read = file.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
        return read <= LargestFile && read < octets.Length ? Strict.GetString(octets, 0, read).TrimStart('\uFEFF')
            : throw new IOException($"it has more than {LargestFile} octets");
    }
}
