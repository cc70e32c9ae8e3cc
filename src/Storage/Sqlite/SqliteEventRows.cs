using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;

namespace Anvil.Storage.Sqlite;

/// <summary>Events that are told in the transaction of what they tell of.</summary>
internal static class SqliteEventRows
{
    /// <summary>Tells.</summary>
    public static void Tell(SqliteStatements statements, IReadOnlyList<MachineEvent> events)
    {
        if (events.Count == 0) return;
        statements.Execute(
            """
            INSERT INTO event (time, type, action, key, detail, principal)
            SELECT e.value ->> '$.Time', e.value ->> '$.Type', e.value ->> '$.Action',
                e.value ->> '$.Key', e.value ->> '$.Detail', e.value ->> '$.Principal'
            FROM json_each($events) AS e
            """, ("$events", Json.Write(events)));
    }
}
