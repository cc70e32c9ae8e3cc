using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Subnets;

/// <summary>
/// What of a subnet's leases is durable, and the way there: one transaction at a time, and all that is decided while one is written goes
/// together into the next (group commit). Each opening takes a new epoch; a journal whose epoch is over can write nothing more. Used
/// from one grain's turns alone.
/// </summary>
/// <param name="subnet">Name of the subnet.</param>
/// <param name="store">Where leases live.</param>
/// <param name="time">For the length of writes.</param>
/// <param name="takeBack">Told of each address whose change did not become durable, with the lease that stands there after all; null for
/// none.</param>
internal sealed class LeaseJournal(string subnet, ILeaseStore store, TimeProvider time, Action<uint, Lease?> takeBack)
{
    private readonly Dictionary<uint, Lease> _durable = [];

    /// <summary>The batch that is being written, and those that wait behind it.</summary>
    private readonly List<LeaseBatch> _queue = [];

    /// <summary>What nobody waits for: it goes with the next batch. Newer than all that is queued for the same addresses.</summary>
    private readonly Dictionary<uint, Lease> _later = [];
    private long _opened;

    /// <summary>The epoch that this journal writes in.</summary>
    public long Epoch { get; private set; }

    /// <summary>A write has failed: what the database holds is not known until it has been opened again.</summary>
    public bool IsAway { get; private set; }

    /// <summary>Another writer has taken the subnet.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whoever wrote before may have made offers that it did not store, and that are still held by their clients.</summary>
    public bool MayLackOffers => time.GetElapsedTime(_opened) < TimeSpan.FromSeconds(LeaseRules.OfferSeconds);

    /// <summary>Takes a new epoch and reads the leases.</summary>
    /// <param name="take">Given what is durable, before anything else can be decided upon it.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task OpenAsync(Action<IReadOnlyList<Lease>> take, CancellationToken cancellation)
    {
        var (epoch, leases) = await store.OpenAsync(subnet, cancellation);
        Epoch = epoch;
        _opened = time.GetTimestamp();
        _durable.Clear();
        foreach (var lease in leases) _durable[IPv4.Parse(lease.Addr)] = lease;
        take(leases);
        IsAway = false;
    }

    /// <summary>The lease at an address as it is known to be durable; null for none.</summary>
    public Lease? Durable(uint address) => _durable.GetValueOrDefault(address);

    /// <summary>Moves the end of what is durable, after the clock jumped; the database learns it by a write of its own.</summary>
    public void Shift(uint address, TimeSpan by)
    {
        if (_durable.TryGetValue(address, out var held)) _durable[address] = held with { ExpireTime = held.ExpireTime + by };
    }

    /// <summary>
    /// Writes leases with the next batch, or not at all where an address has changed once more by then. <see cref="StoreAsync"/> of none
    /// writes them at once.
    /// </summary>
    public void StoreLater(IReadOnlyList<Lease> leases)
    {
        foreach (var lease in leases) _later[IPv4.Parse(lease.Addr)] = lease;
    }

    /// <summary>Writes leases, and those that were to be written later; durable when it returns.</summary>
    /// <exception cref="StaleEpochException">Another writer has taken the subnet; everything was taken back.</exception>
    public async Task StoreAsync(IReadOnlyList<Lease> leases)
    {
        if (leases.Count == 0 && _later.Count == 0) return;
        foreach (var lease in leases) _later.Remove(IPv4.Parse(lease.Addr));
        if (_queue.Count > 0 && _queue[^1] is { IsOpen: true } waiting)
        {
            waiting.Leases.AddRange(leases);
            await waiting.Done;
            return;
        }

        var batch = new LeaseBatch(null);
        batch.Leases.AddRange(leases);
        await RunAsync(batch);
    }

    /// <summary>Deletes the lease at an address, after all that was decided before; durable when it returns.</summary>
    /// <exception cref="StaleEpochException">Another writer has taken the subnet; everything was taken back.</exception>
    public Task DeleteAsync(uint address, MachineEvent? told)
    {
        _later.Remove(address);
        return RunAsync(new LeaseBatch(address, told));
    }

    /// <summary>Waits for the batch's turn and writes it, within the call that began it: nothing of it goes on by itself.</summary>
    private async Task RunAsync(LeaseBatch batch)
    {
        var before = _queue.Count > 0 ? _queue[^1].Done : Task.CompletedTask;
        _queue.Add(batch);
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (batch.Done.IsCompleted)
        {
            await batch.Done;
            return;
        }

        batch.IsOpen = false;
        try
        {
            var began = time.GetTimestamp();
            if (batch.Deleted is { } address)
            {
                await store.DeleteAsync(subnet, Epoch, address, batch.Told, CancellationToken.None);
                _durable.Remove(address);
            }
            else
            {
                TakeLater(batch);
                await store.WriteAsync(subnet, Epoch, batch.Leases, CancellationToken.None);
                AnvilDiagnostics.LeaseWrite.Record(time.GetElapsedTime(began).TotalSeconds);
                AnvilDiagnostics.LeaseBatch.Record(batch.Leases.Count);
                foreach (var lease in batch.Leases) _durable[IPv4.Parse(lease.Addr)] = lease;
            }
        }
        catch (Exception e)
        {
            GiveUp(e);
            throw;
        }

        _queue.Remove(batch);
        batch.Succeed();
    }

    /// <summary>Adds what was to be written later; what was decided upon a batch that waits goes behind it.</summary>
    private void TakeLater(LeaseBatch batch)
    {
        if (_later.Count == 0) return;
        var waiting = _queue.Where(b => b != batch).SelectMany(b => b.Addresses).ToHashSet();
        foreach (var (address, lease) in _later.Where(l => !waiting.Contains(l.Key)).ToList())
        {
            batch.Leases.Add(lease);
            _later.Remove(address);
        }
    }

    /// <summary>Takes back what was decided and not stored, with all that was decided upon it since.</summary>
    private void GiveUp(Exception reason)
    {
        if (reason is StaleEpochException) IsOver = true;
        else IsAway = true;
        var failed = _queue.ToList();
        _queue.Clear();
        foreach (var address in failed.SelectMany(b => b.Addresses).Concat(_later.Keys).Distinct().ToList())
            takeBack(address, Durable(address));
        _later.Clear();
        foreach (var batch in failed) batch.Fail(reason);
    }
}
