namespace Anvil.Protocols.Tftp;

/// <summary>Reads a file as netascii (RFC 764 as RFC 1350 uses it): LF becomes CR LF, CR becomes CR NUL.</summary>
public sealed class NetasciiStream(Stream inner) : Stream
{
    private int _held = -1;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var written = 0;
        while (written < count)
        {
            if (_held >= 0)
            {
                buffer[offset + written++] = (byte)_held;
                _held = -1;
                continue;
            }

            var next = inner.ReadByte();
            if (next < 0) break;
            if (next is '\n' or '\r')
            {
                buffer[offset + written++] = (byte)'\r';
                _held = next == '\n' ? '\n' : 0;
            }
            else
            {
                buffer[offset + written++] = (byte)next;
            }
        }

        return written;
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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
