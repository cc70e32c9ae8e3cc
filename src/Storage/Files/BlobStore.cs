using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Files;

namespace Anvil.Storage.Files;

/// <summary>
/// Contents as files of one folder, named by their SHA-256. What is on its way lies beside them on the same disk, and is renamed once it
/// is whole and written: there is never a part of a content under its name.
/// </summary>
public sealed class BlobStore : IBlobStore
{
    private const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder;
    private readonly string _drafts;
    private readonly string _unfinished;
    private readonly long _reserveMiB;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private readonly HashSet<string> _writing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _own = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _used = new(StringComparer.Ordinal);

    /// <summary>The store in a folder, which is made.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="reserveMiB">MiB of its disk that are left free; below 0: a part of it.</param>
    /// <param name="time">The clock.</param>
    public BlobStore(string folder, long reserveMiB, TimeProvider time)
    {
        (_folder, _reserveMiB, _time) = (folder, reserveMiB, time);
        (_drafts, _unfinished) = (Path.Combine(folder, ".drafts"), Path.Combine(folder, ".unfinished"));
        try
        {
            Make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever asks for room is told that there is none; a silo starts without it.
        }
    }

    /// <inheritdoc/>
    public long Room
    {
        get
        {
            try
            {
                Make();
                return DiskRoom.Of(_folder, _reserveMiB);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <inheritdoc/>
    public long? LengthOf(string sha256)
        => Sha256Text.IsOne(sha256) ? OwnFile.LengthOf(Path.Combine(_folder, sha256)) : null;

    /// <inheritdoc/>
    public FileStream? Open(string sha256)
    {
        if (!Sha256Text.IsOne(sha256) || OwnFile.Read(Path.Combine(_folder, sha256)) is not { } file) return null;
        _used[sha256] = _time.GetUtcNow();
        return file;
    }

    /// <inheritdoc/>
    public string? PathOf(string sha256)
    {
        if (LengthOf(sha256) is null) return null;
        _used[sha256] = _time.GetUtcNow();
        return Path.Combine(_folder, sha256);
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredBlob> List()
        => [.. new DirectoryInfo(_folder).EnumerateFiles().Where(f => Sha256Text.IsOne(f.Name) && f.LinkTarget is null).Select(
            f => new StoredBlob(f.Name, f.Length,
                _used.TryGetValue(f.Name, out var used) ? used : new DateTimeOffset(f.LastWriteTimeUtc),
                _own.ContainsKey(f.Name)))];

    /// <inheritdoc/>
    public long Remove(string sha256, Func<bool>? isNamed = null)
    {
        lock (_gate)
        {
            if (_held.ContainsKey(sha256) || LengthOf(sha256) is not { } length || isNamed?.Invoke() == true) return 0;
            File.Delete(Path.Combine(_folder, sha256));
            _used.TryRemove(sha256, out _);
            _own.TryRemove(sha256, out _);
            return length;
        }
    }

    /// <inheritdoc/>
    public IBlobDraft Begin() => Draft(Path.Combine(_drafts, $"{Guid.NewGuid():N}.part"), isKept: false)!;

    /// <inheritdoc/>
    public IBlobDraft? Resume(string owner, string key, int most)
    {
        var (begin, path) = (Short(owner) + "-", UnfinishedPath(owner, key));
        lock (_gate)
        {
            if (Directory.EnumerateFiles(_unfinished, begin + "*").Count(f => f != path) >= most) return null;
            return Draft(path, isKept: true);
        }
    }

    /// <inheritdoc/>
    public long Unfinished(string owner, string key)
        => OwnFile.LengthOf(UnfinishedPath(owner, key)) ?? 0;

    /// <inheritdoc/>
    public long UnfinishedOctets
    {
        get
        {
            try
            {
                return new DirectoryInfo(_unfinished).EnumerateFiles().Sum(f => f.Length);
            }
            catch (IOException)
            {
                // One went while they were counted; whoever asks next is told.
                return 0;
            }
        }
    }

    /// <inheritdoc/>
    public void Clean(DateTimeOffset before)
    {
        lock (_gate)
        {
            foreach (var file in new DirectoryInfo(_drafts).EnumerateFiles().Concat(new DirectoryInfo(_unfinished).EnumerateFiles()))
            {
                if (_writing.Contains(file.FullName)) continue;
                if (file.DirectoryName == _drafts || file.LastWriteTimeUtc < before.UtcDateTime) file.Delete();
            }
        }
    }

    /// <summary>Nobody writes a draft any more.</summary>
    internal void Release(string path, bool isGone)
    {
        lock (_gate)
        {
            if (isGone) File.Delete(path);
            _writing.Remove(path);
        }
    }

    /// <summary>Gives a whole file its name, and holds it.</summary>
    internal IDisposable Take(string path, string sha256)
    {
        lock (_gate)
        {
            var isNew = LengthOf(sha256) is null;
            File.Move(path, Path.Combine(_folder, sha256), overwrite: true);
            if (isNew) _own[sha256] = true;
            _held[sha256] = _held.GetValueOrDefault(sha256) + 1;
            _used[sha256] = _time.GetUtcNow();
        }

        var hold = new Hold(this, sha256);
        try
        {
            FolderSync.Names(_folder);
            return hold;
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    private void Make()
    {
        foreach (var each in new[] { _folder, _drafts, _unfinished }) Directory.CreateDirectory(each, OwnFolder);
    }

    private BlobDraft? Draft(string path, bool isKept)
    {
        lock (_gate) return _writing.Add(path) ? new BlobDraft(this, path, isKept) : null;
    }

    private string UnfinishedPath(string owner, string key) => Path.Combine(_unfinished, $"{Short(owner)}-{Short(key)}.part");

    private static string Short(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16]);

    private sealed class Hold(BlobStore store, string sha256) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) != 0) return;
            lock (store._gate)
            {
                if (--store._held[sha256] == 0) store._held.Remove(sha256);
            }
        }
    }
}
