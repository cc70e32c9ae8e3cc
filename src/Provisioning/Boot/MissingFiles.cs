using System.Collections.Frozen;
using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Boot;

/// <summary>What some edges said of boot files.</summary>
/// <param name="Edges">How many answered.</param>
/// <param name="Lacking">The edges that lack a file, by its path.</param>
public sealed record MissingFiles(int Edges, IReadOnlyDictionary<string, IReadOnlyList<string>> Lacking) : IBootFileLack
{
    /// <summary>Edges that are named; of more, only the number.</summary>
    private const int MostNamed = 5;

    /// <summary>Nothing is known to be missing.</summary>
    public static MissingFiles None { get; } = new(0, FrozenDictionary<string, IReadOnlyList<string>>.Empty);

    /// <inheritdoc/>
    public string? Of(string path)
    {
        if (!Lacking.TryGetValue(path, out var edges)) return null;
        if (edges.Count == Edges) return BootFilePath.NotThere;
        var named = string.Join(", ", edges.Order(StringComparer.Ordinal).Take(MostNamed));
        return $"{BootFilePath.NotThere} on {edges.Count} of {Edges} edges ({named}{(edges.Count > MostNamed ? ", …" : "")})";
    }

    /// <summary>
    /// A boot environment as it is shown: with each boot file that an edge lacks among its errors, and not available when no edge has it
    /// (DRP: without its files an environment is not available). It may be given to machines all the same: each edge says by itself what
    /// it has, and a file may come before a machine asks for it.
    /// </summary>
    public BootEnv Shown(BootEnv env)
    {
        if (Lacking.Count == 0) return env;
        var missing = env.Files().Where(Lacking.ContainsKey).ToList();
        if (missing.Count == 0) return env;
        return env with
        {
            Available = env.Available && missing.All(f => Lacking[f].Count < Edges),
            Errors = [.. env.Errors, .. missing.Select(f => BootFilePath.Needed(f, Of(f)!))],
        };
    }
}
