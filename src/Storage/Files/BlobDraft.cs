using System.Security.Cryptography;
using Anvil.Contracts.Files;

namespace Anvil.Storage.Files;

/// <summary>A content on its way: it is hashed while it comes, and once more from the disk where it began before this draft.</summary>
internal sealed class BlobDraft : IBlobDraft
{
    private const int Piece = 1 << 20;

    private readonly BlobStore _store;
    private readonly string _path;
    private readonly bool _isKept;
    private readonly FileStream _file;
    private readonly IncrementalHash? _hash;
    private bool _isGone;

    /// <summary>Opens its file, at its end.</summary>
    public BlobDraft(BlobStore store, string path, bool isKept)
    {
        (_store, _path, _isKept) = (store, path, isKept);
        try
        {
            _file = OwnFile.Write(path);
        }
        catch
        {
            store.Release(path, isGone: false);
            throw;
        }

        _file.Position = Length = _file.Length;
        if (Length == 0) _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public async Task WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellation)
    {
        await _file.WriteAsync(octets, cancellation);
        _hash?.AppendData(octets.Span);
        Length += octets.Length;
    }

    /// <inheritdoc/>
    public async Task<string> HashAsync(CancellationToken cancellation)
    {
        if (_hash is not null) return Convert.ToHexStringLower(_hash.GetCurrentHash());
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[Piece];
        for (var at = 0L; at < Length;)
        {
            var read = await RandomAccess.ReadAsync(_file.SafeFileHandle, piece, at, cancellation);
            if (read == 0) throw new IOException("what was written is not there any more");
            whole.AppendData(piece, 0, read);
            at += read;
        }

        return Convert.ToHexStringLower(whole.GetCurrentHash());
    }

    /// <inheritdoc/>
    public async Task<IDisposable> StoreAsync(string sha256, CancellationToken cancellation)
    {
        // It may wait for the disk for long.
        await Task.Run(() => _file.Flush(flushToDisk: true), cancellation);
        var hold = await Task.Run(() => _store.Take(_path, sha256), CancellationToken.None);
        _isGone = true;
        return hold;
    }

    /// <inheritdoc/>
    public void Discard()
    {
        if (_isGone) return;
        File.Delete(_path);
        _isGone = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _hash?.Dispose();
        // Of nothing there is nothing to go on with.
        _store.Release(_path, isGone: !_isGone && (!_isKept || Length == 0));
    }
}
