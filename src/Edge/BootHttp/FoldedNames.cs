using System.Collections.Concurrent;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// Finds files by names in another case than theirs, as firmware asks for them. What a folder holds is kept until the folder changes, so
/// that names that are not there cost no more than a look at its time.
/// </summary>
internal sealed class FoldedNames
{
    /// <summary>Entries of a folder that is searched; in one with more, files have to be asked for as they are.</summary>
    internal const int MostEntries = 10_000;

    /// <summary>Entries of all folders that are kept.</summary>
    private const int MostKept = 100_000;

    /// <summary>Folders that differ by case alone and are all looked into.</summary>
    private const int MostPlaces = 8;

    /// <summary>A folder that changed this short a time ago may do so once more without another time.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    /// <summary>The one file that is meant by a path; null when there is none, or more than one that differ by case alone.</summary>
    /// <param name="folder">Where the path begins.</param>
    /// <param name="path">A normalized path.</param>
    public string? Find(string folder, string path)
    {
        var parts = path.Split('/');
        var places = new List<string> { folder };
        for (var i = 0; i < parts.Length; i++)
        {
            var isLast = i == parts.Length - 1;
            places = [.. places.SelectMany(p => Named(p, parts[i]).Select(n => Path.Combine(p, n)))
                .Where(p => isLast ? File.Exists(p) : Directory.Exists(p)).Take(MostPlaces + 1)];
            if (places.Count == 0 || places.Count > MostPlaces) return null;
        }

        return places.Count == 1 ? places[0] : null;
    }

    private IEnumerable<string> Named(string folder, string name)
    {
        try
        {
            // The time of a link is its own.
            folder = Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? folder;
            var changed = Directory.GetLastWriteTimeUtc(folder);
            if (!_listings.TryGetValue(folder, out var listing) || listing.Changed != changed)
            {
                listing = Read(folder, changed);
                if (DateTime.UtcNow - changed < Grain)
                {
                    _listings.TryRemove(folder, out _);
                }
                else
                {
                    if (_listings.Values.Sum(l => l.Names.Count + 1) > MostKept) _listings.Clear();
                    _listings[folder] = listing;
                }
            }

            return listing.Names.GetValueOrDefault(name, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static Listing Read(string folder, DateTime changed)
    {
        var names = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        var count = 0;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (++count > MostEntries)
            {
                names.Clear();
                break;
            }

            names[entry.Name] = [.. names.GetValueOrDefault(entry.Name, []), entry.Name];
        }

        return new Listing(changed, names);
    }

    private sealed record Listing(DateTime Changed, Dictionary<string, string[]> Names);
}
