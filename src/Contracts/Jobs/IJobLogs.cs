namespace Anvil.Contracts.Jobs;

/// <summary>Where job logs live.</summary>
public interface IJobLogs
{
    /// <summary>Most bytes that one job's log may have.</summary>
    const long MostBytes = 64L << 20;

    /// <summary>Appends to a job's log; false when it is full.</summary>
    Task<bool> AppendAsync(Guid job, Stream content, CancellationToken cancellation);

    /// <summary>Copies a job's log to a stream; nothing when nothing was logged.</summary>
    Task CopyToAsync(Guid job, Stream target, CancellationToken cancellation);

    /// <summary>Deletes a job's log.</summary>
    Task DeleteAsync(Guid job, CancellationToken cancellation);
}
