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

            var events = writes.Where(w => written.Contains(w.Uuid)).SelectMany(w => w.Events).ToList();
            if (events.Count == 0) return written;
            statements.Execute(
                """
                INSERT INTO event (time, type, action, key, detail, principal)
                SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action',
                    e.value ->> '$.Key', e.value ->> '$.Detail', e.value ->> '$.Principal'
                FROM json_each($events) AS e
                """, ("$events", Json.Write(events)));
            return written;
        }, cancellation);
    }
}
