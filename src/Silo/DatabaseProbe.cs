using Anvil.Contracts;
using Anvil.Storage;
using Orleans.Runtime;

namespace Anvil.Silo;

/// <summary>
/// Says whether the database can be written, by writing a row of this silo's own. However often it is asked, it writes once at a time and
/// not more often than every <see cref="Fresh"/>; who asks in between is told what was found then. Thread-safe.
/// </summary>
internal sealed class DatabaseProbe(Database database, ILocalSiloDetails silo, TimeProvider time)
{
    /// <summary>How long what was found is good.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>How long somebody waits for an answer, and the probe for a lock.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>What stopped a write of somebody else's is told for so long: it may be of a table that the probe does not touch.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Task<DatabaseFault?>? _probe;
    private long _ended;

    /// <summary>Writes that were tried.</summary>
    public long Writes { get; private set; }

    /// <summary>What is the matter with the database.</summary>
    public async Task<HealthCheck> CheckAsync(CancellationToken cancellation)
    {
        DatabaseFault? fault;
        try
        {
            fault = await Probe().WaitAsync(Patience + TimeSpan.FromSeconds(1), time, cancellation) ?? Remember();
        }
        catch (TimeoutException)
        {
            fault = Remember() ?? new(DatabaseFaultKind.Away, $"no answer in {Patience.TotalSeconds + 1:F0} s");
        }

        return new HealthCheck("database", fault is null, false, fault?.Text ?? "");
    }

    private Task<DatabaseFault?> Probe()
    {
        lock (_gate)
        {
            if (_probe is { } last && (!last.IsCompleted || time.GetElapsedTime(_ended) < Fresh)) return last;
            Writes++;
            // SQLite's driver works on the thread that asks.
            return _probe = Task.Run(WriteAsync);
        }
    }

    private async Task<DatabaseFault?> WriteAsync()
    {
        using var end = new CancellationTokenSource(Patience * 5, time);
        try
        {
            return await database.ProbeAsync(silo.Name, Patience, end.Token);
        }
        catch (OperationCanceledException)
        {
            return new(DatabaseFaultKind.Away, $"no answer in {Patience.TotalSeconds * 5:F0} s");
        }
        finally
        {
            Volatile.Write(ref _ended, time.GetTimestamp());
        }
    }

    private DatabaseFault? Remember()
    {
        if (database.Seen is not { } seen) return null;
        var ago = time.GetUtcNow() - seen.At;
        if (seen.Fault.Kind == DatabaseFaultKind.Damaged) return seen.Fault;
        return ago < Remembered ? seen.Fault with { Text = $"{seen.Fault.Text} (a write failed {ago.TotalSeconds:F0} s ago)" } : null;
    }
}
