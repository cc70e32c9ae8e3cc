using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Npgsql;

namespace Anvil.Storage.Postgres;

/// <summary>
/// Boot records of machines in PostgreSQL. A write is one statement, and so one transaction and one round trip however many records it
/// holds. Rows are locked in the order of their machines, so that silos that write some of the same wait for each other at worst.
/// </summary>
public sealed class PostgresBootStateStore(PostgresDatabase database) : IBootStateStore
{
    private const string Write = """
        WITH given AS (
            SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[]) AS n (uuid, version, record, events)),
        current AS MATERIALIZED (
            SELECT b.uuid FROM boot_state AS b JOIN given AS n ON n.uuid = b.uuid AND n.version = b.version
            ORDER BY b.uuid FOR NO KEY UPDATE OF b),
        written AS (
            UPDATE boot_state AS b SET version = b.version + 1, record = n.record::jsonb
            FROM given AS n JOIN current AS c ON c.uuid = n.uuid
            WHERE b.uuid = n.uuid AND b.version = n.version RETURNING b.uuid, n.events),
        told AS (
            INSERT INTO event (time, type, action, key, detail, principal)
            SELECT (e ->> 'Time')::timestamptz, e ->> 'Type', e ->> 'Action', e ->> 'Key', e ->> 'Detail', coalesce(e ->> 'Principal', '')
            FROM written AS w, jsonb_array_elements(w.events::jsonb) AS e)
        SELECT uuid FROM written
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> WriteAsync(IReadOnlyList<BootWrite> writes, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        await using var connection = await database.OpenWireAsync(cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText = Write;
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. writes.Select(w => w.Uuid)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. writes.Select(w => (int)w.Version)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. writes.Select(w => Json.Write(w.Record))] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. writes.Select(w => Json.Write(w.Events))] });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var written = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation)) written.Add(reader.GetString(0));
        return written;
    }
}
