using System.Text;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Catalog;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>Job logs of a cluster, in chunks as they came: any gateway takes and shows them.</summary>
public sealed class PostgresJobLogs(PostgresDatabase database) : IJobLogs
{
    private const int ChunkSize = 64 << 10;

    /// <inheritdoc/>
    public async Task<LogAppend> AppendAsync(Guid job, Stream content, CancellationToken cancellation)
    {
        var key = job.ToString();
        var chunk = new byte[ChunkSize];
        await using var connection = await database.OpenAsync(cancellation);
        while (await content.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation) is var read and > 0)
        {
            // Counted where it is written, by one at a time for a log: however many send at once, it has its end.
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            var written = await connection.ExecuteAsync(new CommandDefinition(
                """
                SELECT pg_advisory_xact_lock(hashtextextended(@key, 0));
                INSERT INTO job_log (job, chunk)
                SELECT @key, @bytes WHERE (SELECT coalesce(sum(length(chunk)), 0) FROM job_log WHERE job = @key) + @read <= @most
                """,
                new { key, bytes = chunk[..read], read, most = IJobLogs.MostBytes }, transaction, cancellationToken: cancellation));
            await transaction.CommitAsync(cancellation);
            if (written <= 0) return LogAppend.Full;
        }

        return LogAppend.Whole;
    }

    /// <inheritdoc/>
    public async ValueTask<long> GrownAsync(CancellationToken cancellation)
    {
        // Whatever silo took them. Room that was trimmed is filled again before the table grows: then the disk has no less.
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT pg_table_size('job_log')", cancellationToken: cancellation));
    }

    /// <inheritdoc/>
    public async Task CopyToAsync(Guid job, Stream target, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var note = await connection.ExecuteScalarAsync<string>(new CommandDefinition(
            "SELECT note FROM job_log_trimmed WHERE job = @key", new { key = job.ToString() }, cancellationToken: cancellation));
        if (note is not null) await target.WriteAsync(Encoding.UTF8.GetBytes(note), cancellation);
        await using var rows =
            await connection.ExecuteReaderAsync(
                new CommandDefinition("SELECT chunk FROM job_log WHERE job = @key ORDER BY id", new { key = job.ToString() },
                    cancellationToken: cancellation));
        while (await rows.ReadAsync(cancellation)) await target.WriteAsync((byte[])rows[0], cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredLog>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        // Chunks have no time of their own: a log is as old as its job.
        var rows = await connection.QueryAsync<(string Job, long Octets, DateTime Started)>(new CommandDefinition(
            """
            SELECT l.job, l.octets, coalesce(j.started, '-infinity'::timestamptz) FROM (
                SELECT job, sum(length(chunk))::bigint AS octets FROM job_log GROUP BY job) AS l
            LEFT JOIN job AS j ON j.uuid = l.job
            """, commandTimeout: 120, cancellationToken: cancellation));
        return [.. rows.Where(r => Guid.TryParse(r.Job, out _)).Select(r => new StoredLog(Guid.Parse(r.Job), r.Octets,
            new DateTimeOffset(DateTime.SpecifyKind(r.Started, DateTimeKind.Utc))))];
    }

    /// <inheritdoc/>
    public async Task TrimAsync(Guid job, string note, CancellationToken cancellation)
    {
        var key = job.ToString();
        await using var connection = await database.OpenAsync(cancellation);
        // A job that is gone needs no note.
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO job_log_trimmed (job, note) SELECT uuid, @note FROM job WHERE uuid = @key
            ON CONFLICT (job) DO UPDATE SET note = excluded.note
            """, new { key, note }, cancellationToken: cancellation));
        var last = await connection.ExecuteScalarAsync<long?>(
            new CommandDefinition("SELECT max(id) FROM job_log WHERE job = @key", new { key }, cancellationToken: cancellation));
        int dropped;
        do
        {
            dropped = await connection.ExecuteAsync(new CommandDefinition(
                """
                DELETE FROM job_log WHERE job = @key AND id IN (
                    SELECT id FROM job_log WHERE job = @key AND id <= @last ORDER BY id LIMIT @piece)
                """, new { key, last, piece = IRetentionStore.Piece }, cancellationToken: cancellation));
        }
        while (dropped == IRetentionStore.Piece);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(Guid job, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition("DELETE FROM job_log WHERE job = @key", new { key = job.ToString() }, cancellationToken: cancellation));
    }
}
