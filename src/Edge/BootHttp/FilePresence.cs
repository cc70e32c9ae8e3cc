using System.Collections.Concurrent;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;

namespace Anvil.Edge.BootHttp;

/// <summary>Which boot files are missing in this edge's file root, for the many packets of which each asks for the same few.</summary>
public sealed class FilePresence(FileRoot root, TimeProvider time) : IBootFileLack
{
    /// <summary>How long what was seen holds.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>Most paths, and most boot environments, that are remembered.</summary>
    private const int Most = 4096;

    private readonly ConcurrentDictionary<string, (bool IsThere, long At)> _paths = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Env, string Arch), Seen> _environments = new();

    /// <inheritdoc/>
    public string? Of(string path) => Has(path) ? null : BootFilePath.NotThere;

    /// <inheritdoc/>
    public IReadOnlyList<string> Of(BootEnv env, string arch)
    {
        if (_environments.TryGetValue((env.Name, arch), out var seen) && ReferenceEquals(seen.Env, env) && IsFresh(seen.At))
            return seen.Lack;
        if (_environments.Count >= Most) _environments.Clear();
        seen = new Seen(env, env.Lack(arch, Of), time.GetTimestamp());
        _environments[(env.Name, arch)] = seen;
        return seen.Lack;
    }

    private bool Has(string path)
    {
        if (path.Length == 0 || path.Contains("://", StringComparison.Ordinal)) return true;
        if (_paths.TryGetValue(path, out var seen) && IsFresh(seen.At)) return seen.IsThere;
        if (_paths.Count >= Most) _paths.Clear();
        var isThere = root.Has(path);
        _paths[path] = (isThere, time.GetTimestamp());
        return isThere;
    }

    private bool IsFresh(long at) => time.GetElapsedTime(at) < Fresh;

    /// <summary>What was seen of a boot environment's files.</summary>
    private sealed record Seen(BootEnv Env, IReadOnlyList<string> Lack, long At);
}
