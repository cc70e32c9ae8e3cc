using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// The way of what is written often: one connection with prepared statements, and one commit for all that waits, so that a disk's wait is
/// shared. Each write is a savepoint of its own: what breaks a rule fails alone. Durable when its task ends.
/// </summary>
/// <param name="database">Whose.</param>
/// <param name="turns">Turns with those that write on connections of their own.</param>
public sealed class SqliteWriter(SqliteDatabase database, WriteTurns turns) : IDisposable
{
    /// <summary>Memory for pages of the writer's connection.</summary>
    private const int CacheKiB = 16 << 10;

    /// <summary>Most writes for the wire (<see cref="WriteTurns"/>) in one commit.</summary>
    public const int MostForTheWire = 64;

    /// <summary>Most other writes in one commit: they are what the wire waits for.</summary>
    public const int MostDocuments = 8;

    /// <summary>No second document is begun in a commit that has taken so long: one large one holds the wire up, not eight.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly Lock _use = new();
    private readonly Queue<Write> _wire = [];
    private readonly Queue<Write> _documents = [];
    private bool _runs;
    private bool _isOver;
    private SqliteConnection? _connection;
    private SqliteStatements? _statements;

    /// <summary>Writes.</summary>
    /// <param name="isForTheWire">True for what clients on the wire wait for.</param>
    /// <param name="write">Runs the statements, in a transaction. What it throws undoes them, and is thrown here.</param>
    /// <param name="cancellation">Ends the waiting for its turn.</param>
    /// <returns>What the write returned, when it is durable.</returns>
    public async Task<T> RunAsync<T>(bool isForTheWire, Func<SqliteStatements, T> write, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        T result = default!;
        var mine = new Write(isForTheWire, s => result = write(s));
        lock (_lock)
        {
            (isForTheWire ? _wire : _documents).Enqueue(mine);
            if (!_runs)
            {
                _runs = true;
                // It serves others after this one, and is nobody's in traces.
                using (ExecutionContext.SuppressFlow()) _ = Task.Run(RunAllAsync, CancellationToken.None);
            }
        }

        using (cancellation.UnsafeRegister(_ => CallOff(mine, cancellation), null)) await mine.Done.Task;
        return result;
    }

    /// <summary>Closes its connection, when what is being written is.</summary>
    public void Dispose()
    {
        lock (_use)
        {
            _isOver = true;
            Close();
        }
    }

    private void CallOff(Write write, CancellationToken cancellation)
    {
        lock (_lock)
            if (!write.IsTaken) write.Done.TrySetCanceled(cancellation);
    }

    private async Task RunAllAsync()
    {
        IDisposable? turn = null;
        while (IsWaitedFor())
        {
            // Asked for before the last one is over, and whatever waits as for the wire: what comes until then goes along, and WriteTurns
            // counts how often in a row.
            var next = turns.TakeAsync(isForTheWire: true, CancellationToken.None);
            turn?.Dispose();
            turn = await next;
            lock (_use) Commit(Waiting());
        }

        turn?.Dispose();
    }

    private bool IsWaitedFor()
    {
        lock (_lock) return _runs = _wire.Count + _documents.Count > 0;
    }

    /// <summary>Takes the writes of a commit, each when those before it have run: the wire's first, but one other in any case.</summary>
    private IEnumerable<Write> Waiting()
    {
        var (ofTheWire, others, began) = (0, 0, Stopwatch.GetTimestamp());
        while (true)
        {
            Write? next;
            lock (_lock)
            {
                next = ofTheWire < MostForTheWire ? Take(_wire) : null;
                if (next is null && (others == 0 || (others < MostDocuments && Stopwatch.GetElapsedTime(began) < Longest)))
                    next = Take(_documents);
            }

            if (next is null) yield break;
            if (next.IsForTheWire) ofTheWire++;
            else others++;
            yield return next;
        }

        static Write? Take(Queue<Write> queue)
        {
            while (queue.TryDequeue(out var write))
            {
                if (write.Done.Task.IsCompleted) continue;
                write.IsTaken = true;
                return write;
            }

            return null;
        }
    }

    private void Commit(IEnumerable<Write> writes)
    {
        var batch = new List<Write>();
        try
        {
            foreach (var write in writes)
            {
                batch.Add(write);
                var statements = Open();
                if (batch.Count == 1) statements.Execute("BEGIN IMMEDIATE");
                Run(write, statements);
            }

            if (batch.Count > 0) Open().Execute("COMMIT");
        }
        catch (Exception e)
        {
            // What the connection is in now is not known: the next write has a new one.
            Close();
            if (batch.Count > 1 && e is SqliteException { SqliteErrorCode: raw.SQLITE_FULL }) CommitEach(batch);
            else Fail(batch, e);
            return;
        }

        // Not before: who failed reads what it lost against.
        foreach (var write in batch) write.End();
    }

    /// <summary>What found no room all together may find it alone: a lease beside a large document.</summary>
    private void CommitEach(List<Write> batch)
    {
        foreach (var write in batch)
        {
            write.Fault = null;
            Commit([write]);
        }
    }

    /// <summary>Those that failed by themselves have their own reason; but not what they lost against, which is not there.</summary>
    private static void Fail(List<Write> batch, Exception e)
    {
        foreach (var write in batch)
            write.Done.TrySetException(write.Fault is { } own && UniqueViolation.Of(own) is null ? own : e);
    }

    /// <summary>Runs a write in a savepoint. One that fails is undone alone, and has its fault.</summary>
    /// <exception cref="SqliteException">The whole transaction is undone.</exception>
    private static void Run(Write write, SqliteStatements statements)
    {
        statements.Execute("SAVEPOINT one");
        try
        {
            write.Run(statements);
        }
        catch (Exception e) when (statements.IsInTransaction)
        {
            statements.Execute("ROLLBACK TO one");
            write.Fault = e;
        }

        statements.Execute("RELEASE one");
    }

    private SqliteStatements Open()
    {
        if (_statements is { } open) return open;
        ObjectDisposedException.ThrowIf(_isOver, this);
        _connection = new SqliteConnection(database.OwnConnectionString);
        _connection.Open();
        // What a savepoint keeps of pages would go to a file once it is more than a few, and pages are found by random keys.
        using (var settings = _connection.CreateCommand())
        {
            settings.CommandText = $"PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{CacheKiB}";
            settings.ExecuteNonQuery();
        }

        // For SqliteStatements.CompiledAgain.
        _connection.Handle!.enable_sqlite3_next_stmt(true);
        return _statements = new SqliteStatements(_connection);
    }

    private void Close()
    {
        _statements?.Dispose();
        _connection?.Dispose();
        (_statements, _connection) = (null, null);
    }

    private sealed record Write(bool IsForTheWire, Action<SqliteStatements> Run)
    {
        /// <summary>True from when it can no longer be called off.</summary>
        public bool IsTaken { get; set; }

        /// <summary>Why it was undone alone.</summary>
        public Exception? Fault { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End()
        {
            if (Fault is { } fault) Done.TrySetException(fault);
            else Done.TrySetResult();
        }
    }
}
