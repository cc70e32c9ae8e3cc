using Microsoft.Win32.SafeHandles;

namespace Anvil.Edge.Tftp;

/// <summary>A file changed while it was sent.</summary>
public sealed class FileChangedException() : IOException("the file changed while it was sent");

/// <summary>
/// A file as it was when its transfer began, or none: nobody gets the beginning of one file and the end of another. What is put in its
/// place meanwhile (renamed to its name) is another file, and this one goes on; one that is written to or cut off itself ends the
/// transfer, unless it is small and was read whole before.
/// </summary>
public sealed class SteadyFile : Stream
{
    /// <summary>Octets that are read at once; a file that is no larger is read whole before anything is sent.</summary>
    public const int ReadAhead = 64 * 1024;

    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly DateTime _written;
    private byte[] _read = [];
    private int _from;
    private int _end;
    private long _next;

    private SteadyFile(FileStream file)
    {
        (_file, _handle) = (file, file.SafeFileHandle);
        (_written, Length) = (File.GetLastWriteTimeUtc(_handle), RandomAccess.GetLength(_handle));
    }

    /// <summary>Begins to send a file; one that is no larger than what is read at once is read here.</summary>
    /// <param name="file">The file, open; it is closed with what is made of it.</param>
    /// <exception cref="IOException">It could not be read.</exception>
    public static SteadyFile Of(FileStream file)
    {
        var steady = new SteadyFile(file);
        if (steady.Length <= ReadAhead) steady.Refill();
        return steady;
    }

    /// <summary>Octets that it had when it was opened.</summary>
    public override long Length { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_from == _end && !Refill()) return 0;
        var count = Math.Min(buffer.Length, _end - _from);
        _read.AsSpan(_from, count).CopyTo(buffer);
        _from += count;
        return count;
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
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }

    private bool Refill()
    {
        if (_read.Length == 0) _read = new byte[Math.Min(Length, ReadAhead)];
        _from = _end = 0;
        while (_end < _read.Length && _next < Length)
        {
            var count = RandomAccess.Read(_handle, _read.AsSpan(_end, (int)Math.Min(_read.Length - _end, Length - _next)), _next);
            if (count == 0) throw new FileChangedException();
            (_end, _next) = (_end + count, _next + count);
        }

        // After it was read: who writes changes the time before the octets.
        if (_end > 0 && (File.GetLastWriteTimeUtc(_handle) != _written || RandomAccess.GetLength(_handle) != Length))
            throw new FileChangedException();
        return _end > 0;
    }
}
