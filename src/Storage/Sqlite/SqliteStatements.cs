using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Statements of one connection, which stay prepared: one that writes to a table with triggers is compiled with all of them, which takes
/// ten times as long as to run it. Texts are the program's own, so there is a bounded number of them.
/// </summary>
public sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    /// <summary>A statement keeps what was bound to it last; one with more octets than this is not kept.</summary>
    private const int LongestKept = 128 * 1024;

    /// <summary>SQLITE_STMTSTATUS_VM_STEP (sqlite.org/c3ref/c_stmtstatus_counter.html).</summary>
    private const int StmtStatusVmStep = 4;

    /// <summary>SQLITE_STMTSTATUS_REPREPARE.</summary>
    private const int StmtStatusReprepare = 5;

    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    /// <summary>True while a transaction is open: some faults end it.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>
    /// How often SQLite compiled statements of the connection again that it had prepared: where a bound value may tell which index serves,
    /// or the schema moved.
    /// </summary>
    public int CompiledAgain => Sum(StmtStatusReprepare);

    /// <summary>Steps that SQLite's machine took for the connection's prepared statements, their triggers among them.</summary>
    public int Steps => Sum(StmtStatusVmStep);

    /// <summary>Runs a statement.</summary>
    /// <param name="text">The statement.</param>
    /// <param name="values">Its parameters, always in the same order.</param>
    /// <returns>Rows that it changed.</returns>
    public int Execute(string text, params ReadOnlySpan<(string Name, object? Value)> values)
        => Run(text, values, static command => command.ExecuteNonQuery());

    /// <summary>Runs a statement.</summary>
    /// <param name="text">The statement.</param>
    /// <param name="values">Its parameters, always in the same order.</param>
    /// <returns>The first column of its first row; null where there is no row.</returns>
    public object? Scalar(string text, params ReadOnlySpan<(string Name, object? Value)> values)
        => Run(text, values, static command => command.ExecuteScalar());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _prepared.Values) command.Dispose();
        _prepared.Clear();
    }

    private int Sum(int counter)
    {
        var sum = 0;
        for (var s = raw.sqlite3_next_stmt(connection.Handle, null); s is not null; s = raw.sqlite3_next_stmt(connection.Handle, s))
            sum += raw.sqlite3_stmt_status(s, counter, 0);
        return sum;
    }

    private T Run<T>(string text, ReadOnlySpan<(string Name, object? Value)> values, Func<SqliteCommand, T> run)
    {
        var command = Bind(text, values);
        try
        {
            return run(command);
        }
        finally
        {
            Keep(text, command, values);
        }
    }

    private SqliteCommand Bind(string text, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (!_prepared.TryGetValue(text, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = text;
            foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            _prepared[text] = command;
            return command;
        }

        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
        return command;
    }

    private void Keep(string text, SqliteCommand command, ReadOnlySpan<(string Name, object? Value)> values)
    {
        long octets = 0;
        foreach (var (_, value) in values)
            octets += value is string characters ? characters.Length : value is byte[] blob ? blob.Length : 0;
        if (octets <= LongestKept) return;
        _prepared.Remove(text);
        command.Dispose();
    }
}
