using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Anvil.Contracts;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Anvil.Storage.Postgres;

/// <summary>The database of a cluster. The schema's scripts are in deploy/postgres, and applied by whichever silo starts first.</summary>
public sealed partial class PostgresDatabase : Database, IAsyncDisposable
{
    /// <summary>Key of the advisory lock that silos apply scripts under.</summary>
    private const long MigrationLock = 0x416E76696C;

    /// <summary>Key of the advisory lock of the silo that trims.</summary>
    private const long RetentionLock = 0x416E76696D;

    /// <summary>Connections of what the wire waits for.</summary>
    private const int WireConnections = 6;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _wire;

    /// <summary>
    /// A database by its connection string (Npgsql's form). Waiting times that it leaves out are kept short: firmware waits a few seconds.
    /// </summary>
    public PostgresDatabase(string connectionString)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        if (!given.ContainsKey("Timeout")) given.Timeout = 5;
        if (!given.ContainsKey("Command Timeout")) given.CommandTimeout = 10;
        if (!given.ContainsKey("Keepalive")) given.KeepAlive = 10;
        if (!given.ContainsKey("Maximum Pool Size")) given.MaxPoolSize = 30;
        // The providers ask for schemas by name on every connection; what was asked once is prepared.
        if (!given.ContainsKey("Max Auto Prepare")) given.MaxAutoPrepare = 50;
        given.PersistSecurityInfo = false;
        Name = $"PostgreSQL {given.Database} at {given.Host}";
        given.ApplicationName = "anvil";
        ConnectionString = given.ToString();
        _source = NpgsqlDataSource.Create(given);
        ListsAtOnce = Math.Max(1, given.MaxPoolSize / 2);
        given.ApplicationName = "anvil-wire";
        given.MaxPoolSize = WireConnections;
        _wire = NpgsqlDataSource.Create(given);
        given.ApplicationName = "anvil-membership";
        given.MaxPoolSize = 5;
        MembershipConnectionString = given.ToString();
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Invariant => "Npgsql";

    /// <inheritdoc/>
    public override string ConnectionString { get; }

    /// <inheritdoc/>
    public override string MembershipConnectionString { get; }

    /// <inheritdoc/>
    public override int ListsAtOnce { get; }

    /// <summary>
    /// Opens a connection for leases and boot records: of those that nothing else takes, so that no list and no document stands before
    /// them.
    /// </summary>
    internal ValueTask<NpgsqlConnection> OpenWireAsync(CancellationToken cancellation) => _wire.OpenConnectionAsync(cancellation);

    /// <summary>Opens a connection.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => _source.OpenConnectionAsync(cancellation);

    /// <inheritdoc/>
    protected override async Task<DatabaseFault?> TryWriteAsync(string silo, TimeSpan patience, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            $"SET LOCAL lock_timeout = {((int)patience.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}; "
                + "INSERT INTO health (silo, at) VALUES (@silo, now()) ON CONFLICT (silo) DO UPDATE SET at = excluded.at",
            new { silo }, transaction, cancellationToken: cancellation));
        var locked = await connection.QueryAsync<(string Table, double Seconds)>(new CommandDefinition(
            """
            SELECT c.relname::text, max(extract(epoch FROM clock_timestamp() - a.xact_start))::float8
            FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation JOIN pg_stat_activity AS a ON a.pid = l.pid
            WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                AND c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'health'::regclass)
                AND a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - make_interval(secs => @waited)
            GROUP BY c.relname ORDER BY c.relname
            """, new { waited = patience.TotalSeconds }, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        var named = string.Join(", ", locked.Select(l => $"{l.Table} (for {l.Seconds:F0} s)"));
        return named.Length == 0 ? null
            : new(DatabaseFaultKind.Locked, $"somebody else has locked tables of the database, so that writes of them wait: {named}");
    }

    /// <inheritdoc/>
    internal override object TimeIn(string table, DateTimeOffset time) => time.UtcDateTime;

    /// <inheritdoc/>
    internal override async Task<IAsyncDisposable?> AloneAsync(CancellationToken cancellation)
    {
        // A session's lock: it goes with the connection, whatever becomes of the silo.
        var connection = await OpenAsync(cancellation);
        try
        {
            if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "SELECT pg_try_advisory_lock(@RetentionLock)", new { RetentionLock }, cancellationToken: cancellation)))
                return new Turn(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    private sealed class Turn(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await connection.ExecuteAsync("SELECT pg_advisory_unlock(@RetentionLock)", new { RetentionLock });
            }
            catch (NpgsqlException)
            {
                // The server has let go of it with the connection.
            }
            finally
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <inheritdoc/>
    internal override bool IsOverTime(DbConnection connection, DbException exception)
        // When the statement was ended in time, the connection goes on; one to a server that is away does not.
        => exception is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled }
            || (exception is NpgsqlException { InnerException: TimeoutException } && connection.State == ConnectionState.Open);

    /// <inheritdoc/>
    internal override ListSql Lists { get; } = new PostgresListSql();

    /// <inheritdoc/>
    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellation) => await OpenAsync(cancellation);

    /// <inheritdoc/>
    public override string IsTrue(string column) => column;

    /// <inheritdoc/>
    internal override string HasInClear(string column, string names)
        => $"EXISTS (SELECT 1 FROM jsonb_each(CASE jsonb_typeof({column} -> 'Params') WHEN 'object' THEN {column} -> 'Params' "
            + $"ELSE '{{}}' END) AS p WHERE p.key IN ({names}) AND NOT (CASE jsonb_typeof(p.value) WHEN 'object' THEN "
            + "(SELECT count(*) = 3 AND bool_and(v.key IN ('Key', 'Nonce', 'Payload') AND jsonb_typeof(v.value) = 'string') "
            + "FROM jsonb_each(p.value) AS v) ELSE false END))";

    /// <inheritdoc/>
    internal override string IsFalse(string column, string field) => $"{column} ->> '{field}' = 'false'";

    /// <inheritdoc/>
    internal override string IsAmong(string column, string parameter) => $"{column} = ANY({parameter})";

    /// <inheritdoc/>
    public override object Value(DateTimeOffset time) => time.UtcDateTime;

    /// <inheritdoc/>
    public override async Task MigrateAsync(CancellationToken cancellation)
    {
        var scripts = Scripts("Postgres");
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition("SELECT pg_advisory_lock(@MigrationLock)", new { MigrationLock }, commandTimeout: 120,
                cancellationToken: cancellation));
        try
        {
            await connection.ExecuteAsync(
                "CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL PRIMARY KEY, name text NOT NULL, oldest int NOT NULL, "
                    + "applied timestamptz NOT NULL DEFAULT now())");
            var (applied, oldest) =
                await connection.QuerySingleAsync<(int, int)>(
                    "SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM schema_version");
            if (oldest > scripts.Count)
                throw new InvalidOperationException(
                    $"{Name} has schema {applied}, which a version with schema {oldest} or later can use; this one has {scripts.Count}");
            for (var i = applied; i < scripts.Count; i++)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                await connection.ExecuteAsync(
                    new CommandDefinition(scripts[i].Text, transaction: transaction, commandTimeout: 0, cancellationToken: cancellation));
                await connection.ExecuteAsync("INSERT INTO schema_version (version, name, oldest) VALUES (@version, @name, @oldest)",
                    new { version = i + 1, name = scripts[i].Name, oldest = OldestOf(scripts[i]) }, transaction);
                await transaction.CommitAsync(cancellation);
            }
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(@MigrationLock)", new { MigrationLock });
        }
    }

    /// <inheritdoc/>
    public override async Task<byte[]> MasterKeyAsync(byte[] fresh, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition("INSERT INTO master_key (one, key) VALUES (1, @fresh) ON CONFLICT (one) DO NOTHING", new { fresh },
                cancellationToken: cancellation));
        return (await connection.ExecuteScalarAsync<byte[]>(
            new CommandDefinition("SELECT key FROM master_key", cancellationToken: cancellation)))!;
    }

    /// <inheritdoc/>
    public override void AddStores(IServiceCollection services, string folder)
    {
        services.TryAddSingleton(this);
        base.AddStores(services, folder);
        services.AddSingleton<ILeaseStore, PostgresLeaseStore>();
        services.AddSingleton<IBootStateStore, PostgresBootStateStore>();
        services.AddSingleton<ITimelineStore, PostgresTimelineStore>();
        services.AddSingleton<IEventStore, PostgresEventStore>();
        services.AddSingleton<IMachineFeed, PostgresMachineFeed>();
        services.AddSingleton<IJobLogs, PostgresJobLogs>();
    }

    /// <inheritdoc/>
    internal override string MachineRow => "SELECT grain_state_write(@service, 'machine', 0, 0, @ext, @payload, @version::int)";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync();
        await _source.DisposeAsync();
    }

    /// <summary>
    /// A script says in a line `-- oldest: N` which schema's programs can still run on what it makes: they go on during a rolling upgrade.
    /// </summary>
    private static int OldestOf((string Name, string Text) script)
        => OldestLine().Match(script.Text) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{script.Name} lacks its line -- oldest: N");

    [GeneratedRegex("^-- oldest: ([0-9]+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex OldestLine();
}
