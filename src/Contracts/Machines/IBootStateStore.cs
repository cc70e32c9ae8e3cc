namespace Anvil.Contracts.Machines;

/// <summary>
/// Where machines' boot records live, beside their documents. One number for each machine counts the writes of both, so that a write of
/// either is refused when it was decided upon what is not so any more.
/// </summary>
public interface IBootStateStore
{
    /// <summary>
    /// Writes records with their events in one transaction; durable when it returns. Each counts its machine's version up by one.
    /// </summary>
    /// <param name="writes">The records, each of another machine.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The machines whose record was written; the others are of another version, or are no more.</returns>
    Task<IReadOnlySet<string>> WriteAsync(IReadOnlyList<BootWrite> writes, CancellationToken cancellation);
}
