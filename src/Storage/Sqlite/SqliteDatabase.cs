using System.Data.Common;
using System.Globalization;
using Anvil.Contracts.Events;
using Anvil.Contracts.Jobs;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// The database file of a silo alone: opens connections, and applies the numbered schema scripts at start, forwards only, in one
/// transaction each.
/// </summary>
public sealed class SqliteDatabase(string path) : Database, IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);

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

    /// <summary>Opens a connection.</summary>
    public async Task<SqliteConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>Creates the file where there is none and brings its schema up to date.</summary>
    /// <exception cref="InvalidOperationException">The file was written by a newer version.</exception>
    public override async Task MigrateAsync(CancellationToken cancellation)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
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
            throw new InvalidOperationException($"{path} has schema {applied}, newer than this version's {scripts.Count}");
        for (var i = applied; i < scripts.Count; i++)
        {
            await using var transaction = connection.BeginTransaction(deferred: false);
            if (await connection.ExecuteScalarAsync<int>("PRAGMA user_version", transaction: transaction) > i) continue;
            await connection.ExecuteAsync(
                new CommandDefinition(scripts[i].Text, transaction: transaction, cancellationToken: cancellation));
            await connection.ExecuteAsync($"PRAGMA user_version = {i + 1}", transaction: transaction);
            await transaction.CommitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IDisposable?> WriteTurnAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        return new Turn(_writing);
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private sealed class Turn(SemaphoreSlim writing) : IDisposable
    {
        public void Dispose() => writing.Release();
    }

    /// <inheritdoc/>
    internal override ListSql Lists { get; } = new SqliteListSql();

    /// <inheritdoc/>
    public override async Task<DbConnection> ConnectAsync(CancellationToken cancellation) => await OpenAsync(cancellation);

    /// <inheritdoc/>
    public override string IsTrue(string column) => $"{column} = 1";

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
