using System.Data.Common;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Dapper;

namespace Anvil.Storage;

/// <summary>
/// Writes several machines and documents in one transaction, in either database. Names, MAC addresses and claims are unique at each
/// statement:
/// those of the machines are let go first, and each machine's row brings its own back.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="time">The clock.</param>
/// <param name="service">The cluster's service id, part of each row's key.</param>
public sealed class MachineMoveStore(Database database, TimeProvider time, string service) : IMachineMoveStore
{
    /// <inheritdoc/>
    public async Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal,
        IReadOnlyList<MachineRow> rows, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        return await Undone.AgainAsync(() => WriteOnceAsync(expectedRevision, changes, principal, rows, cancellation));
    }

    private async Task<long?> WriteOnceAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal,
        IReadOnlyList<MachineRow> rows, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (changes.Count > 0 && !await DocumentRows.MoveOnAsync(connection, transaction, expectedRevision, changes,
            database.Value(time.GetUtcNow()), principal)) return null;

        // In one order, so that two steps never wait for each other.
        var ordered = rows.OrderBy(r => r.Uuid, StringComparer.Ordinal).ToList();
        foreach (var row in ordered.Where(r => r.Version is not null))
        {
            cancellation.ThrowIfCancellationRequested();
            await connection.ExecuteAsync("DELETE FROM machine_mac WHERE uuid = @Uuid", new { row.Uuid }, transaction);
            await connection.ExecuteAsync("DELETE FROM machine_claim WHERE uuid = @Uuid", new { row.Uuid }, transaction);
            await connection.ExecuteAsync("UPDATE machine SET name = '!' || uuid WHERE uuid = @Uuid AND name <> @Name",
                new { row.Uuid, row.Name }, transaction);
        }

        foreach (var row in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            await WriteAsync(connection, transaction, row);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return changes.Count > 0 ? expectedRevision + 1 : expectedRevision;
    }

    private async Task WriteAsync(DbConnection connection, DbTransaction transaction, MachineRow row)
    {
        var values = new { service, ext = row.Key, payload = row.State, version = row.Version };
        var statement = row.Version is null ? database.NewMachineRow : database.MachineRow;
        var written = await connection.ExecuteScalarAsync<long?>(statement, values, transaction);
        if (written is null) throw new StaleMachineException(row.Uuid);
    }
}
