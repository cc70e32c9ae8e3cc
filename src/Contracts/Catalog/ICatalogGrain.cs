using Anvil.Contracts.Machines;
using Orleans.CodeGeneration;

namespace Anvil.Contracts.Catalog;

/// <summary>The single writer of the catalog. Answers carry the revision that holds the change.</summary>
[Alias("anvil.ICatalogGrain"), Version(1)]
public interface ICatalogGrain : IGrainWithStringKey
{
    /// <summary>Makes a document.</summary>
    [Alias("Create")]
    Task<Reply> Create(string prefix, string body);

    /// <summary>Replaces a document.</summary>
    [Alias("Put")]
    Task<Reply> Put(string prefix, string key, string body);

    /// <summary>Patches a document (RFC 6902).</summary>
    [Alias("Patch")]
    Task<Reply> Patch(string prefix, string key, string patch);

    /// <summary>Deletes a document.</summary>
    [Alias("Delete")]
    Task<Reply> Delete(string prefix, string key);

    /// <summary>Makes, replaces and deletes (null) many documents of one kind, all or none.</summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="changes">A JSON object: documents, or null, by key.</param>
    [Alias("Merge")]
    Task<Reply> Merge(string prefix, string changes);

    /// <summary>Sets preferences, all or none.</summary>
    [Alias("SetPrefs")]
    Task<Reply> SetPrefs(string body);

    /// <summary>Makes a document.</summary>
    [Alias("Make")]
    Task<CatalogAnswer> Make(CatalogWrite write);

    /// <summary>Replaces a document.</summary>
    [Alias("Replace")]
    Task<CatalogAnswer> Replace(CatalogWrite write);

    /// <summary>Patches a document (RFC 6902).</summary>
    [Alias("Amend")]
    Task<CatalogAnswer> Amend(CatalogPatch patch);

    /// <summary>Deletes a document that nothing uses any more.</summary>
    [Alias("Remove")]
    Task<CatalogAnswer> Remove(CatalogRemoval removal);

    /// <summary>Makes, replaces and deletes many documents of one kind, all or none; 422 names every problem with its key.</summary>
    [Alias("MergeAll"), ResponseTimeout("00:03:00")]
    Task<CatalogAnswer> MergeAll(CatalogMerge merge);

    /// <summary>
    /// Changes machines and their reservations in one step, all or none; an error names every machine with its problems. Silos of the
    /// version before do not know this call.
    /// </summary>
    [Alias("MoveMachines"), ResponseTimeout("00:03:00")]
    Task<CatalogAnswer> MoveMachines(MachineMoves moves);

    /// <summary>
    /// Seals values in clear of params that are secure by now, of so many documents at once; 404 where none is left. Silos of the version
    /// before do not know this call.
    /// </summary>
    [Alias("Seal")]
    Task<CatalogAnswer> Seal();

    /// <summary>Sets preferences, all or none.</summary>
    [Alias("WritePrefs")]
    Task<CatalogAnswer> WritePrefs(PrefsWrite prefs);
}
