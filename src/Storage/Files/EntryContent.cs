using Anvil.Contracts.Files;

namespace Anvil.Storage.Files;

/// <summary>The content of an archive's entry, which is read in the time that the whole archive has.</summary>
/// <param name="inner">The content.</param>
/// <param name="faultOf">What becomes of an exception; null for one that is the caller's.</param>
/// <param name="time">Ends with that time.</param>
internal sealed class EntryContent(Stream inner, Func<Exception, Task<ArchiveFaultException?>> faultOf, CancellationToken time)
    : ReadOnceStream
{
    /// <inheritdoc/>
    /// <exception cref="ArchiveFaultException">It is damaged, or the time is over.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            time.ThrowIfCancellationRequested();
            return await inner.ReadAsync(buffer, time).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (await faultOf(e) is { } fault) throw fault;
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
        => ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
}
