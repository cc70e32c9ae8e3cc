using System.Data.Common;
using System.Globalization;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Catalog;
using Dapper;

namespace Anvil.Storage;

/// <summary>
/// Drops rows by windows of their numbers, in either database: what a statement looks at is bounded, whatever the table holds and however
/// little of it goes.
/// </summary>
public sealed class RetentionStore(Database database, TimeProvider time) : IRetentionStore
{
    private static readonly TimeSpan AheadOfTime = TimeSpan.FromDays(1);

    private static readonly Dictionary<string, Kept> Tables = new(StringComparer.Ordinal)
    {
        [RetentionRules.Timeline] = new("timeline", "time", "time", "(id <= @bound OR time < @before)"),
        [RetentionRules.Strangers] = new("timeline", "time", "time", "machine = '' AND (id <= @bound OR time < @before)"),
        // The newest one stays, however old: SQLite numbers what comes after it, and a place in the log is never another event's.
        [RetentionRules.Events] = new("event", "time", "time", "id < @end AND (id <= @bound OR time < @before)"),
        // Who holds an address now is no history yet.
        [RetentionRules.Leases] = new("lease_history", "since", "ended", "ended IS NOT NULL AND (id <= @bound OR ended < @before)"),
    };

    /// <inheritdoc/>
    public Task<IAsyncDisposable?> TakeTurnAsync(CancellationToken cancellation) => database.AloneAsync(cancellation);

    /// <inheritdoc/>
    public async Task<TrimmedPiece> TrimAsync(string what, long after, DateTimeOffset before, long most, CancellationToken cancellation)
    {
        var kept = Tables[what];
        await using var connection = await database.ConnectAsync(cancellation);
        var (last, first) = await connection.QuerySingleAsync<(long?, long?)>(new CommandDefinition(
            $"SELECT (SELECT max(id) FROM {kept.Table}), (SELECT min(id) FROM {kept.Table} WHERE id > @after)", new { after },
            cancellationToken: cancellation));
        if (first is not { } from || last is not { } end) return new TrimmedPiece(0, null);
        var window = new
        {
            from,
            end,
            to = from + IRetentionStore.Piece,
            bound = most >= end ? -1 : end - most,
            before = database.TimeIn(kept.Table, before),
            // A clock that was wrong ahead leaves lines that never become old: they do not end the search.
            ahead = database.TimeIn(kept.Table, time.GetUtcNow() + AheadOfTime),
        };
        const string Rows = "id >= @from AND id < @to";
        // Before the turn to write: mostly there is nothing.
        var (rows, newest, oldOnes) = await connection.QuerySingleAsync<(long, object?, long)>(new CommandDefinition(
            $"""
            SELECT count(CASE WHEN {kept.Condition} THEN 1 END), max(CASE WHEN {kept.Condition} THEN {kept.Age} END),
                count(CASE WHEN id <= @bound OR {kept.Since} < @before OR {kept.Since} > @ahead THEN 1 END)
            FROM {kept.Table} WHERE {Rows}
            """, window, cancellationToken: cancellation));
        long? next = oldOnes > 0 ? from + IRetentionStore.Piece - 1 : null;
        if (rows == 0) return new TrimmedPiece(0, next);
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (kept.Table == "timeline")
        {
            await connection.ExecuteAsync(new CommandDefinition(
                $"""
                INSERT INTO timeline_trimmed AS t (machine, lines, upto)
                SELECT machine, count(*), max(time) FROM timeline WHERE {Rows} AND {kept.Condition} AND machine <> '' GROUP BY machine
                ON CONFLICT (machine) DO UPDATE SET lines = t.lines + excluded.lines,
                    upto = CASE WHEN excluded.upto > t.upto THEN excluded.upto ELSE t.upto END
                """, window, transaction, cancellationToken: cancellation));
        }

        var dropped = await connection.ExecuteAsync(new CommandDefinition(
            $"DELETE FROM {kept.Table} WHERE {Rows} AND {kept.Condition}", window, transaction, cancellationToken: cancellation));
        await CountAsync(connection, transaction, new TrimmedTotal(what, dropped, TimeOf(newest)), cancellation);
        await transaction.CommitAsync(cancellation);
        return new TrimmedPiece(dropped, next);
    }

    /// <inheritdoc/>
    public async Task<long> TrimSharesAsync(long most, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = 0L;
        foreach (var machine in (await connection.QueryAsync<string>(new CommandDefinition(
            "SELECT machine FROM timeline WHERE machine <> '' GROUP BY machine HAVING count(*) > @most", new { most },
            cancellationToken: cancellation))).AsList())
        {
            // The newest that goes: what comes meanwhile waits for the next hour.
            var bound = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
                "SELECT id FROM timeline WHERE machine = @machine AND machine <> '' ORDER BY id DESC LIMIT 1 OFFSET @most",
                new { machine, most }, cancellationToken: cancellation));
            for (var dropped = bound is null ? 0 : IRetentionStore.Piece; dropped == IRetentionStore.Piece; rows += dropped)
                dropped = await DropAsync(connection, machine, bound!.Value, cancellation);
        }

        return rows;
    }

    private async Task<int> DropAsync(DbConnection connection, string machine, long bound, CancellationToken cancellation)
    {
        const string Piece =
            "SELECT id FROM timeline WHERE machine = @machine AND machine <> '' AND id <= @bound ORDER BY id LIMIT @piece";
        var values = new { machine, bound, piece = IRetentionStore.Piece };
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var newest = await connection.ExecuteScalarAsync<object?>(new CommandDefinition(
            $"SELECT max(time) FROM timeline WHERE id IN ({Piece})", values, transaction, cancellationToken: cancellation));
        await connection.ExecuteAsync(new CommandDefinition(
            $"""
            INSERT INTO timeline_trimmed AS t (machine, lines, upto)
            SELECT machine, count(*), max(time) FROM timeline WHERE id IN ({Piece}) GROUP BY machine
            ON CONFLICT (machine) DO UPDATE SET lines = t.lines + excluded.lines,
                upto = CASE WHEN excluded.upto > t.upto THEN excluded.upto ELSE t.upto END
            """, values, transaction, cancellationToken: cancellation));
        var dropped = await connection.ExecuteAsync(new CommandDefinition(
            $"DELETE FROM timeline WHERE id IN ({Piece})", values, transaction, cancellationToken: cancellation));
        if (dropped > 0)
            await CountAsync(connection, transaction, new TrimmedTotal(RetentionRules.Timeline, dropped, TimeOf(newest)), cancellation);
        await transaction.CommitAsync(cancellation);
        return dropped;
    }

    /// <inheritdoc/>
    public async Task<long> CountJobsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(
            new CommandDefinition("SELECT (SELECT count(*) FROM job) - (SELECT count(*) FROM machine)", cancellationToken: cancellation));
    }

    /// <inheritdoc/>
    public Task<JobsToTrim> JobsToTrimAsync(JobPlace after, DateTimeOffset before, long tooMany, CancellationToken cancellation)
        => JobTrimmer.FindAsync(database, after, before, tooMany, cancellation);

    /// <inheritdoc/>
    public Task DropJobsAsync(JobsToTrim jobs, CancellationToken cancellation) => JobTrimmer.DropAsync(database, jobs, cancellation);

    /// <inheritdoc/>
    public async Task CountAsync(TrimmedTotal more, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await CountAsync(connection, null, more, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrimmedTotal>> TotalsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = await connection.QueryAsync<(string What, long Rows, object UpTo)>(
            new CommandDefinition("SELECT what, trimmed, upto FROM retention ORDER BY what", cancellationToken: cancellation));
        return [.. rows.Select(r => new TrimmedTotal(r.What, r.Rows, TimeOf(r.UpTo)))];
    }

    /// <inheritdoc/>
    public async Task<TrimmedTotal?> OfMachineAsync(string uuid, CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var rows = (await connection.QueryAsync<(long Lines, object UpTo)>(new CommandDefinition(
            "SELECT lines, upto FROM timeline_trimmed WHERE machine = @uuid", new { uuid }, cancellationToken: cancellation))).AsList();
        return rows.Count == 0 ? null : new TrimmedTotal(RetentionRules.Timeline, rows[0].Lines, TimeOf(rows[0].UpTo));
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        using var turn = await database.WriteTurnAsync(cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM timeline_trimmed WHERE machine NOT IN (SELECT uuid FROM machine); DELETE FROM health WHERE at < @before",
            new { before = database.Value(before) }, cancellationToken: cancellation));
    }

    private Task CountAsync(DbConnection connection, DbTransaction? transaction, TrimmedTotal more, CancellationToken cancellation)
        => connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO retention AS r (what, trimmed, upto) VALUES (@What, @Rows, @upTo)
            ON CONFLICT (what) DO UPDATE SET trimmed = r.trimmed + excluded.trimmed,
                upto = CASE WHEN excluded.upto > r.upto THEN excluded.upto ELSE r.upto END
            """, new { more.What, more.Rows, upTo = database.Value(more.UpTo) }, transaction, cancellationToken: cancellation));

    private static DateTimeOffset TimeOf(object? value) => value switch
    {
        long milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds),
        DateTime moment => new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc)),
        string text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        _ => DateTimeOffset.UnixEpoch,
    };

    /// <summary>A table, the column by which its rows follow one another, that by which they are old, and which may be dropped.</summary>
    private sealed record Kept(string Table, string Since, string Age, string Condition);
}
