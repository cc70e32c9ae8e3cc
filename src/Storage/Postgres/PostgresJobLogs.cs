using System.Text;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Catalog;
using Dapper;

namespace Anvil.Storage.Postgres;

/// <summary>
/// Job logs of a cluster, in chunks: any gateway takes and shows them. A connection is held for one chunk, or one page of them, and never
/// while a client sends or takes: the pool is that of leases, too.
/// </summary>
public sealed class PostgresJobLogs(PostgresDatabase database) : IJobLogs
{
    private const int ChunkSize = 64 << 10;

    /// <summary>A chunk that is shorter grows by what comes next: it lies in the table itself (TOAST begins at 2 KiB).</summary>
    private const int ShortChunk = 1 << 10;

    /// <summary>Octets that are read at once; a chunk more at most.</summary>
    private const int PageSize = 256 << 10;

    /// <inheritdoc/>
    public async Task<LogAppend> AppendAsync(Guid job, Stream content, CancellationToken cancellation)
    {
        var chunk = new byte[ChunkSize];
        while (await content.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation) is var read and > 0)
        {
            await using var connection = await database.OpenAsync(cancellation);
            if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT job_log_append(@key, @piece, @most, @ShortChunk, @ChunkSize)",
                new { key = job.ToString(), piece = chunk[..read], most = IJobLogs.MostBytes, ShortChunk, ChunkSize },
                cancellationToken: cancellation)))
                return LogAppend.Full;
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
        var (note, end) = await BeginAsync(job, cancellation);
        if (note is not null) await target.WriteAsync(Encoding.UTF8.GetBytes(note), cancellation);
        // Of the chunks that are there now, the last alone can still grow: nothing is left out between two pages.
        var after = 0L;
        while (after < end && await PageAsync(job, after, end, cancellation) is { Count: > 0 } page)
        {
            foreach (var (_, chunk) in page) await target.WriteAsync(chunk, cancellation);
            after = page[^1].Id;
        }
    }

    private async Task<(string? Note, long End)> BeginAsync(Guid job, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return await connection.QuerySingleAsync<(string?, long)>(new CommandDefinition(
            """
            SELECT (SELECT note FROM job_log_trimmed WHERE job = @key), (SELECT coalesce(max(id), 0) FROM job_log WHERE job = @key)
            """, new { key = job.ToString() }, cancellationToken: cancellation));
    }

    private async Task<List<(long Id, byte[] Chunk)>> PageAsync(Guid job, long after, long end, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return (await connection.QueryAsync<(long, byte[])>(new CommandDefinition(
            """
            SELECT id, chunk FROM (
                SELECT id, chunk, sum(length(chunk)) OVER (ORDER BY id) - length(chunk) AS before FROM (
                    SELECT id, chunk FROM job_log WHERE job = @key AND id > @after AND id <= @end ORDER BY id LIMIT @rows) AS next) AS page
            WHERE before < @PageSize ORDER BY id
            """, new { key = job.ToString(), after, end, rows = PageSize / ShortChunk, PageSize },
            cancellationToken: cancellation))).AsList();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredLog>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        // Chunks have no time of their own: a log is as old as its job.
        var rows = await connection.QueryAsync<(string Job, long Octets, DateTime Started)>(new CommandDefinition(
            """
            SELECT l.job, l.octets, coalesce(j.started, '-infinity'::timestamptz)
            FROM job_log_length AS l LEFT JOIN job AS j ON j.uuid = l.job
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
