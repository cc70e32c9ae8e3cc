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
        await DocumentRows.WriteAsync(connection, transaction, changes);
        // Who asked is the grain's matter; what was written is told here, in the same transaction.
        await DocumentRows.TellAsync(connection, transaction, database.Value(time.GetUtcNow()), changes);
        await transaction.CommitAsync(cancellation);
        return expectedRevision + 1;
    }

    private static Document Parse(string prefix, string body)
        => prefix == "prefs" ? Json.Read<Pref>(body) : CatalogRules.Kinds[prefix].Read(JsonNode.Parse(body)!, "READ");
}
