using System.Text.Json;
using Anvil.Provisioning.Documents;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>The catalog in SQLite.</summary>
public sealed class SqliteCatalogStore(SqliteDatabase database) : ICatalogStore
{
    /// <inheritdoc/>
    public async Task<long> RevisionAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>("SELECT revision FROM catalog_revision");
    }

    /// <inheritdoc/>
    public async Task<(long Revision, IReadOnlyList<Document> Documents)> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: true);
        var revision = await connection.ExecuteScalarAsync<long>("SELECT revision FROM catalog_revision", transaction: transaction);
        var rows = await connection.QueryAsync<(string Prefix, string Body)>("SELECT prefix, body FROM document", transaction: transaction);
        return (revision, [.. rows.Select(r => CatalogDocuments.Parse(r.Prefix, r.Body))]);
    }

    /// <inheritdoc/>
    public async Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        if (await connection.ExecuteAsync("UPDATE catalog_revision SET revision = revision + 1 WHERE revision = @expectedRevision", new { expectedRevision }, transaction) == 0) return null;
        foreach (var (prefix, key, document) in changes)
        {
            if (document is null) await connection.ExecuteAsync("DELETE FROM document WHERE prefix = @prefix AND key = @key", new { prefix, key }, transaction);
            else
            {
                var body = JsonSerializer.Serialize(document, document.GetType(), Json.Options);
                await connection.ExecuteAsync("INSERT INTO document (prefix, key, body) VALUES (@prefix, @key, @body) ON CONFLICT (prefix, key) DO UPDATE SET body = excluded.body", new { prefix, key, body }, transaction);
            }
        }

        // Who asked is the grain's matter; what was written is told here, in the same transaction.
        await connection.ExecuteAsync("INSERT INTO event (time, type, action, key, detail) VALUES (@time, @Prefix, @action, @Key, '')",
            changes.Select(c => new { time = DateTime.UtcNow.ToString("o", System.Globalization.CultureInfo.InvariantCulture), c.Prefix, action = c.Action, c.Key }), transaction);
        await transaction.CommitAsync(cancellation);
        return expectedRevision + 1;
    }
}
