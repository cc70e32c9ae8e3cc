using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Microsoft.Data.Sqlite;

namespace Anvil.Storage.Sqlite;

/// <summary>Boot records of machines in SQLite.</summary>
public sealed class SqliteBootStateStore(SqliteDatabase database) : IBootStateStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> WriteAsync(IReadOnlyList<BootWrite> writes, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        using var turn = await database.WireTurnAsync(cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        await using var state = connection.CreateCommand();
        state.Transaction = transaction;
        state.CommandText = "UPDATE boot_state SET version = version + 1, record = $record WHERE uuid = $uuid AND version = $version";
        var uuid = state.Parameters.Add("$uuid", SqliteType.Text);
        var version = state.Parameters.Add("$version", SqliteType.Integer);
        var record = state.Parameters.Add("$record", SqliteType.Text);
        await using var told = connection.CreateCommand();
        told.Transaction = transaction;
        told.CommandText = """
            INSERT INTO event (time, type, action, key, detail, principal)
            SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action',
                e.value ->> '$.Key', e.value ->> '$.Detail', e.value ->> '$.Principal'
            FROM json_each($events) AS e
            """;
        var events = told.Parameters.Add("$events", SqliteType.Text);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var write in writes)
        {
            (uuid.Value, version.Value, record.Value) = (write.Uuid, write.Version, Json.Write(write.Record));
            if (await state.ExecuteNonQueryAsync(cancellation) == 1) written.Add(write.Uuid);
        }

        events.Value = Json.Write(writes.Where(w => written.Contains(w.Uuid)).SelectMany(w => w.Events));
        await told.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return written;
    }
}
