using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Dapper;

namespace Anvil.Storage;

/// <summary>The catalog, in either database.</summary>
public sealed class CatalogStore(Database database, TimeProvider time) : ICatalogStore
{
    /// <inheritdoc/>
    public async Task<long> RevisionAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("SELECT revision FROM catalog_revision", cancellationToken: cancellation));
    }

    /// <inheritdoc/>
    public async Task<(long Revision, IReadOnlyList<Document> Documents)> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // One statement is one snapshot. Reservations are read by IReservationStore.
        var rows = await connection.QueryAsync<(long Revision, string? Prefix, string? Body)>(new CommandDefinition(
            "SELECT r.revision, d.prefix, d.body FROM catalog_revision AS r LEFT JOIN document AS d ON d.prefix <> 'reservations'", cancellationToken: cancellation));
        var all = rows.AsList();
        return (all[0].Revision, [.. all.Where(r => r.Prefix is not null).Select(r => Parse(r.Prefix!, r.Body!))]);
    }

    /// <inheritdoc/>
    public async Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
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
            changes.Select(c => new { time = database.Value(time.GetUtcNow()), c.Prefix, action = c.Action, c.Key }), transaction);
        await transaction.CommitAsync(cancellation);
        return expectedRevision + 1;
    }

    private static Document Parse(string prefix, string body)
        => prefix == "prefs" ? Json.Read<Pref>(body) : CatalogRules.Kinds[prefix].Read(JsonNode.Parse(body)!, "READ");
}
