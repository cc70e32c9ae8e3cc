namespace Anvil.Provisioning.Files;

/// <summary>
/// Which symbolic links of an archive may be made. Each is looked at as text; that holds only where no other link is on the way, neither
/// to its own place nor to what it leads to.
/// </summary>
public static class ArchiveLinks
{
    /// <summary>
    /// True for a link that lies in folders, and leads through folders, of the archive alone; its last part may be a link.
    /// </summary>
    /// <param name="link">Path of the link.</param>
    /// <param name="target">What it holds.</param>
    /// <param name="links">Paths of all links of the archive.</param>
    public static bool IsSafe(string link, string target, IReadOnlySet<string> links)
    {
        if (FilePaths.Within(link, target) is null) return false;
        var at = new List<string>();
        bool IsThroughLink() => at.Count > 0 && links.Contains(string.Join('/', at));
        foreach (var part in link.Split('/').SkipLast(1))
        {
            at.Add(part);
            if (IsThroughLink()) return false;
        }

        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            // Where one has come so far is gone through, also by a dot.
            if (IsThroughLink()) return false;
            if (part == ".") continue;
            if (part == "..") at.RemoveAt(at.Count - 1);
            else at.Add(part);
        }

        return true;
    }
}
