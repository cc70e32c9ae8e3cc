namespace Anvil.Provisioning.Boot;

/// <summary>Finds out which boot files a decision asks about, so that they can be looked for before it is made for good.</summary>
public sealed class AskedFiles : IBootFileLack
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);

    /// <summary>The paths, each once.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    /// <inheritdoc/>
    public string? Of(string path)
    {
        _paths.Add(path);
        return null;
    }
}
