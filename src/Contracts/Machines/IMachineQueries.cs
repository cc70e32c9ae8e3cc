using Anvil.Contracts.Lists;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>Reads the query tables that are kept in the same transaction as the machines' state.</summary>
public interface IMachineQueries
{
    /// <summary>The machine that has a MAC address.</summary>
    Task<Machine?> FindByMacAsync(string mac, CancellationToken cancellation);

    /// <summary>The machine of a name.</summary>
    Task<Machine?> FindByNameAsync(string name, CancellationToken cancellation);

    /// <summary>The machine of a uuid.</summary>
    Task<Machine?> FindAsync(string uuid, CancellationToken cancellation);

    /// <summary>The machines with one of the names or MAC addresses; each once.</summary>
    Task<IReadOnlyList<Machine>> FindManyAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs, CancellationToken cancellation);

    /// <summary>Machines, by default in order of their uuids.</summary>
    Task<IReadOnlyList<Machine>> ListAsync(ListFilter filter, CancellationToken cancellation);

    /// <summary>Number of machines.</summary>
    Task<long> CountAsync(CancellationToken cancellation);

    /// <summary>Every MAC address with the uuid of its machine.</summary>
    Task<IReadOnlyList<(string Mac, string Uuid)>> MacsAsync(CancellationToken cancellation);

    /// <summary>A job.</summary>
    Task<Job?> FindJobAsync(string uuid, CancellationToken cancellation);

    /// <summary>Jobs, by default in order of their start.</summary>
    Task<IReadOnlyList<Job>> ListJobsAsync(ListFilter filter, CancellationToken cancellation);

    /// <summary>Number of jobs.</summary>
    Task<long> CountJobsAsync(CancellationToken cancellation);

    /// <summary>Deletes a job's row; false when there was none.</summary>
    Task<bool> DeleteJobAsync(string uuid, CancellationToken cancellation);
}
