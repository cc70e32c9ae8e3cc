using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>Leases in SQLite.</summary>
public sealed class SqliteLeaseStore(SqliteDatabase database) : ILeaseStore
{
    private readonly LeaseRows _rows = new(database);

    /// <inheritdoc/>
    public async Task<(long Epoch, IReadOnlyList<Lease> Leases)> OpenAsync(string subnet, CancellationToken cancellation)
    {
        using var turn = await database.WireTurnAsync(cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = connection.BeginTransaction(deferred: false);
        var epoch = await connection.ExecuteScalarAsync<long>(
            "INSERT INTO subnet_epoch (subnet, epoch) VALUES (@subnet, 1) ON CONFLICT (subnet) DO UPDATE SET epoch = epoch + 1 RETURNING "
                + "epoch", new { subnet }, transaction);
        var leases = await connection.QueryAsync<(long, string)>($"SELECT {LeaseRows.Columns} FROM lease WHERE subnet = @subnet",
            new { subnet }, transaction);
        await transaction.CommitAsync(cancellation);
        return (epoch, [.. leases.Select(LeaseRows.Read)]);
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string subnet, long epoch, IReadOnlyList<Lease> leases, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var rows = leases.Select(l => ((long)IPv4.Parse(l.Addr), Json.Write(l))).ToList();
        await database.WriteAsync(isForTheWire: true, statements =>
        {
            Fence(statements, subnet, epoch);
            foreach (var (address, document) in rows)
            {
                statements.Execute(
                    """
                    INSERT INTO lease (subnet, address, document) VALUES ($subnet, $address, $document)
                    ON CONFLICT (subnet, address) DO UPDATE SET document = excluded.document
                    """, ("$subnet", subnet), ("$address", address), ("$document", document));
            }

            return rows.Count;
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string subnet, long epoch, uint address, MachineEvent? told,
        CancellationToken cancellation)
        => await database.WriteAsync(isForTheWire: true, statements =>
        {
            Fence(statements, subnet, epoch);
            if (told is not null) SqliteEventRows.Tell(statements, [told]);
            return statements.Execute("DELETE FROM lease WHERE subnet = $subnet AND address = $address", ("$subnet", subnet),
                ("$address", (long)address));
        }, cancellation);

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
        var rows = await connection.QueryAsync<(long Address, string Subnet, string Token, long Since, long Expires, long? Ended)>(
            $"SELECT address, subnet, token, since, expires, ended FROM "
                + $"lease_history {(address is null ? "" : "WHERE address = @address")} ORDER BY address, since, id",
                    new { address = (long?)address });
        return [.. rows.Select(
            r => new LeaseHolding(IPv4.Format((uint)r.Address), r.Subnet, r.Token, DateTimeOffset.FromUnixTimeMilliseconds(r.Since),
            DateTimeOffset.FromUnixTimeMilliseconds(r.Expires),
            r.Ended is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null))];
    }

    private static void Fence(SqliteStatements statements, string subnet, long epoch)
    {
        if (statements.Scalar("SELECT epoch FROM subnet_epoch WHERE subnet = $subnet", ("$subnet", subnet)) is not long now
            || now != epoch)
            throw new StaleEpochException(subnet, epoch);
    }
}
