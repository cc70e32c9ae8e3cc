using System.Text;

namespace Anvil.Provisioning.Files;

/// <summary>
/// The paths that uploaded files, and what comes out of archives, can have. One file has one spelling: what would have to be tidied first
/// is refused, so that rights and names are of the same text everywhere.
/// </summary>
public static class FilePaths
{
    /// <summary>What keeps a path from being a file's; null when nothing does.</summary>
    /// <param name="path">The path, without a slash at its beginning.</param>
    public static string? Problem(string path)
    {
        if (path.Length == 0) return "a file needs a name";
        if (path.Length > FileBounds.LongestPath) return $"a path has at most {FileBounds.LongestPath} characters";
        if (path.Any(c => char.IsControl(c) || c == '\\') || !IsText(path)) return "a path has no control characters and no backslashes";
        var parts = path.Split('/');
        if (parts.Length > FileBounds.Deepest) return $"a path has at most {FileBounds.Deepest} parts";
        if (parts.Any(p => p.Length == 0)) return "no part of a path is empty";
        if (parts.Any(p => p is "." or "..")) return "a path has no parts . or ..";
        return parts.Any(p => Encoding.UTF8.GetByteCount(p) > FileBounds.LongestName)
            ? $"a part of a path has at most {FileBounds.LongestName} octets" : null;
    }

    /// <summary>
    /// The path of an entry of an archive in its one form: "" for the archive's own folder; null for what lies elsewhere, or cannot be a
    /// path here.
    /// </summary>
    public static string? OfEntry(string name)
    {
        while (name.StartsWith("./", StringComparison.Ordinal)) name = name[2..];
        name = name.TrimEnd('/');
        return name is "" or "." ? "" : Problem(name) is null ? name : null;
    }

    /// <summary>
    /// Where a symbolic link of an archive leads, as text: null where it would leave the archive's folder, by as many dots as it has.
    /// </summary>
    /// <param name="link">Path of the link.</param>
    /// <param name="target">What it holds.</param>
    public static string? Within(string link, string target)
    {
        if (target.Length is 0 or > FileBounds.LongestPath || target[0] == '/' || target.Any(char.IsControl)) return null;
        var parts = link.Split('/').SkipLast(1).ToList();
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".") continue;
            if (part != "..")
            {
                parts.Add(part);
                continue;
            }

            if (parts.Count == 0) return null;
            parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }

    /// <summary>Names in one folder of files, sorted: files as they are, folders with a slash behind.</summary>
    /// <param name="paths">Paths of all files.</param>
    /// <param name="folder">The folder; "" for the topmost.</param>
    /// <returns>Null where there is no such folder; the topmost is always there.</returns>
    public static IReadOnlyList<string>? Listing(IEnumerable<string> paths, string folder)
    {
        var begin = folder.Length == 0 ? "" : folder + "/";
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (!path.StartsWith(begin, StringComparison.Ordinal)) continue;
            var slash = path.IndexOf('/', begin.Length);
            names.Add(slash < 0 ? path[begin.Length..] : path[begin.Length..(slash + 1)]);
        }

        return names.Count > 0 || begin.Length == 0 ? [.. names] : null;
    }

    /// <summary>A file in whose place there would have to be a folder for a path, or a file below it; null for none.</summary>
    /// <param name="paths">Paths of all files.</param>
    /// <param name="path">The path.</param>
    public static string? InTheWay(IEnumerable<string> paths, string path)
        => paths.FirstOrDefault(p => IsBelow(path, p) || IsBelow(p, path));

    private static bool IsBelow(string path, string folder)
        => path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);

    /// <summary>No lone surrogates: they have no UTF-8.</summary>
    private static bool IsText(string path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            if (!char.IsSurrogate(path[i])) continue;
            if (i + 1 == path.Length || !char.IsSurrogatePair(path[i], path[i + 1])) return false;
            i++;
        }

        return true;
    }
}
