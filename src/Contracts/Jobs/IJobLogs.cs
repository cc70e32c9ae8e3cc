using Anvil.Provisioning.Catalog;

namespace Anvil.Contracts.Jobs;

/// <summary>Where job logs live.</summary>
public interface IJobLogs
{
    /// <summary>Most bytes that one job's log may have.</summary>
    const long MostBytes = 64L << 20;

    /// <summary>Appends to a job's log, until it is full or the disk is.</summary>
    Task<LogAppend> AppendAsync(Guid job, Stream content, CancellationToken cancellation);

    /// <summary>Copies a job's log to a stream; nothing when nothing was logged.</summary>
    Task CopyToAsync(Guid job, Stream target, CancellationToken cancellation);

    /// <summary>A number of octets that grows at least as fast as all logs together do; what it begins with says nothing.</summary>
    ValueTask<long> GrownAsync(CancellationToken cancellation);

    /// <summary>
    /// Octets by which logs may grow before their disk has too little left for others; below 0 so many are too much. Null where the disk
    /// is not known.
    /// </summary>
    long? Room => null;

    /// <summary>The logs that there are, without those of which nothing is left but a note.</summary>
    Task<IReadOnlyList<StoredLog>> ListAsync(CancellationToken cancellation);

    /// <summary>Drops a job's log, in pieces, and puts a note in its place: who reads the log reads that.</summary>
    Task TrimAsync(Guid job, string note, CancellationToken cancellation);

    /// <summary>Deletes a job's log.</summary>
    Task DeleteAsync(Guid job, CancellationToken cancellation);
}
