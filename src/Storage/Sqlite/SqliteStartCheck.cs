using System.Globalization;
using Anvil.Contracts;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Looks at a database's files before anything is written to them. SQLite itself takes what it can, says nothing of what it leaves out,
/// and puts the log (WAL) into the file when the last connection closes: a log that does not belong to it would spoil the file.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="companion">A file that is made after the database and stays beside it; "" for none.</param>
/// <param name="time">How long it is checked at most.</param>
internal sealed class SqliteStartCheck(string path, string companion, TimeSpan time)
{
    private const string Restore = "restore a backup, or save what can be read (docs/operations.md, \"A damaged database\")";
    private readonly string _log = $"{path}-wal";

    /// <summary>Checks the files.</summary>
    /// <returns>What people have to know although the database can be used; "" when there is nothing.</returns>
    /// <exception cref="InvalidOperationException">The database cannot be used: which file, why, and what to do.</exception>
    public string Run()
    {
        if (Directory.Exists(path))
            throw Refused(path, "is a directory, where the database's file should be", $"mv '{path}' '{path}.away'");
        try
        {
            var length = File.Exists(path) ? new FileInfo(path).Length : 0;
            var wal = SqliteWal.Read(_log, $"{path}-shm");
            if (length == 0)
            {
                if (wal is null or { Taken: 0 })
                {
                    // Who wants to begin anew moves the file away; an empty one is what a broken file system leaves.
                    if (!File.Exists(path) || !File.Exists(companion)) return "";
                    throw Refused(path, $"is empty, yet {companion} was made for what it held",
                        $"{Restore}; to begin anew: mv '{path}' '{path}.away'");
                }

                throw Refused(path, $"is {(File.Exists(path) ? "empty" : "missing")}, yet its log {_log} holds changes of it",
                    $"put the file back beside its log, or {Restore}; to begin anew: mv '{_log}' '{_log}.away'");
            }

            if (SqliteHeader.Read(path) is not { } header)
                throw Refused(path, "is no SQLite database: its first octets are none of one's, so it is damaged or another file",
                    $"{Restore}; to begin anew: mv '{path}' '{path}.away'");
            if (wal is null or { Taken: 0 } && header.Pages * header.PageSize > length)
                throw Refused(path,
                    $"is truncated: it has {length} octets, and its header says {header.Pages} pages of {header.PageSize}", Restore);
            // Its pages may be a whole database, which SQLite would put in this one's place without a word.
            if (wal is { Taken: > 0, Id: { } id } && header.Id != 0 && id != header.Id) throw Foreign("it is of another database");
            var notice = wal is { IsDamaged: true } ? SetAside(wal) : "";
            Check(wal);
            return notice;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidOperationException(
                $"{path} cannot be opened: {e.Message} It has to belong to the user that runs the silo: chown USER '{path}'*", e);
        }
    }

    /// <summary>SQLite would write over what it leaves out.</summary>
    private string SetAside(SqliteWal wal)
    {
        var copy = $"{_log}.damaged-{TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture)}";
        var written = File.GetLastWriteTimeUtc(_log).ToString("u", CultureInfo.InvariantCulture);
        File.Copy(_log, copy, overwrite: true);
        var lost = wal switch
        {
            { IsHeaderRight: false } => "its header is damaged, so that nothing of it can be taken: all that was written since the last "
                + $"checkpoint is lost (some {wal.Left} pages)",
            { Cut: > 0 } => $"it is truncated: {wal.Cut} pages that were written last are missing, and what they held is lost",
            _ => $"a checksum in it is wrong: {wal.Left} pages from there on, which ended {wal.LeftCommits} transactions, are left out, "
                + "and what those wrote is lost",
        };
        return $"the database's log {_log} (written last {written}) is damaged: {lost}; {wal.Taken} pages before were taken. A copy is "
            + $"{copy}; what was lost is newer than the last backup, so look over what was changed last";
    }

    private void Check(SqliteWal? wal)
    {
        var problem = Problem(path, isAlone: false);
        if (problem is null) return;
        var alone = $"file:{path.Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3f", StringComparison.Ordinal)}?immutable=1";
        if (wal is { Taken: > 0 } && Problem(alone, isAlone: true) is null)
            throw Foreign($"with it the database is malformed ({problem}), without it it is whole");
        throw Refused(path, $"is damaged: {problem}", Restore);
    }

    /// <summary>What SQLite's own check finds; null when nothing, or when its time was over.</summary>
    private string? Problem(string source, bool isAlone)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = isAlone ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            // Until it is known that the log belongs to the file it must not get into it.
            if (!isAlone) raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            using var limit = new SqliteTimeLimit(connection, time, CancellationToken.None);
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(3)";
            using var reader = command.ExecuteReader();
            var found = new List<string>();
            while (reader.Read()) found.Add(reader.GetString(0).ReplaceLineEndings(" "));
            return found is ["ok"] ? null : string.Join("; ", found);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            return null;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB)
        {
            return e.Message;
        }
    }

    private InvalidOperationException Foreign(string reason)
        => Refused(_log, $"does not belong to {path}, or is damaged: {reason}",
            "put the right log in its place, or go on without it (what was written since the last checkpoint is lost): "
            + $"mv '{_log}' '{_log}.away'");

    private static InvalidOperationException Refused(string file, string matter, string remedy)
        => new($"{file} {matter}. Nothing was changed. What to do: {remedy}");
}
