using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Contracts.Subnets;

/// <summary>Where leases live. A writer takes an epoch of its subnet first; writes of an older epoch fail.</summary>
public interface ILeaseStore
{
    /// <summary>Takes a new epoch of a subnet and reads its leases, in one transaction.</summary>
    Task<(long Epoch, IReadOnlyList<Lease> Leases)> OpenAsync(string subnet, CancellationToken cancellation);

    /// <summary>Writes leases in one transaction; durable when it returns.</summary>
    /// <exception cref="StaleEpochException">Another writer has taken the subnet since.</exception>
    Task WriteAsync(string subnet, long epoch, IReadOnlyList<Lease> leases, CancellationToken cancellation);

    /// <summary>Deletes the lease at an address.</summary>
    /// <param name="subnet">The subnet.</param>
    /// <param name="epoch">The writer's epoch.</param>
    /// <param name="address">The address.</param>
    /// <param name="told">The event that tells of it, in the same transaction; null for none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StaleEpochException">Another writer has taken the subnet since.</exception>
    Task DeleteAsync(string subnet, long epoch, uint address, MachineEvent? told, CancellationToken cancellation);

    /// <summary>A page of a list of all subnets' leases.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: the page is too long, or it takes too long.</exception>
    Task<ListPage<Lease>> PageAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>The lease at an address, whatever its state; where several subnets have had one, the one that ends last.</summary>
    Task<Lease?> FindAsync(uint address, CancellationToken cancellation);

    /// <summary>The leases that some clients hold now, in any subnet: one question, whatever else they have had.</summary>
    Task<IReadOnlyList<Lease>> LiveOfAsync(IReadOnlyCollection<string> tokens, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Who held an address (or, with null, each address), oldest first. Kept in the same transaction as the leases.</summary>
    Task<IReadOnlyList<LeaseHolding>> HistoryAsync(uint? address, CancellationToken cancellation);
}

/// <summary>A writer whose epoch is over tried to write.</summary>
public sealed class StaleEpochException(string subnet, long epoch) : Exception($"subnet {subnet}: epoch {epoch} is over");
