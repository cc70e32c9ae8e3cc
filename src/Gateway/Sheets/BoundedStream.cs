using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// What a part of an archive unpacks to, counted as it comes and not believed: against what the whole archive may have, and against what
/// its reader may take before it gives something back.
/// </summary>
/// <param name="packed">The part.</param>
/// <param name="budget">Octets that the archive may still unpack to.</param>
/// <param name="mostAtOnce">Most octets between two calls of <see cref="Begin"/>.</param>
internal sealed class BoundedStream(Stream packed, BoundedStream.Budget budget, int mostAtOnce) : Stream
{
    private int _sinceBegin;

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

    /// <summary>The reader has given back what it took, and goes on.</summary>
    public void Begin() => _sinceBegin = 0;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var read = packed.Read(buffer);
        _sinceBegin += read;
        if (_sinceBegin > mostAtOnce) throw new SheetException($"the XLSX file holds an item of more than {mostAtOnce >> 20} MiB");
        budget.Take(read);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

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
        if (disposing) packed.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Octets that all parts of an archive together may unpack to.</summary>
    /// <param name="most">How many.</param>
    internal sealed class Budget(long most)
    {
        private long _taken;

        /// <summary>Takes some.</summary>
        /// <exception cref="SheetException">No more are left.</exception>
        public void Take(int octets)
        {
            _taken += octets;
            if (_taken > most) throw new SheetException($"the XLSX file unpacks to more than {most >> 20} MiB");
        }
    }
}
