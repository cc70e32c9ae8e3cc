using System.Globalization;
using Anvil.Contracts.Diagnostics;
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
public sealed class SqliteGrainStorage(SqliteDatabase database, IGrainStorageSerializer serializer, string service)
    : IGrainStorage, IStateRemoval
{
    /// <summary>
    /// The condition of a row. The type is part of the text: an index of the table is of one type alone, so that SQLite would compile the
    /// statement anew whenever a type is bound.
    /// </summary>
    private static string Row(string type) => $"service = $service AND type = '{type}' AND n0 = 0 AND n1 = 0 AND ext = $ext";

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        using var step = AnvilDiagnostics.Step();
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
        await ChangeAsync(stateName, grainId, grainState, row => row.Write(payload));
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // What was never read or written has no row.
        if (grainState.ETag is null) return;
        await ChangeAsync(stateName, grainId, grainState, row => row.Clear());
        (grainState.State, grainState.RecordExists) = (Activator.CreateInstance<T>(), false);
    }

    /// <inheritdoc/>
    public async Task RemoveStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var last = serializer.Serialize(grainState.State).ToArray();
        await ChangeAsync(stateName, grainId, grainState, row => row.Write(last) is { } written ? row.At(written).Clear() : null);
        (grainState.State, grainState.RecordExists) = (Activator.CreateInstance<T>(), false);
    }

    private async Task ChangeAsync<T>(string type, GrainId grain, IGrainState<T> state, Func<StateRow, long?> change)
    {
        var ext = grain.Key.ToString()!;
        using var step = AnvilDiagnostics.Step();
        long? version = state.ETag is { } tag ? long.Parse(tag, CultureInfo.InvariantCulture) : null;
        var written = await database.WriteAsync(isForTheWire: false,
            statements => change(new StateRow(statements, service, type, ext, version)), CancellationToken.None);
        if (written is not { } now)
            throw new InconsistentStateException($"the state {type} of {grain} is not of version {state.ETag ?? "none"} any more", "",
                state.ETag);
        state.ETag = now.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// A row in a transaction, as of a version (null: there is none). Changes tell the version after them, null for a conflict.
    /// </summary>
    private readonly record struct StateRow(SqliteStatements Statements, string Service, string Type, string Ext, long? Version)
    {
        public StateRow At(long version) => this with { Version = version };

        public long? Write(byte[] payload) => (long?)(Version is null
            ? Statements.Scalar(
                $"""
                INSERT INTO grain_state (service, type, n0, n1, ext, payload, version)
                VALUES ($service, '{Type}', 0, 0, $ext, $payload, 1)
                ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version
                """, ("$service", Service), ("$ext", Ext), ("$payload", payload))
            : Update(
                $"""
                UPDATE grain_state SET payload = $payload, version = $version + 1 WHERE {Row(Type)}
                    AND $version = ifnull((SELECT b.version FROM boot_state AS b
                        WHERE grain_state.type = 'machine' AND b.uuid = substr(grain_state.ext, 3)), version)
                RETURNING version
                """, payload));

        public long? Clear() => (long?)Update(
            $"UPDATE grain_state SET payload = $payload, version = version + 1 WHERE {Row(Type)} AND version = $version RETURNING version",
            null);

        private object? Update(string text, byte[]? payload)
            => Statements.Scalar(text, ("$service", Service), ("$ext", Ext), ("$payload", payload), ("$version", Version));
    }
}
