using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;

namespace Anvil.Storage.Sqlite;

/// <summary>Boot records of machines in SQLite.</summary>
public sealed class SqliteBootStateStore(SqliteDatabase database) : IBootStateStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> WriteAsync(IReadOnlyList<BootWrite> writes, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var records = writes.Select(w => Json.Write(w.Record)).ToList();
        return await database.WriteAsync(isForTheWire: true, statements =>
        {
            var written = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < writes.Count; i++)
            {
                var changed = statements.Execute(
                    "UPDATE boot_state SET version = version + 1, record = $record WHERE uuid = $uuid AND version = $version",
                    ("$uuid", writes[i].Uuid), ("$version", writes[i].Version), ("$record", records[i]));
                if (changed == 1) written.Add(writes[i].Uuid);
            }

            SqliteEventRows.Tell(statements, [.. writes.Where(w => written.Contains(w.Uuid)).SelectMany(w => w.Events)]);
            return written;
        }, cancellation);
    }
}
