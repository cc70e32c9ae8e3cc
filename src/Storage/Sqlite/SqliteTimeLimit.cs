using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Ends what runs on a connection when its time is over, or nobody waits for it any more: the driver runs statements on the caller's
/// thread, and has no way to stop one.
/// </summary>
internal sealed class SqliteTimeLimit : IDisposable
{
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _ends;

    /// <summary>Begins the time.</summary>
    public SqliteTimeLimit(SqliteConnection connection, TimeSpan time, CancellationToken cancellation)
    {
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _ends = _over.Token.Register(() => raw.sqlite3_interrupt(connection.Handle));
        _over.CancelAfter(time);
    }

    /// <summary>Waits for an end that is under way: the connection may be another query's afterwards.</summary>
    public void Dispose()
    {
        _ends.Dispose();
        _over.Dispose();
    }
}
