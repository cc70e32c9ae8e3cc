using Anvil.Contracts.Files;

namespace Anvil.Objects.Verbs;

/// <summary>A stream that is read once, of which each piece is counted before it is handed on.</summary>
internal sealed class CountedStream(Stream inner, Action<int> count) : ReadOnceStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        count(read);
        return read;
    }
}
