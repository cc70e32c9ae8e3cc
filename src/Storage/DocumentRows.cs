using System.Data.Common;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Dapper;

namespace Anvil.Storage;

/// <summary>Writes documents by many rows a statement: a sheet brings thousands of reservations, and each round trip is paid
/// for.</summary>
internal static class DocumentRows
{
    /// <summary>Rows of one statement; each has three values, and every database takes as many parameters.</summary>
    private const int MostRows = 200;

    /// <summary>
    /// Moves the catalog on by changes, within a transaction; false, and nothing is written, where it has moved on already.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction of the changes.</param>
    /// <param name="expectedRevision">The revision that the changes were decided upon.</param>
    /// <param name="changes">What changes, in order.</param>
    /// <param name="time">When, as the database keeps it.</param>
    /// <param name="principal">Who asked; "" for Anvil itself.</param>
    public static async Task<bool> MoveOnAsync(DbConnection connection, DbTransaction transaction, long expectedRevision,
        IReadOnlyList<CatalogChange> changes, object time, string principal)
    {
        // First of all: the documents that follow are stamped with it.
        var moved = await connection.ExecuteAsync(
            "UPDATE catalog_revision SET revision = revision + 1 WHERE revision = @expectedRevision", new { expectedRevision },
            transaction);
        if (moved == 0) return false;
        await WriteAsync(connection, transaction, changes);
        await TellAsync(connection, transaction, time, principal, changes);
        return true;
    }

    /// <summary>Tells of something else in the events of the same transaction.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction of what happened.</param>
    /// <param name="time">When, as the database keeps it.</param>
    /// <param name="told">What happened.</param>
    public static Task TellAsync(DbConnection connection, DbTransaction transaction, object time, MachineEvent told)
        => connection.ExecuteAsync(
            "INSERT INTO event (time, type, action, key, detail, principal) VALUES (@time, @Type, @Action, @Key, @Detail, @Principal)",
            new { time, told.Type, told.Action, told.Key, told.Detail, told.Principal }, transaction);

    private static async Task WriteAsync(DbConnection connection, DbTransaction transaction, IReadOnlyList<CatalogChange> changes)
    {
        var written = new Dictionary<(string Prefix, string Key), Document>();
        foreach (var change in changes)
        {
            if (change.Document is { } document)
            {
                written[(change.Prefix, change.Key)] = document;
                continue;
            }

            written.Remove((change.Prefix, change.Key));
            await connection.ExecuteAsync("DELETE FROM document WHERE prefix = @Prefix AND key = @Key", new { change.Prefix, change.Key },
                transaction);
        }

        await FlushAsync(connection, transaction, written);
    }

    private static async Task FlushAsync(DbConnection connection, DbTransaction transaction,
        Dictionary<(string Prefix, string Key), Document> written)
    {
        foreach (var rows in written.Chunk(MostRows))
        {
            var parameters = new DynamicParameters();
            for (var i = 0; i < rows.Length; i++)
            {
                parameters.Add($"p{i}", rows[i].Key.Prefix);
                parameters.Add($"k{i}", rows[i].Key.Key);
                parameters.Add($"b{i}", StoredDocument.Text(rows[i].Value));
            }

            var values = string.Join(", ", Enumerable.Range(0, rows.Length).Select(i => $"(@p{i}, @k{i}, @b{i})"));
            await connection.ExecuteAsync(
                $"INSERT INTO document (prefix, key, body) VALUES {values} ON CONFLICT (prefix, key) DO UPDATE SET body = excluded.body",
                parameters, transaction);
        }

        written.Clear();
    }

    /// <summary>Tells of changes in the events of the same transaction.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">The transaction of the changes.</param>
    /// <param name="time">When, as the database keeps it.</param>
    /// <param name="principal">Who asked; "" for Anvil itself.</param>
    /// <param name="changes">What changed.</param>
    private static async Task TellAsync(DbConnection connection, DbTransaction transaction, object time, string principal,
        IReadOnlyList<CatalogChange> changes)
    {
        foreach (var rows in changes.Chunk(MostRows))
        {
            var parameters = new DynamicParameters(new { time, principal });
            for (var i = 0; i < rows.Length; i++)
            {
                parameters.Add($"p{i}", rows[i].Prefix);
                parameters.Add($"a{i}", rows[i].Action);
                parameters.Add($"k{i}", rows[i].Key);
            }

            var values = string.Join(", ", Enumerable.Range(0, rows.Length).Select(i => $"(@time, @p{i}, @a{i}, @k{i}, '', @principal)"));
            await connection.ExecuteAsync($"INSERT INTO event (time, type, action, key, detail, principal) VALUES {values}", parameters,
                transaction);
        }
    }
}
