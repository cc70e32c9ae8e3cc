namespace Anvil.Silo.Tests.Bounds;

/// <summary>A beginning, and a pattern over and over up to a number of octets; it takes no memory.</summary>
internal sealed class RepeatedStream(byte[] pattern, long octets, byte[]? beginning = null) : Stream
{
    private readonly byte[] _beginning = beginning ?? [];
    private long _at;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _beginning.Length + octets;

    /// <inheritdoc/>
    public override long Position { get => _at; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = (int)Math.Min(count, Length - _at);
        for (var i = 0; i < read; i++, _at++)
            buffer[offset + i] = _at < _beginning.Length ? _beginning[_at] : pattern[(_at - _beginning.Length) % pattern.Length];
        return read;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
