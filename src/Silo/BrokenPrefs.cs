using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;

namespace Anvil.Silo;

/// <summary>Says in the log which preferences are stored as nothing that they can be, once for each value.</summary>
internal sealed partial class BrokenPrefs(ILogger<BrokenPrefs> logger) : ICatalogFollower
{
    private IReadOnlyDictionary<string, string> _told = new Dictionary<string, string>();

    /// <inheritdoc/>
    public void Follow(CatalogSnapshot snapshot)
    {
        var broken = snapshot.Prefs.Broken;
        foreach (var (name, reason) in broken)
        {
            if (_told.GetValueOrDefault(name) != reason)
                LogBroken(name, Prefs.IsSecret(name) ? "the stored secret is none" : reason);
        }

        _told = broken;
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "the stored preference {Name} cannot be used, and its default counts until it is set: {Reason}")]
    private partial void LogBroken(string name, string reason);
}
