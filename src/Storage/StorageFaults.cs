using System.Data.Common;
using System.Net.Sockets;
using Anvil.Contracts;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Anvil.Storage;

/// <summary>
/// Reads out of an exception what was the matter with the database: by SQLite's result codes (sqlite.org/rescode.html), PostgreSQL's
/// SQLSTATEs (its manual, appendix A), and the numbers of errors of files.
/// </summary>
public static class StorageFaults
{
    private const int NoSpace = 28;
    private const int ReadOnlyFiles = 30;
    private const int OverQuota = 122;
    private const int SqliteMoved = 1032;

    /// <summary>What was the matter; null when the exception does not come from the database or from a disk.</summary>
    public static DatabaseFault? Of(Exception exception)
    {
        if (DatabaseFault.CarriedBy(exception) is { } carried) return carried;
        DatabaseFault? found = null;
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            // What a server said is more precise than what the connection came to.
            if (e is PostgresException postgres) return Of(postgres);
            found ??= e switch
            {
                SqliteException sqlite => Of(sqlite),
                NpgsqlException npgsql => Of(npgsql),
                DbException => new(DatabaseFaultKind.Program, "the database does not take a statement; see the server's log"),
                SocketException => DatabaseFault.Away,
                IOException { HResult: NoSpace or OverQuota } => new(DatabaseFaultKind.Full,
                    "the disk of the data folder is full: nothing can be written until there is room"),
                IOException { HResult: ReadOnlyFiles } => new(DatabaseFaultKind.ReadOnly, "the data folder's disk is read-only"),
                _ => null,
            };
        }

        return found;
    }

    private static DatabaseFault Of(SqliteException e) => e.SqliteErrorCode switch
    {
        3 or 23 => new(DatabaseFaultKind.Denied, "the database's file may not be used: permission is missing"),
        5 or 6 => new(DatabaseFaultKind.Locked, "another program holds the lock of the database's file"),
        7 => new(DatabaseFaultKind.Crowded, "there is no memory left for the database"),
        8 when e.SqliteExtendedErrorCode == SqliteMoved => new(DatabaseFaultKind.Damaged,
            "the database's file was moved or deleted while it is in use: put it back, and start the silo anew"),
        8 => new(DatabaseFaultKind.ReadOnly, "the database is read-only: its file, its folder or their disk take no writes"),
        9 => new(DatabaseFaultKind.Slow, "the database took longer over a statement than it may"),
        10 => new(DatabaseFaultKind.Damaged, $"the database's disk fails (I/O error {e.SqliteExtendedErrorCode}): see the system's log"),
        11 or 26 => new(DatabaseFaultKind.Damaged,
            "the database's file is damaged (malformed): end the silo and restore a backup (docs/operations.md, \"A damaged database\")"),
        13 => new(DatabaseFaultKind.Full, "the database's disk is full: nothing can be written until there is room"),
        14 => new(DatabaseFaultKind.Denied,
            "the database's file cannot be opened: it, its folder or a permission is missing, or too many files are open"),
        19 => new(DatabaseFaultKind.Refused, $"the database refuses it: {RuleOf(e.Message)}"),
        _ => new(DatabaseFaultKind.Program, $"the database does not take a statement (SQLite {e.SqliteErrorCode}); see the server's log"),
    };

    /// <summary>SQLite says "UNIQUE constraint failed: table.column", which holds no value.</summary>
    private static string RuleOf(string message) => message.Split('\'') is [_, var rule, ..] ? rule : "a rule of its tables is broken";

    private static DatabaseFault Of(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.QueryCanceled => new(DatabaseFaultKind.Slow, "the database took longer over a statement than it may"),
        PostgresErrorCodes.LockNotAvailable => new(DatabaseFaultKind.Locked,
            $"a table of the database is locked by somebody else{(e.TableName is { Length: > 0 } table ? $": {table}" : "")}"),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => new(DatabaseFaultKind.Locked,
            "the database had two writes in each other's way, and ended this one"),
        PostgresErrorCodes.TooManyConnections => new(DatabaseFaultKind.Crowded,
            "the database takes no more connections (max_connections, or a limit of its user): raise it, or run fewer silos"),
        PostgresErrorCodes.OutOfMemory => new(DatabaseFaultKind.Crowded, "the database has no memory left"),
        PostgresErrorCodes.DiskFull => new(DatabaseFaultKind.Full,
            "the database's disk is full: nothing can be written until there is room"),
        PostgresErrorCodes.ReadOnlySqlTransaction => new(DatabaseFaultKind.ReadOnly,
            "the database is read-only: it is a standby, or default_transaction_read_only is on"),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new(DatabaseFaultKind.Damaged,
            "the database is damaged (PostgreSQL found corrupted data): restore a backup"),
        PostgresErrorCodes.IoError => new(DatabaseFaultKind.Damaged, "the database's disk fails (I/O error): see the server's log"),
        PostgresErrorCodes.InsufficientPrivilege => new(DatabaseFaultKind.Denied,
            "the database does not let this silo's user do that: it has to own the tables"),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new(DatabaseFaultKind.Denied,
            "the database does not let this silo's user in: name or password is wrong"),
        PostgresErrorCodes.InvalidCatalogName => new(DatabaseFaultKind.Denied, "the server has no such database"),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            => new(DatabaseFaultKind.Away, "the database is starting or ending"),
        var state when state.StartsWith("08", StringComparison.Ordinal) => DatabaseFault.Away,
        var state when state.StartsWith("23", StringComparison.Ordinal) => new(DatabaseFaultKind.Refused,
            $"the database refuses it: the rule {e.ConstraintName ?? state} is broken"),
        var state => new(DatabaseFaultKind.Program, $"the database does not take a statement (SQLSTATE {state}); see the server's log"),
    };

    private static DatabaseFault Of(NpgsqlException e)
    {
        if (e.Message.Contains("pool has been exhausted", StringComparison.Ordinal))
            return new(DatabaseFaultKind.Crowded, "all of this silo's connections to the database are in use");
        return e.InnerException is TimeoutException ? new(DatabaseFaultKind.Away, "the database did not answer in time")
            : DatabaseFault.Away;
    }
}
