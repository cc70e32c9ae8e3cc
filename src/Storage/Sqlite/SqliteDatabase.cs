using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SQLitePCL;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// The database file of a silo alone: opens connections, and applies the numbered schema scripts at start, forwards only, in one
/// transaction each.
/// </summary>
public sealed class SqliteDatabase(string path) : Database, IDisposable
{
    private readonly WriteTurns _turns = new();
    private SqliteWriter? _writer;

    /// <inheritdoc/>
    public override string Name { get; } = $"SQLite {path}";

    /// <inheritdoc/>
    public override string Invariant => "System.Data.SQLite";

    /// <inheritdoc/>
    public override string? MembershipConnectionString => null;

    /// <inheritdoc/>
    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = true,
        DefaultTimeout = 30,
    }.ToString();

    /// <summary>What a connection that is nobody else's connects with.</summary>
    internal string OwnConnectionString { get; } =
        new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString();

    /// <summary>Opens a connection.</summary>
    public async Task<SqliteConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>How long the file is checked at start; a larger one is not checked whole.</summary>
    public TimeSpan CheckTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A file that is made once the database is there, and stays beside it: where it is, an empty database has lost what it held. "":
    /// none.
    /// </summary>
    public string Companion { get; init; } = "";

    /// <summary>Checks the file, creates it where there is none and brings its schema up to date.</summary>
    /// <exception cref="InvalidOperationException">
    /// The file was written by a newer version, is damaged, or is no database; says what to do.
    /// </exception>
    public override async Task MigrateAsync(CancellationToken cancellation)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        StartNotice = new SqliteStartCheck(path, Companion, CheckTime).Run();
        // Made here so that nobody else can read it at any moment; SQLite gives its journals the same mode.
        if (!File.Exists(path))
        {
            await using var file = new FileStream(path,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.ReadWrite,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
        }

        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync("PRAGMA journal_mode = WAL");
        var scripts = Scripts("Sqlite.Schema");
        var applied = await connection.ExecuteScalarAsync<int>("PRAGMA user_version");
        if (applied > scripts.Count)
            throw new InvalidOperationException($"{path} has schema {applied}, newer than this version's {scripts.Count}: start the "
                + "version that wrote it, or restore the backup that was made before the upgrade");
        for (var i = applied; i < scripts.Count; i++)
        {
            await using var transaction = connection.BeginTransaction(deferred: false);
            if (await connection.ExecuteScalarAsync<int>("PRAGMA user_version", transaction: transaction) > i) continue;
            await connection.ExecuteAsync(
                new CommandDefinition(scripts[i].Text, transaction: transaction, cancellationToken: cancellation));
            await connection.ExecuteAsync($"PRAGMA user_version = {i + 1}", transaction: transaction);
            await transaction.CommitAsync(cancellation);
        }

        // By its own number a database knows its log (SqliteStartCheck).
        if (await connection.ExecuteScalarAsync<int>("PRAGMA application_id") == 0)
            await connection.ExecuteAsync($"PRAGMA application_id = {RandomNumberGenerator.GetInt32(1, int.MaxValue)}");
    }

    /// <inheritdoc/>
    public override async ValueTask<IDisposable?> WriteTurnAsync(CancellationToken cancellation)
        => await _turns.TakeAsync(isForTheWire: false, cancellation);

    /// <summary>A turn for what clients on the wire wait for: before documents (<see cref="WriteTurns"/>).</summary>
    public ValueTask<IDisposable> WireTurnAsync(CancellationToken cancellation) => _turns.TakeAsync(isForTheWire: true, cancellation);

    /// <summary>Writes, together with what waits beside it, by statements that stay prepared (<see cref="SqliteWriter"/>).</summary>
    /// <param name="isForTheWire">True for what clients on the wire wait for: that goes first.</param>
    /// <param name="write">Runs the statements, in a transaction. What it throws undoes them, and is thrown here.</param>
    /// <param name="cancellation">Ends the waiting for its turn.</param>
    /// <returns>What the write returned, when it is durable.</returns>
    public Task<T> WriteAsync<T>(bool isForTheWire, Func<SqliteStatements, T> write, CancellationToken cancellation)
        => LazyInitializer.EnsureInitialized(ref _writer, () => new SqliteWriter(this, _turns))
            .RunAsync(isForTheWire, write, cancellation);

    /// <summary>Closes the connections that wait for their next use.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>This silo is all there is.</summary>
    private sealed class NoTurn : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    internal override string MachineRow =>
        """
        UPDATE grain_state SET payload = @payload, version = @version + 1
        WHERE service = @service AND type = 'machine' AND n0 = 0 AND n1 = 0 AND ext = @ext
            AND @version = ifnull((SELECT b.version FROM boot_state AS b WHERE b.uuid = substr(grain_state.ext, 3)), version)
        RETURNING version
        """;

    /// <inheritdoc/>
    protected override async Task<DatabaseFault?> TryWriteAsync(string silo, TimeSpan patience, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            return new(DatabaseFaultKind.Damaged, "the database's file is gone: what is written now is lost when the silo ends; put it "
                + "back, and start the silo anew");
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        waits.CancelAfter(patience);
        IDisposable? turn;
        try
        {
            turn = await WriteTurnAsync(waits.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(DatabaseFaultKind.Locked, $"writes wait: the one before them has not ended in {patience.TotalSeconds:F0} s");
        }

        using (turn)
        {
            // One of its own, which knows no page: what the file has become is read.
            await using var connection = new SqliteConnection(OwnConnectionString);
            await connection.OpenAsync(cancellation);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO health (silo, at) VALUES (@silo, @at) ON CONFLICT (silo) DO UPDATE SET at = excluded.at",
                new { silo, at = Value(TimeProvider.System.GetUtcNow()) }, commandTimeout: (int)Math.Ceiling(patience.TotalSeconds),
                cancellationToken: cancellation));
            return null;
        }
    }

    /// <inheritdoc/>
    internal override object TimeIn(string table, DateTimeOffset time) => table == "event"
        ? time.UtcDateTime.ToString("s", CultureInfo.InvariantCulture) : time.ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    internal override Task<IAsyncDisposable?> AloneAsync(CancellationToken cancellation)
        => Task.FromResult<IAsyncDisposable?>(new NoTurn());

    /// <inheritdoc/>
    internal override IDisposable Limit(DbConnection connection, CancellationToken cancellation)
        => new SqliteTimeLimit((SqliteConnection)connection, QueryTime, cancellation);

    /// <inheritdoc/>
    internal override bool IsOverTime(DbConnection connection, DbException exception)
        => exception is SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT };

    /// <inheritdoc/>
    internal override ListSql Lists { get; } = new SqliteListSql();

    /// <inheritdoc/>
    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellation) => await OpenAsync(cancellation);

    /// <inheritdoc/>
    public override string IsTrue(string column) => $"{column} = 1";

    /// <inheritdoc/>
    internal override string HasInClear(string column, string names)
        // A text is no JSON by itself: what is not an object is not looked into.
        => $"EXISTS (SELECT 1 FROM json_each({column}, '$.Params') AS p WHERE p.key IN ({names}) AND NOT CASE p.type WHEN 'object' THEN "
            + "(SELECT count(*) = 3 AND sum(v.key IN ('Key', 'Nonce', 'Payload') AND v.type = 'text') = 3 FROM json_each(p.value) AS v) "
            + "ELSE 0 END)";

    /// <inheritdoc/>
    internal override string IsFalse(string column, string field) => $"json_type({column}, '$.{field}') = 'false'";

    /// <inheritdoc/>
    internal override string IsAmong(string column, string parameter) => $"{column} IN {parameter}";

    /// <inheritdoc/>
    public override object Value(DateTimeOffset time) => time.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override void AddStores(IServiceCollection services, string folder)
    {
        services.TryAddSingleton(this);
        base.AddStores(services, folder);
        services.AddSingleton<ILeaseStore, SqliteLeaseStore>();
        services.AddSingleton<IBootStateStore, SqliteBootStateStore>();
        services.AddSingleton<ITimelineStore, SqliteTimelineStore>();
        services.AddSingleton<IEventStore, SqliteEventStore>();
        services.AddSingleton<IMachineFeed, SqliteMachineFeed>();
        services.AddSingleton<IJobLogs>(new FileJobLogs(Path.Combine(folder, "job-logs")));
    }
}
