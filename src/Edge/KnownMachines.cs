using System.Collections.Concurrent;
using Anvil.Contracts;
using Anvil.Contracts.Machines;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Anvil.Edge;

/// <summary>
/// Which machine has a MAC address. The database says; while it is away, the addresses that it last listed do, with the machine
/// as its grain has it in memory, else as this edge saw it last.
/// </summary>
public sealed partial class KnownMachines(IMachineQueries queries, IGrainFactory grains, TimeProvider time, ILogger<KnownMachines> logger) : BackgroundService
{
    private const int MostSeen = 20_000;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    /// <summary>How long nobody asks again after a failure: a packet shall not wait for a connection that will fail.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Machine> _seen = new(StringComparer.Ordinal);
    private volatile IReadOnlyDictionary<string, string> _macs = new Dictionary<string, string>(StringComparer.Ordinal);
    private long _awayUntil;

    /// <summary>The machine with a MAC address; null when there is none, or when none is known while the database is away.</summary>
    public async Task<Machine?> FindAsync(string mac, CancellationToken cancellation)
    {
        if (time.GetUtcNow().UtcTicks >= Interlocked.Read(ref _awayUntil))
        {
            try
            {
                var machine = await queries.FindByMacAsync(mac, cancellation);
                Remember(mac, machine);
                return machine;
            }
            catch (Exception e) when (DatabaseFailure.Is(e) && !cancellation.IsCancellationRequested)
            {
                if (Interlocked.Exchange(ref _awayUntil, (time.GetUtcNow() + Pause).UtcTicks) == 0) LogAway(e);
            }
        }

        return await WithoutDatabaseAsync(mac);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                var macs = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var (mac, uuid) in await queries.MacsAsync(stoppingToken)) macs[mac] = uuid;
                _macs = macs;
                Interlocked.Exchange(ref _awayUntil, 0);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                LogAway(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<Machine?> WithoutDatabaseAsync(string mac)
    {
        _seen.TryGetValue(mac, out var seen);
        if ((seen?.Uuid ?? _macs.GetValueOrDefault(mac)) is not { } uuid) return null;
        try
        {
            var reply = await grains.GetGrain<IMachineGrain>(GrainKeys.Machine(uuid)).Get();
            return reply.Body is null ? null : Json.Read<Machine>(reply.Body);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            // The grain is not in memory, and cannot be read.
            return seen;
        }
    }

    private void Remember(string mac, Machine? machine)
    {
        if (machine is null) _seen.TryRemove(mac, out _);
        else
        {
            if (_seen.Count >= MostSeen) _seen.Clear();
            _seen[mac] = machine;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the database does not answer; machines are known from memory")]
    private partial void LogAway(Exception exception);
}
