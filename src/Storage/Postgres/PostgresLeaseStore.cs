using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Dapper;
using Npgsql;

namespace Anvil.Storage.Postgres;

/// <summary>
/// Leases in PostgreSQL. A write is one statement, and so one transaction and one round trip however many leases it holds: it
/// shares a lock on the subnet's epoch, so that an epoch taken at the same time comes wholly before or wholly after it.
/// </summary>
public sealed class PostgresLeaseStore(PostgresDatabase database) : ILeaseStore
{
    private readonly LeaseRows _rows = new(database);

    /// <inheritdoc/>
    public async Task<(long Epoch, IReadOnlyList<Lease> Leases)> OpenAsync(string subnet, CancellationToken cancellation)
    {
        await using var connection = await database.OpenWireAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var epoch = await connection.ExecuteScalarAsync<long>(
            "INSERT INTO subnet_epoch AS s (subnet, epoch) VALUES (@subnet, 1) ON CONFLICT (subnet) DO UPDATE SET epoch = s.epoch + 1 "
                + "RETURNING epoch", new { subnet }, transaction);
        var leases = await connection.QueryAsync<(long, string)>($"SELECT {LeaseRows.Columns} FROM lease WHERE subnet = @subnet",
            new { subnet }, transaction);
        await transaction.CommitAsync(cancellation);
        return (epoch, [.. leases.Select(LeaseRows.Read)]);
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string subnet, long epoch, IReadOnlyList<Lease> leases, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        // A statement may write a row once: of several states of one address the last counts.
        var last = new Dictionary<uint, Lease>();
        foreach (var lease in leases) last[IPv4.Parse(lease.Addr)] = lease;
        await using var connection = await database.OpenWireAsync(cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            WITH fence AS (SELECT 1 FROM subnet_epoch WHERE subnet = $1 AND epoch = $2 FOR SHARE)
            INSERT INTO lease (subnet, address, token, state, expires, document)
            SELECT $1, n.address, n.token, n.state, n.expires, n.document
            FROM fence, unnest($3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
                AS n (address, token, state, expires, document)
            ON CONFLICT (subnet, address) DO UPDATE SET token = excluded.token, state = excluded.state,
                expires = excluded.expires, document = excluded.document
            """;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = subnet });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = epoch });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. last.Keys.Select(a => (long)a)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. last.Values.Select(l => l.Token)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. last.Values.Select(l => l.State)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. last.Values.Select(l => l.ExpireTime.UtcDateTime)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. last.Values.Select(Json.Write)] });
        if (await command.ExecuteNonQueryAsync(cancellation) < last.Count) throw new StaleEpochException(subnet, epoch);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string subnet, long epoch, uint address, MachineEvent? told,
        CancellationToken cancellation)
    {
        await using var connection = await database.OpenWireAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var current = await connection.ExecuteScalarAsync<long?>("SELECT epoch FROM subnet_epoch WHERE subnet = @subnet FOR SHARE",
            new { subnet }, transaction);
        if (current != epoch) throw new StaleEpochException(subnet, epoch);
        await connection.ExecuteAsync("DELETE FROM lease WHERE subnet = @subnet AND address = @address",
            new { subnet, address = (long)address }, transaction);
        if (told is not null) await DocumentRows.TellAsync(connection, transaction, told.Time.UtcDateTime, told);
        await transaction.CommitAsync(cancellation);
    }

    /// <inheritdoc/>
    public Task<ListPage<Lease>> PageAsync(ListQuery query, CancellationToken cancellation) => _rows.PageAsync(query, cancellation);

    /// <inheritdoc/>
    public Task<Lease?> FindAsync(uint address, CancellationToken cancellation) => _rows.FindAsync(address, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Lease>> LiveOfAsync(IReadOnlyCollection<string> tokens, DateTimeOffset now, CancellationToken cancellation)
        => _rows.LiveOfAsync(tokens, now, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LeaseHolding>> HistoryAsync(uint? address, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<(long Address, string Subnet, string Token, DateTime Since, DateTime Expires,
            DateTime? Ended)>(new CommandDefinition(
            $"SELECT address, subnet, token, since, expires, ended FROM "
                + $"lease_history {(address is null ? "" : "WHERE address = @address")} ORDER BY address, since, id",
                    new { address = (long?)address }, cancellationToken: cancellation));
        return [.. rows.Select(
            r => new LeaseHolding(IPv4.Format((uint)r.Address), r.Subnet, r.Token, new DateTimeOffset(r.Since),
                new DateTimeOffset(r.Expires), r.Ended is { } ended ? new DateTimeOffset(ended) : null))];
    }
}
