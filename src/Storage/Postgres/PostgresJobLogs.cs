using Anvil.Contracts.Jobs;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>Job logs of a cluster, in chunks as they came: any gateway takes and shows them.</summary>
public sealed class PostgresJobLogs(PostgresDatabase database) : IJobLogs
{
    private const int ChunkSize = 64 << 10;

    /// <inheritdoc/>
    public async Task<bool> AppendAsync(Guid job, Stream content, CancellationToken cancellation)
    {
        var key = job.ToString();
        var chunk = new byte[ChunkSize];
        await using var connection = await database.OpenAsync(cancellation);
        var size = await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT coalesce(sum(length(chunk)), 0) FROM job_log WHERE job = @key", new { key },
                cancellationToken: cancellation));
        while (await content.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation) is var read and > 0)
        {
            size += read;
            if (size > IJobLogs.MostBytes) return false;
            await connection.ExecuteAsync(
                new CommandDefinition("INSERT INTO job_log (job, chunk) VALUES (@key, @bytes)", new { key, bytes = chunk[..read] },
                    cancellationToken: cancellation));
        }

        return true;
    }

    /// <inheritdoc/>
    public async Task CopyToAsync(Guid job, Stream target, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var rows =
            await connection.ExecuteReaderAsync(
                new CommandDefinition("SELECT chunk FROM job_log WHERE job = @key ORDER BY id", new { key = job.ToString() },
                    cancellationToken: cancellation));
        while (await rows.ReadAsync(cancellation)) await target.WriteAsync((byte[])rows[0], cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Guid job, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition("DELETE FROM job_log WHERE job = @key", new { key = job.ToString() }, cancellationToken: cancellation));
    }
}
