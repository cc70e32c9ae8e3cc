using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Machines;

namespace Anvil.Contracts.Machines;

/// <summary>Reads the query tables that are kept in the same transaction as the machines' state.</summary>
public interface IMachineQueries
{
    /// <summary>The uuid of the machine that has a MAC address.</summary>
    Task<string?> UuidOfMacAsync(string mac, CancellationToken cancellation);

    /// <summary>The uuid of the machine of a name, in either case (RFC 4343).</summary>
    Task<string?> UuidOfNameAsync(string name, CancellationToken cancellation);

    /// <summary>Octets of a machine's document, which is not read; 0 where there is none.</summary>
    Task<long> OctetsOfAsync(string uuid, CancellationToken cancellation);

    /// <summary>The machine of a uuid.</summary>
    Task<Machine?> FindAsync(string uuid, CancellationToken cancellation);

    /// <summary>The machines with one of the names, in either case, or MAC addresses; each once.</summary>
    Task<IReadOnlyList<Machine>> FindManyAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        CancellationToken cancellation);

    /// <summary>The uuids of machines with a serial number or asset tag (<see cref="HardwareIdentity"/>), at most some.</summary>
    Task<IReadOnlyList<string>> UuidsOfMarkAsync(string mark, string value, int most, CancellationToken cancellation);

    /// <summary>As <see cref="FindManyAsync"/>, one at a time: no more than one is held here; one may come twice.</summary>
    IAsyncEnumerable<Machine> FindEachAsync(IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs,
        CancellationToken cancellation);

    /// <summary>The machines that have one of some addresses, one at a time.</summary>
    IAsyncEnumerable<Machine> WithAddressesAsync(IReadOnlyCollection<uint> addresses, CancellationToken cancellation);

    /// <summary>Machines, by default in order of their uuids. Fields are those of <see cref="MachineFields"/>.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: the page is too long, or a regular expression takes too
    /// long.</exception>
    Task<IReadOnlyList<Machine>> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Machines as <see cref="ListAsync"/> gives them, with the counts.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: the page is too long, or a regular expression takes too
    /// long.</exception>
    Task<ListPage<Machine>> PageAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>As <see cref="PageAsync"/>, with what is stored: rows that are handed on need not be read.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: the page is too long, or a regular expression takes too
    /// long.</exception>
    Task<ListPage<StoredMachine>> StoredAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>The uuids of the machines that <see cref="ListAsync"/> gives, in its order; no machine is read.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: a regular expression takes too long.</exception>
    async Task<IReadOnlyList<string>> UuidsAsync(ListQuery query, CancellationToken cancellation)
        => [.. (await ListAsync(query, cancellation)).Select(m => m.Uuid)];

    /// <summary>How often each value of a field occurs in the machines that a list's filters leave.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: a regular expression takes too long.</exception>
    Task<IReadOnlyList<FacetCount>> FacetAsync(ListQuery query, Field field, CancellationToken cancellation);

    /// <summary>Number of machines.</summary>
    Task<long> CountAsync(CancellationToken cancellation);

    /// <summary>How many machines have registered themselves, and nobody has approved of them.</summary>
    /// <param name="subnet">Name of a subnet in which they did; "" for in none.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<UnapprovedCount> CountUnapprovedAsync(string subnet, CancellationToken cancellation);

    /// <summary>Machines that registered themselves, that nobody has approved of, and that have no job, by uuid.</summary>
    /// <param name="after">Those behind this uuid.</param>
    /// <param name="most">So many at most.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<IReadOnlyList<Machine>> UnapprovedAsync(string after, int most, CancellationToken cancellation);

    /// <summary>A job.</summary>
    Task<Job?> FindJobAsync(string uuid, CancellationToken cancellation);

    /// <summary>Jobs, by default in order of their start, with the counts. Fields are those of <see cref="JobFields"/>.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: the page is too long, or a regular expression takes too
    /// long.</exception>
    Task<ListPage<Job>> PageJobsAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>How often each value of a field occurs in the jobs that a list's filters leave.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">406: a regular expression takes too long.</exception>
    Task<IReadOnlyList<FacetCount>> FacetJobsAsync(ListQuery query, Field field, CancellationToken cancellation);

    /// <summary>Deletes a job's row, unless something is wrong with that as it is at that moment.</summary>
    /// <param name="uuid">The job.</param>
    /// <param name="problem">What is wrong with deleting it; null for nothing.</param>
    /// <param name="told">The event that tells of it, in the same transaction.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The problem; 404 where there is no such job; null once it is deleted.</returns>
    Task<ApiError?> DeleteJobAsync(string uuid, Func<Job, ApiError?> problem, MachineEvent told, CancellationToken cancellation);
}

/// <summary>Machines that have registered themselves, and that nobody has approved of.</summary>
/// <param name="All">All of them.</param>
/// <param name="OfSubnet">Those of one subnet.</param>
/// <param name="Doubted">Those whose registration is doubted.</param>
/// <param name="DoubtedOfSubnet">Those of that subnet.</param>
public readonly record struct UnapprovedCount(long All, long OfSubnet, long Doubted, long DoubtedOfSubnet);
