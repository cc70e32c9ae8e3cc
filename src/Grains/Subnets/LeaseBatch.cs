using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Subnets;

/// <summary>What goes to the database in one transaction: leases to be written, or one to be deleted.</summary>
/// <param name="deleted">The address whose lease is deleted; null for a batch of leases.</param>
/// <param name="told">The event that tells of the deletion; null where nobody asked for it.</param>
internal sealed class LeaseBatch(uint? deleted, MachineEvent? told = null)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Leases to be written, in the order that they were decided in.</summary>
    public List<Lease> Leases { get; } = [];

    /// <summary>The address whose lease is deleted; null for a batch of leases.</summary>
    public uint? Deleted { get; } = deleted;

    /// <summary>The event that tells of the deletion; null where nobody asked for it.</summary>
    public MachineEvent? Told { get; } = told;

    /// <summary>More leases can join: its turn has not come yet.</summary>
    public bool IsOpen { get; set; } = deleted is null;

    /// <summary>Ends when all of it is durable; fails with what kept it from being so.</summary>
    public Task Done => _done.Task;

    /// <summary>Every address that the batch changes.</summary>
    public IEnumerable<uint> Addresses => Deleted is { } address ? [address] : Leases.Select(l => IPv4.Parse(l.Addr));

    /// <summary>It is durable.</summary>
    public void Succeed() => _done.TrySetResult();

    /// <summary>It is not, and will not be.</summary>
    public void Fail(Exception reason)
    {
        _done.TrySetException(reason);
        // Nobody may be waiting for it.
        _ = _done.Task.Exception;
    }
}
