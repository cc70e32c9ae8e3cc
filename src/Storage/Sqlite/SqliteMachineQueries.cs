using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;
using Dapper;

namespace Anvil.Storage.Sqlite;

/// <summary>The query tables of machines and jobs in SQLite.</summary>
public sealed class SqliteMachineQueries(SqliteDatabase database) : IMachineQueries
{
    /// <inheritdoc/>
    public Task<Machine?> FindByMacAsync(string mac, CancellationToken cancellation)
        => OneAsync<Machine>("SELECT m.document FROM machine_mac AS a JOIN machine AS m ON m.uuid = a.uuid WHERE a.mac = @value", mac, cancellation);

    /// <inheritdoc/>
    public Task<Machine?> FindByNameAsync(string name, CancellationToken cancellation)
        => OneAsync<Machine>("SELECT document FROM machine WHERE name = @value", name, cancellation);

    /// <inheritdoc/>
    public Task<Machine?> FindAsync(string uuid, CancellationToken cancellation)
        => OneAsync<Machine>("SELECT document FROM machine WHERE uuid = @value", uuid, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Machine>> ListAsync(CancellationToken cancellation)
        => ManyAsync<Machine>("SELECT document FROM machine ORDER BY uuid", null, cancellation);

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM machine");
    }

    /// <inheritdoc/>
    public Task<Job?> FindJobAsync(string uuid, CancellationToken cancellation)
        => OneAsync<Job>("SELECT document FROM job WHERE uuid = @value", uuid, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Job>> ListJobsAsync(string? machine, CancellationToken cancellation)
        => ManyAsync<Job>($"SELECT document FROM job {(machine is null ? "" : "WHERE machine = @value")} ORDER BY started, uuid", machine, cancellation);

    /// <inheritdoc/>
    public async Task<bool> DeleteJobAsync(string uuid, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteAsync("DELETE FROM job WHERE uuid = @uuid", new { uuid }) > 0;
    }

    private async Task<T?> OneAsync<T>(string sql, string value, CancellationToken cancellation)
        where T : Document
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<string>(sql, new { value }) is { } json ? Json.Read<T>(json) : null;
    }

    private async Task<IReadOnlyList<T>> ManyAsync<T>(string sql, string? value, CancellationToken cancellation)
        where T : Document
    {
        await using var connection = await database.OpenAsync(cancellation);
        return [.. (await connection.QueryAsync<string>(sql, new { value })).Select(Json.Read<T>)];
    }
}
