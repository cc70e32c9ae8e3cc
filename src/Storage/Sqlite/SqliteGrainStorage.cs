using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Grains' states in SQLite: the rows that Orleans' AdoNet provider reads and writes, by the statements that it has in table
/// OrleansQuery, but prepared once, and with one commit for what waits together (<see cref="SqliteWriter"/>).
/// </summary>
/// <param name="database">The database.</param>
/// <param name="serializer">States as octets and back.</param>
/// <param name="service">The cluster's service id, part of each row's key.</param>
public sealed class SqliteGrainStorage(SqliteDatabase database, IGrainStorageSerializer serializer, string service) : IGrainStorage
{
    /// <summary>
    /// The condition of a row. The type is part of the text: an index of the table is of one type alone, so that SQLite would compile the
    /// statement anew whenever a type is bound.
    /// </summary>
    private static string Row(string type) => $"service = $service AND type = '{type}' AND n0 = 0 AND n1 = 0 AND ext = $ext";

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT CASE WHEN b.version > g.version AND json_type(CAST(g.payload AS TEXT), '$.Machine') = 'object'
                THEN CAST(json_set(CAST(g.payload AS TEXT), '$.Machine.Address', b.record ->> '$.Address',
                    '$.Machine.Boot', json(b.record -> '$.Boot'),
                    '$.BootId', b.record ->> '$.BootId', '$.Revision', b.record ->> '$.Revision') AS BLOB) ELSE g.payload END,
                ifnull(b.version, g.version)
            FROM grain_state AS g LEFT JOIN boot_state AS b ON g.type = 'machine' AND b.uuid = substr(g.ext, 3)
            WHERE {Row(stateName)}
            """;
        command.Parameters.AddWithValue("$service", service);
        command.Parameters.AddWithValue("$ext", grainId.Key.ToString());
        using var reader = command.ExecuteReader();
        var isThere = reader.Read();
        grainState.ETag = isThere ? reader.GetInt64(1).ToString(CultureInfo.InvariantCulture) : null;
        grainState.RecordExists = isThere && !reader.IsDBNull(0);
        grainState.State = grainState.RecordExists ? serializer.Deserialize<T>(new BinaryData(reader.GetFieldValue<byte[]>(0)))
            : Activator.CreateInstance<T>();
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var payload = serializer.Serialize(grainState.State).ToArray();
        await ChangeAsync(stateName, grainId, grainState, payload,
            $"""
            UPDATE grain_state SET payload = $payload, version = $version + 1 WHERE {Row(stateName)}
                AND $version = ifnull((SELECT b.version FROM boot_state AS b
                    WHERE grain_state.type = 'machine' AND b.uuid = substr(grain_state.ext, 3)), version)
            RETURNING version
            """);
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // What was never read or written has no row.
        if (grainState.ETag is null) return;
        await ChangeAsync(stateName, grainId, grainState, null,
            $"UPDATE grain_state SET payload = $payload, version = version + 1 WHERE {Row(stateName)} AND version = $version RETURNING "
                + "version");
        (grainState.State, grainState.RecordExists) = (Activator.CreateInstance<T>(), false);
    }

    private async Task ChangeAsync<T>(string type, GrainId grain, IGrainState<T> state, byte[]? payload, string update)
    {
        var ext = grain.Key.ToString();
        long? version = state.ETag is { } tag ? long.Parse(tag, CultureInfo.InvariantCulture) : null;
        var written = await database.WriteAsync(isForTheWire: false, statements => version is null
            ? statements.Scalar(
                $"""
                INSERT INTO grain_state (service, type, n0, n1, ext, payload, version)
                VALUES ($service, '{type}', 0, 0, $ext, $payload, 1)
                ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version
                """, ("$service", service), ("$ext", ext), ("$payload", payload))
            : statements.Scalar(update, ("$service", service), ("$ext", ext), ("$payload", payload), ("$version", version)),
            CancellationToken.None);
        if (written is not long now)
            throw new InconsistentStateException($"the state {type} of {grain} is not of version {state.ETag ?? "none"} any more", "",
                state.ETag);
        state.ETag = now.ToString(CultureInfo.InvariantCulture);
    }
}
