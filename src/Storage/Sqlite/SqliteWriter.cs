using Microsoft.Data.Sqlite;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// The way of what is written often: one connection with prepared statements, and one commit for all that waits, so that a disk's wait is
/// shared. Each write is a savepoint of its own: what breaks a rule fails alone. Durable when its task ends.
/// </summary>
/// <param name="database">Whose.</param>
/// <param name="turns">Turns with those that write on connections of their own.</param>
public sealed class SqliteWriter(SqliteDatabase database, WriteTurns turns) : IDisposable
{
    /// <summary>Most writes for the wire (<see cref="WriteTurns"/>) in one commit.</summary>
    public const int MostForTheWire = 64;

    /// <summary>Most other writes in one commit: they are what the wire waits for.</summary>
    public const int MostDocuments = 8;

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
        var mine = new Write(s => result = write(s), cancellation);
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

        await mine.Done.Task;
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
            var batch = Batch();
            if (batch.Count == 0) continue;
            lock (_use) Commit(batch);
        }

        turn?.Dispose();
    }

    private bool IsWaitedFor()
    {
        lock (_lock) return _runs = _wire.Count + _documents.Count > 0;
    }

    private List<Write> Batch()
    {
        var batch = new List<Write>();
        lock (_lock)
        {
            Take(_wire, MostForTheWire);
            Take(_documents, MostDocuments);
        }

        return batch;

        void Take(Queue<Write> queue, int most)
        {
            for (; most > 0 && queue.TryDequeue(out var write); most--)
            {
                if (write.Cancellation.IsCancellationRequested) write.Done.TrySetCanceled(write.Cancellation);
                else batch.Add(write);
            }
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            var statements = Open();
            statements.Execute("BEGIN IMMEDIATE");
            foreach (var write in batch) Run(write, statements);
            statements.Execute("COMMIT");
        }
        catch (Exception e)
        {
            // What the connection is in now is not known: the next write has a new one. Those that failed by themselves have their own.
            Close();
            foreach (var write in batch)
                write.Done.TrySetException(write.Fault is { } own && UniqueViolation.Of(own) is null ? own : e);
            return;
        }

        // Not before: who failed reads what it lost against.
        foreach (var write in batch)
        {
            if (write.Fault is { } fault) write.Done.TrySetException(fault);
            else write.Done.TrySetResult();
        }
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

    private sealed record Write(Action<SqliteStatements> Run, CancellationToken Cancellation)
    {
        /// <summary>Why it was undone alone.</summary>
        public Exception? Fault { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
