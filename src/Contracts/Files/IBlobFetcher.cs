namespace Anvil.Contracts.Files;

/// <summary>Brings contents that other silos have to this one.</summary>
public interface IBlobFetcher
{
    /// <summary>
    /// Sees to it that a content is here: fetched once, however many ask, and verified by its hash. What takes longer than one waits for
    /// goes on.
    /// </summary>
    /// <param name="sha256">Its hash.</param>
    /// <param name="size">Its octets.</param>
    /// <param name="patience">How long the caller waits.</param>
    /// <param name="cancellation">Ends the waiting, not what is being fetched.</param>
    /// <returns>"" once it is here; else why it is not.</returns>
    Task<string> EnsureAsync(string sha256, long size, TimeSpan patience, CancellationToken cancellation);
}
