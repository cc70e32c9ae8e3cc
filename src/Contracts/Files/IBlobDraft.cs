namespace Anvil.Contracts.Files;

/// <summary>A content on its way into the store. For one writer.</summary>
public interface IBlobDraft : IAsyncDisposable
{
    /// <summary>Octets so far.</summary>
    long Length { get; }

    /// <summary>Appends octets.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    Task WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellation);

    /// <summary>SHA-256 of what there is so far.</summary>
    Task<string> HashAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes it a content of the store, in one step once its octets are on the disk. It is not removed until what is returned is disposed:
    /// by then somebody has to know it.
    /// </summary>
    /// <param name="sha256">What <see cref="HashAsync"/> gave.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<IDisposable> StoreAsync(string sha256, CancellationToken cancellation);

    /// <summary>Forgets it, also where it could be gone on with.</summary>
    void Discard();
}
