using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Timeline;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Storage.Sqlite;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Anvil.Storage.Tests;

/// <summary>Real files with real damage: what is the matter is named, nothing is changed that could still be saved.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("anvil-faults-");

    private string File => Path.Combine(_folder.FullName, "anvil.db");

    private string Log => $"{File}-wal";

    private string Companion => Path.Combine(_folder.FullName, "secret-key");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("text", "is no SQLite database")]
    [InlineData("header", "is no SQLite database")]
    [InlineData("middle", "is damaged")]
    [InlineData("truncated", "is truncated: it has")]
    [InlineData("missing", "is missing, yet its log")]
    [InlineData("folder", "is a directory")]
    [InlineData("newer", "newer than this version")]
    [InlineData("foreign", "does not belong to")]
    [InlineData("whole foreign", "of another database")]
    [InlineData("emptied", "is empty, yet")]
    public async Task WhatCannotBeUsedIsNamedWithWhatToDoAndIsLeftAsItWas(string damage, string expected)
    {
        await FillAsync(File);
        switch (damage)
        {
            case "text": await System.IO.File.WriteAllTextAsync(File, new string('x', 4096)); break;
            case "header": Overwrite(File, 0, new byte[16]); break;
            case "middle": Overwrite(File, 20 * 4096, Noise(10 * 4096)); break;
            case "truncated": Cut(File, new FileInfo(File).Length / 2 / 4096 * 4096); break;
            case "newer": await ExecuteAsync(File, "PRAGMA user_version = 99"); break;
            case "folder":
                System.IO.File.Delete(File);
                Directory.CreateDirectory(File);
                break;
            case "missing":
                await LeaveLogAsync(File);
                System.IO.File.Delete(File);
                break;
            case "foreign":
                var other = Path.Combine(_folder.FullName, "other.db");
                await FillAsync(other, rows: 3000);
                await LeaveLogAsync(other);
                System.IO.File.Copy($"{other}-wal", Log);
                break;
            // All pages of a database that was begun and killed: SQLite finds nothing wrong with them in a larger one's place.
            case "whole foreign":
                var begun = Path.Combine(_folder.FullName, "begun.db");
                await using (var first = new SqliteConnection($"Data Source={begun};Pooling=False"))
                {
                    using var fresh = new SqliteDatabase(begun);
                    await first.OpenAsync();
                    await first.ExecuteAsync("PRAGMA journal_mode = WAL");
                    await fresh.MigrateAsync(None);
                    System.IO.File.Copy($"{begun}-wal", Log);
                }

                break;
            case "emptied":
                await System.IO.File.WriteAllBytesAsync(File, []);
                await System.IO.File.WriteAllTextAsync(Companion, "a key");
                break;
            default: throw new ArgumentOutOfRangeException(nameof(damage));
        }

        var before = Contents();
        using var database = new SqliteDatabase(File) { Companion = Companion };
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => database.MigrateAsync(None));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        if (damage != "newer") Assert.Contains("What to do: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("checksum", "a checksum in it is wrong")]
    [InlineData("header", "its header is damaged")]
    [InlineData("cut", "it is truncated")]
    public async Task WhatADamagedLogLostIsSaidAndTheRestServes(string damage, string expected)
    {
        await FillAsync(File);
        await LeaveLogAsync(File);
        switch (damage)
        {
            // In the first page of the second transaction of several.
            case "checksum": Overwrite(Log, 32 + (4 * (24 + 4096)), Noise(64)); break;
            case "header": Overwrite(Log, 0, Noise(32)); break;
            default: Cut(Log, 32 + (3 * (24 + 4096))); break;
        }

        var damaged = await System.IO.File.ReadAllBytesAsync(Log);
        using var database = new SqliteDatabase(File);
        await database.MigrateAsync(None);
        Assert.Contains(expected, database.StartNotice, StringComparison.Ordinal);
        Assert.Contains(Log, database.StartNotice, StringComparison.Ordinal);
        var copy = Assert.Single(_folder.EnumerateFiles("*-wal.damaged-*"));
        Assert.Contains(copy.FullName, database.StartNotice, StringComparison.Ordinal);
        Assert.Equal(damaged, await System.IO.File.ReadAllBytesAsync(copy.FullName));
        Assert.Null(await database.ProbeAsync("s", Patience, None));
    }

    [Fact]
    public async Task ALogThatEndsInTheMiddleOfAWriteAndAnIndexOfNoiseLoseNothing()
    {
        await FillAsync(File);
        await LeaveLogAsync(File);
        Cut(Log, new FileInfo(Log).Length - 100);
        await System.IO.File.WriteAllBytesAsync($"{File}-shm", Noise(32768));
        using var database = new SqliteDatabase(File);
        await database.MigrateAsync(None);
        Assert.Equal("", database.StartNotice);
        await using var connection = await database.OpenAsync(None);
        Assert.Equal(9, await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM event WHERE key = 'late'"));
    }

    [Fact]
    public async Task AFileThatIsGoneOrDamagedWhileItIsInUseIsNamed()
    {
        await FillAsync(File);
        using var database = new SqliteDatabase(File);
        await database.MigrateAsync(None);
        Assert.Null(await database.ProbeAsync("s", Patience, None));
        await ExecuteAsync(File, "PRAGMA wal_checkpoint(TRUNCATE)");
        Overwrite(File, 0, Noise(4096));
        var damaged = await database.ProbeAsync("s", Patience, None);
        Assert.Equal(DatabaseFaultKind.Damaged, damaged?.Kind);
        Assert.Contains("damaged (malformed)", damaged!.Text, StringComparison.Ordinal);
        Assert.Equal(damaged, database.Seen?.Fault);
        System.IO.File.Delete(File);
        Assert.Contains("is gone", (await database.ProbeAsync("s", Patience, None))!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALockThatAnotherProgramHoldsIsNamed()
    {
        using var database = await OpenAsync();
        await using var other = new SqliteConnection($"Data Source={File}");
        await other.OpenAsync();
        await other.ExecuteAsync("BEGIN IMMEDIATE");
        var fault = await database.ProbeAsync("s", Patience, None);
        Assert.Equal((DatabaseFaultKind.Locked, "another program holds the lock of the database's file"), (fault?.Kind, fault?.Text));
        await other.ExecuteAsync("ROLLBACK");
        using (await database.WriteTurnAsync(None))
            Assert.Contains("the one before them has not ended", (await database.ProbeAsync("s", Patience, None))!.Text,
                StringComparison.Ordinal);
        Assert.Null(await database.ProbeAsync("s", Patience, None));
    }

    [Fact]
    public async Task AFullDiskIsNamedAndRememberedUntilItIsMended()
    {
        var disk = Path.Combine(_folder.FullName, "disk");
        Directory.CreateDirectory(disk);
        Commands.Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk);
        try
        {
            using var database = new SqliteDatabase(Path.Combine(disk, "anvil.db"));
            await database.MigrateAsync(None);
            await using (var filler = new FileStream(Path.Combine(disk, "filler"), FileMode.Create))
            {
                var full = await Assert.ThrowsAnyAsync<IOException>(async () =>
                {
                    while (true) await filler.WriteAsync(Noise(1 << 16));
                });
                Assert.Equal(DatabaseFaultKind.Full, StorageFaults.Of(full)?.Kind);
            }

            var store = new SqliteTimelineStore(database);
            var line = new TimelineEntry(DateTimeOffset.UtcNow, "", "m", "dhcp", "w", "o", new string('d', 2000));
            var refused = await Assert.ThrowsAsync<SqliteException>(
                () => store.AppendAsync([.. Enumerable.Repeat(line, 1000)], None));
            var fault = database.Of(refused);
            Assert.Equal((DatabaseFaultKind.Full, "the database's disk is full: nothing can be written until there is room"),
                (fault?.Kind, fault?.Text));
            Assert.Equal(DatabaseFaultKind.Full, database.Seen?.Fault.Kind);
            SqliteConnection.ClearAllPools();
        }
        finally
        {
            Commands.Run("umount", "-l", disk);
        }
    }

    [Fact]
    public async Task AReadOnlyFileABrokenRuleAndAStatementThatIsNoneAreToldApart()
    {
        using var database = await OpenAsync();
        async Task<DatabaseFault?> FailAsync(string sql, string more = "")
        {
            await using var connection = new SqliteConnection($"Data Source={File}{more}");
            await connection.OpenAsync();
            return StorageFaults.Of(new InvalidOperationException("around it",
                await Assert.ThrowsAsync<SqliteException>(() => connection.ExecuteAsync(sql))));
        }

        Assert.Equal(DatabaseFaultKind.ReadOnly, (await FailAsync("DELETE FROM event", ";Mode=ReadOnly"))?.Kind);
        var rule = await FailAsync("INSERT INTO catalog_revision (one, revision) VALUES (1, 1)");
        Assert.Equal((409, "the database refuses it: UNIQUE constraint failed: catalog_revision.one"), (rule?.Status, rule?.Text));
        Assert.Equal((DatabaseFaultKind.Program, 500), (await FailAsync("SELECT nothing"))
            is { } program ? (program.Kind, program.Status) : default);
    }

    [Fact]
    public async Task AListThatTakesTooLongIsEndedAndSaysHowToNarrowIt()
    {
        using var database = new SqliteDatabase(File) { QueryTime = TimeSpan.FromMilliseconds(20) };
        await database.MigrateAsync(None);
        await using (var connection = await database.OpenAsync(None))
        {
            await connection.ExecuteAsync(
                """
                WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
                INSERT INTO machine (uuid, name, address, phase, document)
                SELECT printf('%08d', i), 'm' || i, '', '', json_object('Uuid', printf('%08d', i), 'Name', 'm' || i,
                    'Params', json_object('a', printf('%0500d', i))) FROM n;
                INSERT INTO boot_state (uuid, version, record) SELECT uuid, 1, '{}' FROM machine WHERE true ON CONFLICT DO NOTHING
                """);
        }

        var queries = new MachineQueries(database, TimeProvider.System);
        var query = ListParser.Query(MachineFields.Table,
            [new("params.a", ["Ne(x)"]), new("sort", ["params.a"])], _ => ParamUse.Unknown);
        var refused = await Assert.ThrowsAsync<ApiException>(() => queries.PageAsync(query, None));
        Assert.Equal(406, refused.Error.Code);
        Assert.Contains("took longer than 0.02 s: narrow it", refused.Error.Messages[0], StringComparison.Ordinal);
        Assert.Equal(60000, await queries.CountAsync(None));
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private static void Overwrite(string file, long at, byte[] octets)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Position = at;
        stream.Write(octets);
    }

    private static void Cut(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
    }

    /// <summary>What is in the files, but the index, which is made anew, and a log that is empty.</summary>
    private string Contents() => string.Join('\n', _folder.EnumerateFiles()
        .Where(f => f.Length > 0 && !f.Name.EndsWith("-shm", StringComparison.Ordinal))
        .OrderBy(f => f.Name).Select(f => $"{f.Name} {Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(System.IO.File.ReadAllBytes(f.FullName)))}"));

    private static async Task ExecuteAsync(string file, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await connection.ExecuteAsync(sql);
    }

    private async Task<SqliteDatabase> OpenAsync()
    {
        var database = new SqliteDatabase(File);
        await database.MigrateAsync(None);
        return database;
    }

    /// <summary>A database of some hundred pages, closed as it should be.</summary>
    private static async Task FillAsync(string file, int rows = 2000)
    {
        using (var database = new SqliteDatabase(file)) await database.MigrateAsync(None);
        SqliteConnection.ClearAllPools();
        await ExecuteAsync(file,
            $"""
            WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            INSERT INTO timeline (time, machine, mac, source, what, outcome, detail)
            SELECT i, 'm' || i, '', 's', 'w', 'o', printf('%0300d', i * {rows}) FROM n
            """);
    }

    /// <summary>
    /// A log of ten transactions that a process which was killed leaves behind, copied while the connection that wrote it is open.
    /// </summary>
    private static async Task LeaveLogAsync(string file)
    {
        var kept = $"{file}.kept";
        await using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync("PRAGMA wal_autocheckpoint = 0");
            for (var i = 0; i < 10; i++)
            {
                await connection.ExecuteAsync("INSERT INTO event (time, type, action, key, detail) VALUES ('', '', '', 'late', @more)",
                    new { more = new string('e', 5000) });
            }

            foreach (var end in new[] { "", "-wal", "-shm" }) System.IO.File.Copy(file + end, kept + end, overwrite: true);
        }

        foreach (var end in new[] { "", "-wal", "-shm" }) System.IO.File.Move(kept + end, file + end, overwrite: true);
    }
}
