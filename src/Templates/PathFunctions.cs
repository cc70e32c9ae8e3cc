namespace Anvil.Templates;

/// <summary>Sprig's functions of paths with slashes; those of the server's system are the same.</summary>
internal static class PathFunctions
{
    public static IEnumerable<Function> All() =>
    [
        .. Function.Named("base osBase", name => Function.Of(name, "text", a => Base(a.Text(0)))),
        .. Function.Named("dir osDir", name => Function.Of(name, "text", a => Clean(a, a.Text(0)[..(a.Text(0).LastIndexOf('/') + 1)]))),
        .. Function.Named("ext osExt", name => Function.Of(name, "text", a => Extension(a.Text(0)))),
        .. Function.Named("clean osClean", name => Function.Of(name, "text", a => Clean(a, a.Text(0)))),
        .. Function.Named("isAbs osIsAbs", name => Function.Of(name, "text", a => a.Text(0).StartsWith('/'))),
    ];

    private static string Base(string path)
    {
        if (path.Length == 0) return ".";
        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    private static string Extension(string path)
    {
        var name = path.LastIndexOf('/') + 1;
        var dot = path.LastIndexOf('.');
        return dot >= name ? path[dot..] : "";
    }

    /// <summary>The shortest path to the same place.</summary>
    private static string Clean(Arguments a, string path)
    {
        a.Budget.MakePieces(path.Length, path.AsSpan().Count('/') + 1L);
        var isRooted = path.StartsWith('/');
        var kept = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part == ".." && kept.Count > 0 && kept[^1] != "..") kept.RemoveAt(kept.Count - 1);
            else if (part != ".." || !isRooted) kept.Add(part);
        }

        var clean = string.Join('/', kept);
        return isRooted ? "/" + clean : clean.Length == 0 ? "." : clean;
    }
}
