using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Grains.Catalog;

/// <summary>Changes that are tried: decided as those that are made, by the same code, up to where these are stored.</summary>
public sealed partial class CatalogGrain
{
    /// <inheritdoc/>
    public async Task<CatalogTried> Try(CatalogTrial trial)
    {
        var tried = new TriedChange();
        var answer = trial switch
        {
            { Make: { } write } => await MakeAsync(write, tried),
            { Replace: { } write } => await ReplaceAsync(write, tried),
            { Amend: { } patch } => await AmendAsync(patch, tried),
            { Remove: { } removal } => await RemoveAsync(removal, tried),
            { WritePrefs: { } prefs } => await WritePrefsAsync(prefs, tried),
            { StorePack: { } write } => await StorePackAsync(write, tried),
            { RemovePack: { } removal } => await RemovePackAsync(removal, tried),
            // One of a later version.
            _ => Refused(new ApiError("", "", "POST", ["this silo does not know how such a change is tried"], 503)),
        };
        return new CatalogTried(answer) { Consequences = tried.Consequences };
    }
}
