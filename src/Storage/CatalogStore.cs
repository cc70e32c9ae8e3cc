using System.Text;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anvil.Storage;

/// <summary>
/// The catalog, in either database. The database itself stamps each document with the revision that wrote it, and remembers deletions.
/// </summary>
public sealed partial class CatalogStore(Database database, TimeProvider time, ILogger<CatalogStore>? logger = null) : ICatalogStore
{
    /// <summary>Longest value of a broken row's text that its fault shows.</summary>
    private const int LongestFault = 500;

    private readonly ILogger _logger = logger ?? NullLogger<CatalogStore>.Instance;

    /// <inheritdoc/>
    public async Task<long> RevisionAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT revision FROM catalog_revision", cancellationToken: cancellation));
    }

    /// <inheritdoc/>
    public async Task<CatalogDelta> ChangesSinceAsync(long revision, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // One statement is one snapshot. Reservations are rows of their own: IReservationStore reads them.
        // Row by row: a catalog may be large, and its text is not needed beside its documents.
        var statement = new CommandDefinition(
            """
            WITH since (revision) AS (SELECT CASE WHEN @revision < floor OR @revision > revision THEN -1 ELSE @revision END
                FROM catalog_revision)
            SELECT r.revision, r.floor, d.prefix, d.key, d.body, d.stamp
            FROM catalog_revision AS r LEFT JOIN (
                SELECT prefix, key, body, revision AS stamp FROM document
                WHERE revision > (SELECT revision FROM since) AND prefix <> 'reservations'
                UNION ALL
                SELECT prefix, key, NULL, revision FROM document_gone
                WHERE revision > (SELECT revision FROM since) AND prefix <> 'reservations') AS d ON true
            """, new { revision }, cancellationToken: cancellation);
        var (now, floor) = (0L, 0L);
        var written = new List<CatalogEntry>();
        var removed = new List<DocumentKey>();
        await foreach (var row in connection.EachAsync(statement, r => r, cancellation))
        {
            (now, floor) = (row.GetInt64(0), row.GetInt64(1));
            if (row.IsDBNull(2)) continue;
            var (prefix, key) = (row.GetString(2), row.GetString(3));
            if (row.IsDBNull(4)) removed.Add(new DocumentKey(prefix, key));
            else if (Parse(prefix, key, row.GetString(4), row.GetInt64(5)) is { } entry) written.Add(entry);
        }

        var isWhole = revision < floor || revision > now;
        return new CatalogDelta(now, written, isWhole ? [] : removed, isWhole);
    }

    /// <inheritdoc/>
    public async Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal,
        CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await DocumentRows.MoveOnAsync(connection, transaction, expectedRevision, changes, database.Value(time.GetUtcNow()),
            principal)) return null;
        await transaction.CommitAsync(cancellation);
        return expectedRevision + 1;
    }

    private CatalogEntry? Parse(string prefix, string key, string body, long revision)
    {
        if (!CatalogRules.Stored.TryGetValue(prefix, out var kind))
        {
            LogUnknown(prefix, key);
            return null;
        }

        var octets = Encoding.UTF8.GetByteCount(body);
        var (read, problem) = DocumentReader.ReadStored(body, kind.Type, prefix);
        var document = (Document?)read;
        if (document is not null && document.Key != key) problem = $"/{kind.KeyField} is {document.Key}, and the row is of {key}";
        if (problem is null) return new CatalogEntry(document!, revision) { Octets = octets };
        problem = ShortText.Of(problem, LongestFault);
        LogBroken(prefix, key, problem);
        return new CatalogEntry(kind.Empty(key), revision,
            $"The stored object cannot be read: {problem}")
        { Key = new DocumentKey(prefix, key), Octets = octets };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Prefix}/{Key} is stored, and there is no such kind: it is left out")]
    private partial void LogUnknown(string prefix, string key);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Prefix}/{Key} cannot be read, and is not available until it is replaced or deleted: {Problem}")]
    private partial void LogBroken(string prefix, string key, string problem);
}
