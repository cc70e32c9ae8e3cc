using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Trials;

/// <summary>Changes of what the catalog's one grain writes, tried.</summary>
/// <param name="prefix">The kind.</param>
/// <param name="trials">Asks the grain.</param>
/// <param name="told">What is said of a refused deletion, by its key; null: what the grain says.</param>
internal sealed class TriedDocuments(string prefix, ChangeTrials trials,
    Func<ChangedObject, string, ObjectRequest, CancellationToken, Task<ChangedObject>>? told = null) : IObjectChanges
{
    /// <inheritdoc/>
    public Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => AskAsync(new CatalogTrial { Make = new CatalogWrite(prefix, "", document, request.AsTrial().Terms()) });

    /// <inheritdoc/>
    public Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request, CancellationToken cancellation)
        => AskAsync(new CatalogTrial
        {
            Replace = new CatalogWrite(prefix, found.Document.Key, document, request.AsTrial().TermsOf(found)),
        });

    /// <inheritdoc/>
    public Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request, CancellationToken cancellation)
        => AskAsync(new CatalogTrial
        {
            Amend = new CatalogPatch(prefix, found.Document.Key, patch.GetRawText(), request.AsTrial().TermsOf(found)),
        });

    /// <inheritdoc/>
    public async Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
    {
        var key = found.Document.Key;
        var tried = await AskAsync(new CatalogTrial { Remove = new CatalogRemoval(prefix, key, request.AsTrial().TermsOf(found)) });
        return told is null ? tried : await told(tried, key, request, cancellation);
    }

    private async Task<ChangedObject> AskAsync(CatalogTrial trial)
    {
        var tried = await trials.CatalogAsync(trial);
        return new ChangedObject(tried.Answer.Status, tried.Answer.Document, tried.Answer.Error, "") { Would = tried.Consequences };
    }
}
