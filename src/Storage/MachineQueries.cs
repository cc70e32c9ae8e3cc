using System.Globalization;
using System.Runtime.CompilerServices;
using Anvil.Provisioning.Lists;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Dapper;

namespace Anvil.Storage;

/// <summary>The query tables of machines and jobs, in either database.</summary>
public sealed class MachineQueries(Database database, TimeProvider time) : IMachineQueries
{
    private readonly ListReader<Machine> _machines = new(database, ListTable.Machines, time) { Read = Machine };
    private readonly ListReader<StoredMachine> _stored = new(database, ListTable.Machines, time)
    {
        Read = (document, record) => new StoredMachine(document, record),
        Element = row => Json.Element(row.Read()),
    };

    private readonly ListReader<Job> _jobs =
        new(database, ListTable.Jobs, time) { Read = (document, _) => Salvage.Document<Job>(document) };

    /// <summary>Values of one statement; every database takes as many parameters.</summary>
    private const int MostValues = 500;

    /// <inheritdoc/>
    public Task<string?> UuidOfMacAsync(string mac, CancellationToken cancellation)
        => ScalarAsync<string?>("SELECT a.uuid FROM machine_mac AS a JOIN machine AS m ON m.uuid = a.uuid WHERE a.mac = @value", mac,
            cancellation);

    /// <inheritdoc/>
    public Task<string?> UuidOfNameAsync(string name, CancellationToken cancellation)
        => ScalarAsync<string?>(
            """
            SELECT m.uuid FROM machine AS m WHERE m.name = @value
                OR m.uuid = (SELECT f.uuid FROM machine_folded AS f WHERE f.name = lower(@value)
                    AND NOT EXISTS (SELECT 1 FROM machine AS own WHERE own.name = @value))
            """, name, cancellation);

    /// <inheritdoc/>
    public Task<long> OctetsOfAsync(string uuid, CancellationToken cancellation)
        => ScalarAsync<long>("SELECT octet_length(CAST(document AS text)) FROM machine WHERE uuid = @value", uuid, cancellation);

    /// <inheritdoc/>
    public Task<Machine?> FindAsync(string uuid, CancellationToken cancellation)
        => OneAsync("SELECT document, record FROM machine_now WHERE uuid = @value", uuid, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Machine>> FindManyAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        CancellationToken cancellation)
    {
        var found = new Dictionary<string, Machine>(StringComparer.Ordinal);
        await foreach (var machine in FindEachAsync(names, macs, cancellation)) found[machine.Uuid] = machine;
        return [.. found.Values];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> UuidsOfMarkAsync(string mark, string value, int most, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT uuid FROM machine_mark WHERE kind = @mark AND mark = @value ORDER BY uuid LIMIT @most",
            new { mark, value, most }, cancellationToken: cancellation))];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Machine> FindEachAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var (sql, all) in new (string, IReadOnlyCollection<string>)[]
        {
            ("SELECT m.document, m.record FROM machine_folded AS f JOIN machine_now AS m ON m.uuid = f.uuid WHERE f.name IN ({0})",
                [.. names.Select(NameRules.Fold).Distinct(StringComparer.Ordinal)]),
            // Of two machines of an older version that differ in case alone, one is not there.
            ("SELECT document, record FROM machine_now WHERE name IN ({0}) "
                + "AND NOT EXISTS (SELECT 1 FROM machine_folded AS f WHERE f.uuid = machine_now.uuid)", names),
            ("SELECT m.document, m.record FROM machine_mac AS a JOIN machine_now AS m ON m.uuid = a.uuid WHERE a.mac IN ({0})", macs),
        })
        {
            await foreach (var machine in EachAsync(sql, all, cancellation)) yield return machine;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Machine> WithAddressesAsync(IReadOnlyCollection<uint> addresses, CancellationToken cancellation)
        => EachAsync("SELECT document, record FROM machine_now WHERE address IN ({0})", addresses.Select(a => (long)a), cancellation);

    private async IAsyncEnumerable<Machine> EachAsync<T>(string sql, IEnumerable<T> all,
        [EnumeratorCancellation] CancellationToken cancellation)
        where T : notnull
    {
        await using var connection = await database.ConnectAsync(cancellation);
        foreach (var values in all.Chunk(MostValues))
        {
            var parameters =
                new DynamicParameters(values.Select((value, i) => KeyValuePair.Create($"v{i}", (object)value)).ToDictionary());
            var statement = string.Format(CultureInfo.InvariantCulture, sql, string.Join(',', values.Select((_, i) => $"@v{i}")));
            await foreach (var (document, record) in connection.EachAsync(
                new CommandDefinition(statement, parameters, cancellationToken: cancellation),
                r => (r.GetString(0), r.GetString(1)), cancellation))
                yield return Machine(document, record);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Machine>> ListAsync(ListQuery query, CancellationToken cancellation)
        => _machines.ListAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<ListPage<Machine>> PageAsync(ListQuery query, CancellationToken cancellation) => _machines.PageAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<ListPage<StoredMachine>> StoredAsync(ListQuery query, CancellationToken cancellation)
        => _stored.PageAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> UuidsAsync(ListQuery query, CancellationToken cancellation)
        => _machines.KeysAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<FacetCount>> FacetAsync(ListQuery query, Field field, CancellationToken cancellation)
        => _machines.FacetAsync(query, field, cancellation);

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT count(*) FROM machine", cancellationToken: cancellation));
    }

    /// <inheritdoc/>
    public async Task<UnapprovedCount> CountUnapprovedAsync(string subnet, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        // Each by its index: none is as long as the machines are.
        var rows = (await connection.QueryAsync<long>(new CommandDefinition(
            """
            SELECT count(*) FROM machine_unapproved
            UNION ALL SELECT count(*) FROM machine_admitted WHERE subnet = @subnet
            UNION ALL SELECT count(*) FROM machine_doubtful
            UNION ALL SELECT count(*) FROM machine_admitted WHERE subnet = @subnet AND doubted
            """, new { subnet }, cancellationToken: cancellation))).AsList();
        return new UnapprovedCount(rows[0], rows[1], rows[2], rows[3]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Machine>> UnapprovedAsync(string after, int most, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = await connection.QueryAsync<(string Document, string Record)>(new CommandDefinition(
            """
            SELECT m.document, m.record FROM machine_now AS m WHERE m.uuid IN (
                SELECT a.uuid FROM machine_admitted AS a WHERE a.uuid > @after
                    AND NOT EXISTS (SELECT 1 FROM job AS j WHERE j.machine = a.uuid) ORDER BY a.uuid LIMIT @most)
            ORDER BY m.uuid
            """, new { after, most }, cancellationToken: cancellation));
        return [.. rows.Select(r => Machine(r.Document, r.Record))];
    }

    /// <inheritdoc/>
    public async Task<Job?> FindJobAsync(string uuid, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var command = new CommandDefinition("SELECT document FROM job WHERE uuid = @uuid", new { uuid }, cancellationToken: cancellation);
        return await connection.ExecuteScalarAsync<string>(command) is { } json ? Salvage.Document<Job>(json) : null;
    }

    /// <inheritdoc/>
    public Task<ListPage<Job>> PageJobsAsync(ListQuery query, CancellationToken cancellation) => _jobs.PageAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<FacetCount>> FacetJobsAsync(ListQuery query, Field field, CancellationToken cancellation)
        => _jobs.FacetAsync(query, field, cancellation);

    /// <inheritdoc/>
    public async Task<ApiError?> DeleteJobAsync(string uuid, Func<Job, ApiError?> problem, MachineEvent told,
        CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Deleted first, and so nobody else's to change: what it was decides whether it stays deleted.
        var json = await connection.ExecuteScalarAsync<string>(new CommandDefinition(
            "DELETE FROM job WHERE uuid = @uuid RETURNING document", new { uuid }, transaction, cancellationToken: cancellation));
        if (json is null) return ApiError.NotFound("jobs", uuid, "DELETE");
        if (problem(Salvage.Document<Job>(json)) is { } error) return error;
        await DocumentRows.TellAsync(connection, transaction, database.Value(told.Time), told);
        await transaction.CommitAsync(cancellation);
        return null;
    }

    /// <summary>A machine as it is: what moves while it boots is in its record.</summary>
    private static Machine Machine(string document, string record) => new StoredMachine(document, record).Read();

    private async Task<T?> ScalarAsync<T>(string sql, string value, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, new { value }, cancellationToken: cancellation));
    }

    private async Task<Machine?> OneAsync(string sql, string value, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var command = new CommandDefinition(sql, new { value }, cancellationToken: cancellation);
        var rows = (await connection.QueryAsync<(string Document, string Record)>(command)).AsList();
        return rows.Count == 0 ? null : Machine(rows[0].Document, rows[0].Record);
    }
}
