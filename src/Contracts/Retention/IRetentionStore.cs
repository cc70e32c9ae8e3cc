namespace Anvil.Contracts.Retention;

/// <summary>Drops what is too old or too much, in pieces of bounded work, and keeps count of it.</summary>
public interface IRetentionStore
{
    /// <summary>Rows that one statement looks at and drops at most; between two pieces other writes go.</summary>
    const int Piece = 1000;

    /// <summary>Takes the turn to trim: of a cluster's silos one has it at a time.</summary>
    /// <returns>To be disposed when it is over; null while another silo has it.</returns>
    Task<IAsyncDisposable?> TakeTurnAsync(CancellationToken cancellation);

    /// <summary>Looks at the next piece of rows, in the order of their writing, and drops of them what is over a bound.</summary>
    /// <param name="what">timeline, strangers, events or leaseHistory.</param>
    /// <param name="after">Where the last piece ended; 0 at first.</param>
    /// <param name="before">What is older is dropped.</param>
    /// <param name="most">So many rows of the newest stay.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<TrimmedPiece> TrimAsync(string what, long after, DateTimeOffset before, long most, CancellationToken cancellation);

    /// <summary>Drops the oldest lines of machines that have more than their share of what is kept of timelines.</summary>
    /// <param name="most">So many lines of each machine stay.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Lines that were dropped.</returns>
    Task<long> TrimSharesAsync(long most, CancellationToken cancellation);

    /// <summary>Number of jobs that there are beside one for each machine.</summary>
    Task<long> CountJobsAsync(CancellationToken cancellation);

    /// <summary>
    /// Looks at the next piece of jobs, in the order of their beginning, for those that are too old or too many; the last one of a machine
    /// that is there stays.
    /// </summary>
    /// <param name="after">Where the last piece ended.</param>
    /// <param name="before">What began earlier is dropped.</param>
    /// <param name="tooMany">So many of the oldest are dropped, too.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<JobsToTrim> JobsToTrimAsync(JobPlace after, DateTimeOffset before, long tooMany, CancellationToken cancellation);

    /// <summary>Drops a piece of jobs, whose logs are gone already.</summary>
    Task DropJobsAsync(JobsToTrim jobs, CancellationToken cancellation);

    /// <summary>Adds to the count of what was dropped.</summary>
    Task CountAsync(TrimmedTotal more, CancellationToken cancellation);

    /// <summary>What was dropped so far.</summary>
    Task<IReadOnlyList<TrimmedTotal>> TotalsAsync(CancellationToken cancellation);

    /// <summary>What was dropped of a machine's timeline; null when nothing was.</summary>
    Task<TrimmedTotal?> OfMachineAsync(string uuid, CancellationToken cancellation);

    /// <summary>Forgets counts of machines that are gone, and silos that have not been heard of since a time.</summary>
    Task ForgetAsync(DateTimeOffset before, CancellationToken cancellation);
}
