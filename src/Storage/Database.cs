using System.Data.Common;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Retention;
using Anvil.Contracts.Subnets;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Anvil.Storage;

/// <summary>The database behind everything that is kept: SQLite for a silo alone, PostgreSQL for a cluster.</summary>
public abstract class Database : IDatabaseFaults
{
    private SeenFault? _seen;
    private SemaphoreSlim? _reading;

    /// <summary>What a list may take; beyond that it is ended.</summary>
    public TimeSpan QueryTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Lists that are read at once; what comes beyond waits for as long as a list may take.</summary>
    public virtual int ListsAtOnce => 16;

    /// <summary>The places of those.</summary>
    internal SemaphoreSlim Reading => LazyInitializer.EnsureInitialized(ref _reading, () => new SemaphoreSlim(ListsAtOnce));

    /// <summary>What stopped a write last; null when nothing has since the database was opened.</summary>
    public SeenFault? Seen => Volatile.Read(ref _seen);

    /// <summary>What was found at start that people have to know, though the silo serves; "" when nothing was.</summary>
    public string StartNotice { get; protected set; } = "";

    /// <summary>Its name for people, without any secret.</summary>
    public abstract string Name { get; }

    /// <summary>Name by which Orleans' AdoNet providers load its driver.</summary>
    public abstract string Invariant { get; }

    /// <summary>What Orleans' storage and reminders connect with.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>
    /// What Orleans' membership connects with, apart, so that a burst of writes cannot keep a silo from saying that it is alive; null
    /// where one silo is all there is.
    /// </summary>
    public abstract string? MembershipConnectionString { get; }

    /// <summary>How lists are asked for.</summary>
    internal abstract ListSql Lists { get; }

    /// <summary>Brings the schema up to date: numbered scripts, forwards only, under a lock, one transaction each.</summary>
    /// <exception cref="InvalidOperationException">The schema is newer than this version can use.</exception>
    public abstract Task MigrateAsync(CancellationToken cancellation);

    /// <summary>Opens a connection.</summary>
    public abstract Task<DbConnection> ConnectAsync(CancellationToken cancellation);

    /// <summary>
    /// Waits until it is this write's turn, where the database takes one writer at a time: those that are told to try again sleep, and
    /// some sleep for very long. The turn is over when what comes back is disposed.
    /// </summary>
    public virtual ValueTask<IDisposable?> WriteTurnAsync(CancellationToken cancellation) => ValueTask.FromResult<IDisposable?>(null);

    /// <summary>A condition that a document says of a field that it is false, and nothing else.</summary>
    internal abstract string IsFalse(string column, string field);

    /// <summary>A condition that a column has one of the texts of a parameter, which is an array.</summary>
    internal abstract string IsAmong(string column, string parameter);

    /// <summary>
    /// A condition that a document has a param of some names (parameters, with commas between) whose value has not the shape of a sealed
    /// one: an object of three texts (SecureData).
    /// </summary>
    internal abstract string HasInClear(string column, string names);

    /// <summary>A condition that a truth holds, on a column that this database keeps it in.</summary>
    public abstract string IsTrue(string column);

    /// <summary>A time as this database keeps it.</summary>
    public abstract object Value(DateTimeOffset time);

    /// <summary>
    /// Puts a machine's state (payload) in the place of the one of a version; gives the new version, and nothing where it is not of that
    /// version any more.
    /// </summary>
    internal abstract string MachineRow { get; }

    /// <summary>Stores the state of a machine that has no row; gives nothing where it has one.</summary>
    internal virtual string NewMachineRow =>
        """
        INSERT INTO grain_state (service, type, n0, n1, ext, payload, version) VALUES (@service, 'machine', 0, 0, @ext, @payload, 1)
        ON CONFLICT (service, type, n0, n1, ext) DO NOTHING RETURNING version
        """;

    /// <summary>A time as a table keeps it: they are of different age.</summary>
    internal abstract object TimeIn(string table, DateTimeOffset time);

    /// <summary>Takes the turn to do what one of all silos does at a time; null while another one does it.</summary>
    internal abstract Task<IAsyncDisposable?> AloneAsync(CancellationToken cancellation);

    /// <summary>The master key that the silos of this database share; the one given becomes it where there is none yet.</summary>
    /// <exception cref="NotSupportedException">A silo alone keeps its key apart from the database.</exception>
    public virtual Task<byte[]> MasterKeyAsync(byte[] fresh, CancellationToken cancellation)
        => throw new NotSupportedException("this database keeps no master key");

    /// <inheritdoc/>
    public DatabaseFault? Of(Exception exception) => StorageFaults.Of(exception) is { } fault ? Noted(fault) : null;

    /// <summary>Writes a row of the silo's own, which says whether others can write; null when it is written.</summary>
    /// <param name="silo">The silo's name.</param>
    /// <param name="patience">How long it waits for a lock.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<DatabaseFault?> ProbeAsync(string silo, TimeSpan patience, CancellationToken cancellation)
    {
        try
        {
            return await TryWriteAsync(silo, patience, cancellation) is { } fault ? Noted(fault) : null;
        }
        catch (Exception e) when (StorageFaults.Of(e) is not null)
        {
            return Of(e);
        }
    }

    /// <summary>Writes the row of <see cref="ProbeAsync"/>; what else it finds to be the matter.</summary>
    protected abstract Task<DatabaseFault?> TryWriteAsync(string silo, TimeSpan patience, CancellationToken cancellation);

    /// <summary>Ends what runs on a connection when <see cref="QueryTime"/> is over, where the driver does not do that itself.</summary>
    /// <returns>To be disposed when the query is over.</returns>
    internal virtual IDisposable? Limit(DbConnection connection, CancellationToken cancellation) => null;

    /// <summary>True when a query failed because its time was over, and not because the database is away.</summary>
    internal abstract bool IsOverTime(DbConnection connection, DbException exception);

    private DatabaseFault Noted(DatabaseFault fault)
    {
        // Damage stays what is told: what was read since came from pages that are whole.
        if (fault.StopsWrites && _seen is not { Fault.Kind: DatabaseFaultKind.Damaged })
            Volatile.Write(ref _seen, new SeenFault(fault, TimeProvider.System.GetUtcNow()));
        return fault;
    }

    /// <summary>Adds the stores on this database.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="folder">The silo's data folder.</param>
    public virtual void AddStores(IServiceCollection services, string folder)
    {
        services.AddSingleton<IDatabaseFaults>(this);
        services.AddSingleton<ICatalogStore, CatalogStore>();
        services.AddSingleton<IMachineQueries, MachineQueries>();
        services.AddSingleton<IReservationStore, ReservationStore>();
        services.AddSingleton<IClearValues, ClearValues>();
        services.AddSingleton<IRetentionStore, RetentionStore>();
        services.AddSingleton<IMachineMoveStore>(s => new MachineMoveStore(this, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId));
    }

    /// <summary>The scripts embedded below a folder, in order of their numbers.</summary>
    protected static IReadOnlyList<(string Name, string Text)> Scripts(string folder)
    {
        var assembly = typeof(Database).Assembly;
        var mark = $".{folder}.";
        var scripts = new List<(string, string)>();
        foreach (var name in assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal) && n.Contains(mark, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            scripts.Add((name[(name.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..], reader.ReadToEnd()));
        }

        return scripts;
    }
}
