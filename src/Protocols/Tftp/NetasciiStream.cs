namespace Anvil.Protocols.Tftp;

/// <summary>Reads a file as netascii (RFC 764 as RFC 1350 uses it): LF becomes CR LF, CR becomes CR NUL.</summary>
public sealed class NetasciiStream(Stream inner) : Stream
{
    private const int ReadAhead = 16 * 1024;

    /// <summary>Nothing before it is read from: who only asked has no memory.</summary>
    private byte[] _read = [];
    private int _from;
    private int _end;

    /// <summary>The second octet of a pair whose first was the last that there was room for.</summary>
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
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var written = 0;
        while (written < buffer.Length)
        {
            if (_held >= 0)
            {
                buffer[written++] = (byte)_held;
                _held = -1;
                continue;
            }

            if (_from == _end)
            {
                if (_read.Length == 0) _read = new byte[ReadAhead];
                (_from, _end) = (0, inner.Read(_read));
                if (_end == 0) break;
            }

            // What stands between the ends of lines is copied as a whole.
            var rest = _read.AsSpan(_from, Math.Min(_end - _from, buffer.Length - written));
            var plain = rest.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at ? at : rest.Length;
            rest[..plain].CopyTo(buffer[written..]);
            (_from, written) = (_from + plain, written + plain);
            if (plain == rest.Length) continue;
            _held = _read[_from++] == '\n' ? '\n' : 0;
            buffer[written++] = (byte)'\r';
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
