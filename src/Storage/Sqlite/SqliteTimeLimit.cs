using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Ends what runs on a connection when its time is over, or nobody waits for it any more: the driver runs statements on the caller's
/// thread, and has no way to stop one.
/// </summary>
internal sealed class SqliteTimeLimit : IDisposable
{
    /// <summary>Instructions of SQLite's machine between two looks at the time.</summary>
    private const int Steps = 4000;

    private readonly SqliteConnection _connection;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _ends;

    /// <summary>Begins the time.</summary>
    public SqliteTimeLimit(SqliteConnection connection, TimeSpan time, CancellationToken cancellation)
    {
        _connection = connection;
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // An interrupt ends what runs at that moment; a statement that begins later looks for itself.
        _ends = _over.Token.Register(() => raw.sqlite3_interrupt(connection.Handle));
        raw.sqlite3_progress_handler(connection.Handle, Steps, _ => _over.IsCancellationRequested ? 1 : 0, null);
        _over.CancelAfter(time);
    }

    /// <summary>Waits for an end that is under way: the connection may be another query's afterwards.</summary>
    public void Dispose()
    {
        _ends.Dispose();
        raw.sqlite3_progress_handler(_connection.Handle, 0, null, null);
        _over.Dispose();
    }
}
