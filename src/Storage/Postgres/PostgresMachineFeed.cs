using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>What edges keep of machines, out of PostgreSQL. Its version is that of the row in which Orleans keeps its state.</summary>
public sealed class PostgresMachineFeed(PostgresDatabase database, IEventStore events) : IMachineFeed
{
    private const string Columns = """
        g.ext AS "Ext", g.version::bigint AS "Version", coalesce(m.uuid, '') AS "Uuid", coalesce(m.name, '') AS "Name",
        coalesce(m.document ->> 'BootEnv', '') AS "BootEnv", coalesce(m.document ->> 'Stage', '') AS "Stage",
        coalesce((m.document -> 'Profiles')::text, '') AS "Profiles", coalesce((m.document -> 'HardwareAddrs')::text, '') AS "Macs",
        CASE jsonb_typeof(m.document -> 'Params') WHEN 'object'
            THEN coalesce((SELECT jsonb_agg(k)::text FROM jsonb_object_keys(m.document -> 'Params') AS k), '')
            ELSE coalesce((m.document -> 'Params')::text, '') END AS "Params",
        CASE WHEN jsonb_typeof(m.document -> 'Params' -> 'boot-loader') = 'string' THEN m.document -> 'Params' ->> 'boot-loader'
            ELSE '' END
            AS "BootLoader",
        coalesce(m.document #>> '{Boot,Admission}', '') AS "Admission",
        coalesce(m.document #>> '{Boot,Unleased}', '') AS "Unleased"
        """;

    private const string State = "g.service = 'anvil' AND g.type = 'machine' AND g.n0 = 0 AND g.n1 = 0";

    private const string JoinState = $"JOIN grain_state AS g ON {State} AND g.ext = 'm-' || m.uuid";

    /// <inheritdoc/>
    public Task<EventPlace> EndAsync(CancellationToken cancellation) => events.EndAsync(cancellation);

    /// <inheritdoc/>
    public async Task<MachineFeedPage> ChangedAsync(EventPlace after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        // Beyond the horizon some transactions still run. What has ended there is named at once, and again until the horizon has passed
        // it.
        var rows = (await connection.QueryAsync<(long Horizon, long Transaction, long Id, string Type, string Action, string Key)>(
            new CommandDefinition(
            """
            SELECT h.horizon, coalesce(e.transaction, 0), coalesce(e.id, 0),
                coalesce(e.type, ''), coalesce(e.action, ''), coalesce(e.key, '')
            FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon) AS h
            LEFT JOIN LATERAL (
                SELECT transaction, id, type, action, key FROM event WHERE (transaction, id) > (@Transaction, @Id)
                ORDER BY transaction, id LIMIT @most
            ) AS e ON true
            ORDER BY e.transaction, e.id
            """, new { after.Transaction, after.Id, most }, cancellationToken: cancellation))).AsList();
        var found = rows.Where(r => r.Id != 0).ToList();
        var isWhole = found.Count < most;
        var place = new EventPlace(rows[0].Horizon - 1, long.MaxValue);
        if (!isWhole && new EventPlace(found[^1].Transaction, found[^1].Id) is var last && place.IsAfter(last)) place = last;
        var uuids = found.Where(r => MachineViewRow.IsMovedBy(r.Type, r.Action)).Select(r => r.Key).Distinct(StringComparer.Ordinal);
        return new MachineFeedPage(place.IsAfter(after) ? place : after, [.. uuids], isWhole);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineNews>> PageAsync(string after, int most, CancellationToken cancellation) => ReadAsync(
        $"SELECT {Columns} FROM machine AS m {JoinState} WHERE m.uuid > @after ORDER BY m.uuid LIMIT @most",
        new { after, most }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineNews>> ReadAsync(IReadOnlyCollection<string> uuids, CancellationToken cancellation) => ReadAsync(
        $"SELECT {Columns} FROM grain_state AS g LEFT JOIN machine AS m ON m.uuid = substr(g.ext, 3) WHERE {State} AND g.ext = ANY(@keys)",
        new { keys = uuids.Select(GrainKeys.Machine).ToArray() }, cancellation);

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
