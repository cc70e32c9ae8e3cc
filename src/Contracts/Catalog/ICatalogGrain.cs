using Anvil.Contracts.Machines;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

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

    /// <summary>
    /// Stores a content pack, with all its objects in one step, or refuses it whole. Silos of the version before do not know this call.
    /// </summary>
    [Alias("StorePack"), ResponseTimeout("00:03:00")]
    Task<CatalogAnswer> StorePack(PackWrite write);

    /// <summary>
    /// Deletes a content pack that no other builds upon and whose objects nothing uses. Silos of the version before do not know this call.
    /// </summary>
    [Alias("RemovePack"), ResponseTimeout("00:03:00")]
    Task<CatalogAnswer> RemovePack(PackRemoval removal);

    /// <summary>
    /// Takes what is gone from the members of all tenants, as they are by now. Silos of the version before do not know this call.
    /// </summary>
    [Alias("Leave")]
    Task<CatalogAnswer> Leave(MemberGone gone);

    /// <summary>
    /// Revokes one token of a user; 503 while a silo would take it all the same. Silos of the version before do not know this call.
    /// </summary>
    [Alias("Revoke")]
    Task<CatalogAnswer> Revoke(TokenRevocation revocation);

    /// <summary>Sets preferences, all or none.</summary>
    [Alias("WritePrefs")]
    Task<CatalogAnswer> WritePrefs(PrefsWrite prefs);

    /// <summary>
    /// Says what a change would come to, by everything that decides it, and makes it not. It is a call of its own, and no member of the
    /// messages of changes: a silo of the version before would pass over a member that it does not know, and make the change; a call that
    /// it does not know it cannot carry out at all. It writes nothing, and so it neither waits for changes nor holds them up.
    /// </summary>
    [Alias("Try"), AlwaysInterleave, ResponseTimeout("00:03:00")]
    Task<CatalogTried> Try(CatalogTrial trial);
}
