using System.Text;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Grains.Catalog;

/// <summary>
/// The calls of silos of the version before, which send documents as text: read here, and carried out by the typed calls.
/// </summary>
public sealed partial class CatalogGrain
{
    private static readonly ChangeTerms Anyone = new(new Actor("", IsMachine: false, MayUpdateTaskList: false));

    /// <inheritdoc/>
    public Task<Reply> Create(string prefix, string body)
        => OlderAsync(async () => await Make(new CatalogWrite(prefix, "", Document(prefix, "", body, "POST"), Anyone)));

    /// <inheritdoc/>
    public Task<Reply> Put(string prefix, string key, string body)
        => OlderAsync(async () => await Replace(new CatalogWrite(prefix, key, Document(prefix, key, body, "PUT"), Anyone)));

    /// <inheritdoc/>
    public Task<Reply> Patch(string prefix, string key, string patch)
        => OlderAsync(() => Amend(new CatalogPatch(prefix, key, patch, Anyone)));

    /// <inheritdoc/>
    public Task<Reply> Delete(string prefix, string key) => OlderAsync(() => Remove(new CatalogRemoval(prefix, key, Anyone)));

    /// <inheritdoc/>
    public Task<Reply> Merge(string prefix, string changes) => OlderAsync(async () =>
    {
        var written = new List<Document>();
        var removed = new List<string>();
        foreach (var (key, value) in JsonText.Read(Encoding.UTF8.GetBytes(changes), prefix, "", "PUT").EnumerateObject()
            .Select(p => (p.Name, p.Value)))
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                removed.Add(key);
                continue;
            }

            var document = Document(prefix, key, value.GetRawText(), "PUT");
            if (document.Key != key)
                throw new ApiException(ApiError.BadRequest(prefix, key, "PUT", $"Key change from {key} to {document.Key} not allowed"));
            written.Add(document);
        }

        return await MergeAll(new CatalogMerge(prefix, written, removed, Anyone));
    });

    /// <inheritdoc/>
    public Task<Reply> SetPrefs(string body) => OlderAsync(
        () => WritePrefs(new PrefsWrite(DocumentReader.ReadMap(Encoding.UTF8.GetBytes(body), "prefs", "POST"), Anyone)),
        () => Json.Write(cache.Current.Prefs.All));

    private static async Task<Reply> OlderAsync(Func<Task<CatalogAnswer>> change, Func<string>? answer = null)
    {
        try
        {
            var done = await change();
            if (done.Error is not null) return Reply.Fail(done.Error);
            var body = answer?.Invoke()
                ?? (done.Document is { } document ? JsonSerializer.Serialize(document, document.GetType(), Json.Options) : "{}");
            return Reply.Ok(body, done.Status) with { Revision = done.Revision };
        }
        catch (ApiException e)
        {
            return Reply.Fail(e.Error);
        }
    }

    private static Document Document(string prefix, string key, string body, string type)
        => (Document)DocumentReader.Read(Encoding.UTF8.GetBytes(body), KindOf(prefix).Type, prefix, type, key);
}
