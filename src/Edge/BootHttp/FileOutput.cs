using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Win32.SafeHandles;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// The output of an HTTP connection, straight to its socket: what is flushed was taken by the kernel. Octets of a file need not come by
/// here: the kernel sends them itself (sendfile(2)), and who answers only counts them. For one writer at a time, as any pipe.
/// </summary>
internal sealed partial class FileOutput : PipeWriter, IDuplexPipe
{
    /// <summary>Octets that are read and sent where the socket has no room: to send them is to wait for some.</summary>
    private const int Piece = 64 * 1024;

    private const int Least = 4096;

    /// <summary>errno(3) on Linux.</summary>
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int NotForThis = 22;

    private readonly ConnectionContext _connection;
    private readonly IDuplexPipe _transport;
    private readonly Socket _socket;
    private byte[] _buffer = [];
    private int _length;
    private SafeFileHandle? _file;
    private long _at;

    /// <summary>Octets of the file that are still to be counted, and those that were counted and not sent.</summary>
    private long _announced;
    private long _counted;
    private bool _isOver;

    private FileOutput(ConnectionContext connection, Socket socket)
        => (_connection, _transport, _socket) = (connection, connection.Transport, socket);

    /// <inheritdoc/>
    public PipeReader Input => _transport.Input;

    /// <inheritdoc/>
    public PipeWriter Output => this;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _length + _counted;

    /// <summary>Serves a connection with such an output; as it is, where it has no socket.</summary>
    public static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!OperatingSystem.IsLinux() || connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection);
            return;
        }

        var own = new FileOutput(connection, socket);
        connection.Features.Set(own);
        connection.Transport = own;
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = own._transport;
            await own.CompleteAsync();
        }
    }

    /// <summary>
    /// The next octets that are written here are those of a file, whatever stands in the memory that they are written to. The file stays
    /// open until they are flushed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="from">The first octet.</param>
    /// <param name="length">How many.</param>
    public void Announce(SafeFileHandle file, long from, long length)
    {
        if (_announced + _counted > 0) throw new InvalidOperationException("another file is being sent");
        (_file, _at, _announced) = (file, from, length);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var wanted = Math.Max(sizeHint, Least);
        if (_buffer.Length - _length < wanted)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + wanted, 2 * _length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            GiveBack();
            _buffer = larger;
        }

        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (_announced == 0)
        {
            // It would leave before the file's.
            if (_counted > 0) throw new InvalidOperationException("what was counted of a file is to be flushed first");
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _buffer.Length - _length);
            _length += bytes;
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _announced);
        _announced -= bytes;
        _counted += bytes;
    }

    /// <inheritdoc/>
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            for (var sent = 0; !_isOver && sent < _length;)
                sent += await _socket.SendAsync(_buffer.AsMemory(sent, _length - sent), CancellationToken.None);
            _length = 0;
            if (_buffer.Length > Piece) GiveBack();
            while (!_isOver && _counted > 0) await SendFileAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Whoever listened is gone, or what it was promised: nothing more can be said to it.
            _isOver = true;
            _connection.Abort(new ConnectionAbortedException(e.Message, e));
        }

        return new FlushResult(isCanceled: false, isCompleted: _isOver);
    }

    /// <inheritdoc/>
    // What is flushed ends with the connection at the latest: the server closes it when its client reads too slowly.
    public override void CancelPendingFlush()
    {
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _isOver = true;
        GiveBack();
        _transport.Output.Complete(exception);
    }

    private async ValueTask SendFileAsync()
    {
        var sent = SendFile(_socket.SafeHandle, _file!, ref _at, (nuint)_counted);
        if (sent > 0)
        {
            _counted -= sent;
            return;
        }

        if (sent == 0) throw CutOff();
        var error = Marshal.GetLastPInvokeError();
        if (error == Interrupted) return;
        // A file system that knows no sendfile, or no room: .NET tells when there is some, by sending.
        if (error is not (TryAgain or NotForThis)) throw new SocketException(error);
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            var read = RandomAccess.Read(_file!, piece.AsSpan(0, (int)Math.Min(Piece, _counted)), _at);
            if (read == 0) throw CutOff();
            for (var done = 0; done < read;) done += await _socket.SendAsync(piece.AsMemory(done, read - done), CancellationToken.None);
            _at += read;
            _counted -= read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static IOException CutOff() => new("the file was cut off while it was sent");

    private void GiveBack()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeSocketHandle to, SafeFileHandle from, ref long offset, nuint count);
}
