using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>What edges keep of machines, out of SQLite. Its version is that of the row in which Orleans keeps its state.</summary>
public sealed class SqliteMachineFeed(SqliteDatabase database, IEventStore events) : IMachineFeed
{
    private const string Columns = """
        g.ext AS Ext, g.version AS Version, ifnull(m.uuid, '') AS Uuid, ifnull(m.name, '') AS Name,
        CAST(ifnull(m.document ->> '$.BootEnv', '') AS TEXT) AS BootEnv, CAST(ifnull(m.document ->> '$.Stage', '') AS TEXT) AS Stage,
        ifnull(m.document -> '$.Profiles', '') AS Profiles, ifnull(m.document -> '$.HardwareAddrs', '') AS Macs,
        CASE WHEN m.uuid IS NULL THEN '' ELSE (SELECT json_group_array(p.key) FROM json_each(m.document, '$.Params') AS p) END AS Params,
        CASE WHEN json_type(m.document, '$.Params."boot-loader"') = 'text' THEN m.document ->> '$.Params."boot-loader"' ELSE '' END
            AS BootLoader,
        CAST(ifnull(m.document ->> '$.Boot.Admission', '') AS TEXT) AS Admission,
        ifnull(json_type(m.document, '$.Boot.Unleased'), '') AS Unleased
        """;

    private const string State = "g.service = 'anvil' AND g.type = 'machine' AND g.n0 = 0 AND g.n1 = 0";

    private const string JoinState = $"JOIN grain_state AS g ON {State} AND g.ext = 'm-' || m.uuid";

    /// <inheritdoc/>
    public Task<EventPlace> EndAsync(CancellationToken cancellation) => events.EndAsync(cancellation);

    /// <inheritdoc/>
    public async Task<MachineFeedPage> ChangedAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var command = new CommandDefinition(
            "SELECT id, type, action, key FROM event WHERE id > @id ORDER BY id LIMIT @most", new { id = after.Id, most },
            cancellationToken: cancellation);
        var rows = (await connection.QueryAsync<(long Id, string Type, string Action, string Key)>(command)).AsList();
        var uuids = rows.Where(r => MachineViewRow.IsMovedBy(r.Type, r.Action)).Select(r => r.Key).Distinct(StringComparer.Ordinal);
        return new MachineFeedPage(rows.Count == 0 ? after : new EventPlace(0, rows[^1].Id), [.. uuids], rows.Count < most);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineNews>> PageAsync(string after, int most, CancellationToken cancellation) => ReadAsync(
        $"SELECT {Columns} FROM machine AS m {JoinState} WHERE m.uuid > @after ORDER BY m.uuid LIMIT @most",
        new { after, most }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineNews>> ReadAsync(IReadOnlyCollection<string> uuids, CancellationToken cancellation) => ReadAsync(
        $"""
        SELECT {Columns} FROM json_each(@keys) AS k CROSS JOIN grain_state AS g ON {State} AND g.ext = k.value
        LEFT JOIN machine AS m ON m.uuid = substr(g.ext, 3)
        """,
        new { keys = Json.Write(uuids.Select(GrainKeys.Machine).ToArray()) }, cancellation);

    /// <inheritdoc/>
    public async Task<MachineNews?> FindAsync(string mac, CancellationToken cancellation) => (await ReadAsync(
        $"SELECT {Columns} FROM machine_mac AS a JOIN machine AS m ON m.uuid = a.uuid {JoinState} WHERE a.mac = @mac",
        new { mac }, cancellation)).SingleOrDefault();

    private async Task<IReadOnlyList<MachineNews>> ReadAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var command = new CommandDefinition(sql, parameters, cancellationToken: cancellation);
        return [.. (await connection.QueryAsync<MachineViewRow>(command)).Select(r => r.ToChange())];
    }
}
