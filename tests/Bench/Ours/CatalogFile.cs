using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Storage;
using Anvil.Storage.Sqlite;

namespace Anvil.Bench.Ours;

/// <summary>A silo's database that is filled before any silo has it.</summary>
internal static class CatalogFile
{
    /// <summary>Makes it in a data folder, with objects of the catalog that are taken as they are.</summary>
    public static async Task MakeAsync(string folder, IEnumerable<Document> documents, CancellationToken cancellation)
    {
        using var database = new SqliteDatabase(Path.Combine(folder, "anvil.db"));
        await database.MigrateAsync(cancellation);
        ICatalogStore store = new CatalogStore(database, TimeProvider.System);
        var all = await store.ChangesSinceAsync(-1, cancellation);
        var changes = documents
            .Select(d => new CatalogChange(d.Prefix, d.Key, d with { Validated = true, Available = true }) { IsNew = true }).ToList();
        if (changes.Count > 0) await store.WriteAsync(all.Revision, changes, cancellation);
    }
}
