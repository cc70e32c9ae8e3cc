using System.Data.Common;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Tests.Subnets;

/// <summary>Leases in memory behind a database that the test slows down, takes away, or gives to another writer.</summary>
internal sealed class FakeLeaseStore : ILeaseStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, Lease> _leases = [];
    private TaskCompletionSource? _gate;
    private long _epoch;

    /// <summary>Sizes of the writes, in their order.</summary>
    public List<int> Writes { get; } = [];

    /// <summary>What the events tell, in their order.</summary>
    public List<MachineEvent> Told { get; } = [];

    /// <summary>Every opening.</summary>
    public int Openings { get; private set; }

    /// <summary>Writes that have begun, held back ones included.</summary>
    public int Begun { get; private set; }

    /// <summary>True: nothing can be read or written.</summary>
    public bool IsAway { get; set; }

    /// <summary>Leases as they are stored.</summary>
    public Lease? At(string address)
    {
        lock (_lock) return _leases.GetValueOrDefault(IPv4.Parse(address));
    }

    /// <summary>Holds writes back until they are let go.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets writes go.</summary>
    public void LetGo() => _gate!.SetResult();

    /// <summary>Another activation takes the subnet.</summary>
    public void TakeOver() => _epoch++;

    public Task<(long Epoch, IReadOnlyList<Lease> Leases)> OpenAsync(string subnet, CancellationToken cancellation)
    {
        if (IsAway) throw new AwayException();
        lock (_lock)
        {
            Openings++;
            return Task.FromResult<(long, IReadOnlyList<Lease>)>((++_epoch, [.. _leases.Values]));
        }
    }

    public async Task WriteAsync(string subnet, long epoch, IReadOnlyList<Lease> leases, CancellationToken cancellation)
    {
        Begun++;
        if (_gate is { } gate) await gate.Task;
        Check(subnet, epoch);
        lock (_lock)
        {
            Writes.Add(leases.Count);
            foreach (var lease in leases) _leases[IPv4.Parse(lease.Addr)] = lease;
        }
    }

    public async Task DeleteAsync(string subnet, long epoch, uint address, MachineEvent? told, CancellationToken cancellation)
    {
        Begun++;
        if (_gate is { } gate) await gate.Task;
        Check(subnet, epoch);
        lock (_lock) _leases.Remove(address);
        if (told is not null) Told.Add(told);
    }

    public Task<ListPage<Lease>> PageAsync(ListQuery query, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain lists nothing");

    public Task<IReadOnlyList<Lease>> LiveOfAsync(IReadOnlyCollection<string> tokens, DateTimeOffset now, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain keeps its leases in memory");

    public Task<Lease?> FindAsync(uint address, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain keeps its leases in memory");

    public Task<IReadOnlyList<LeaseHolding>> HistoryAsync(uint? address, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain reads no history");

    private void Check(string subnet, long epoch)
    {
        if (IsAway) throw new AwayException();
        if (epoch != _epoch) throw new StaleEpochException(subnet, epoch);
    }

    private sealed class AwayException() : DbException("the database is away");
}
