using System.Collections.Concurrent;
using Anvil.Contracts.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Grains.Files;

/// <summary>
/// Fetches contents from the silos that have them: each once at a time, however many ask, a few at once, piece by piece, from the next
/// silo where one fails, and into the store only when the whole has the hash that it was asked for by.
/// </summary>
public sealed partial class BlobFetcher(
    IBlobStore store, BlobSilos silos, BlobRoom room, IHostApplicationLifetime life, TimeProvider time, ILogger<BlobFetcher> logger)
    : IBlobFetcher, IDisposable
{
    /// <summary>Contents that are fetched at once, and as many small ones: boot files do not stand behind ISOs.</summary>
    private const int AtOnce = 2;

    /// <summary>Octets of a small one.</summary>
    private const long Small = 64L << 20;

    /// <summary>One that nobody has waited for any more for so long when its turn comes is not fetched.</summary>
    private static readonly TimeSpan Wanted = TimeSpan.FromMinutes(1);

    /// <summary>Octets that are written between two looks at what is left of the disk.</summary>
    private const long Unlooked = 16L << 20;

    /// <summary>How long a silo is not asked for a content of which it sent another one: its disk does not mend itself.</summary>
    private static readonly TimeSpan WrongFor = TimeSpan.FromHours(6);

    private const int MostWrong = 4096;

    private readonly ConcurrentDictionary<string, Fetch> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly SemaphoreSlim _smallPlaces = new(AtOnce);
    private readonly ConcurrentDictionary<(SiloAddress Silo, string Sha256), long> _wrong = new();

    /// <inheritdoc/>
    public async Task<string> EnsureAsync(string sha256, long size, TimeSpan patience, CancellationToken cancellation)
    {
        if (store.LengthOf(sha256) == size) return "";
        var fetch = _running.GetOrAdd(sha256,
            s => new Fetch(f => Task.Run(() => RunAsync(s, size, f), CancellationToken.None)));
        fetch.Enter();
        try
        {
            return await fetch.Running.WaitAsync(patience, time, cancellation);
        }
        catch (TimeoutException)
        {
            return "it is being fetched from another silo";
        }
        finally
        {
            fetch.Leave(time.GetTimestamp());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _smallPlaces.Dispose();
    }

    private async Task<string> RunAsync(string sha256, long size, Fetch fetch)
    {
        var stopping = life.ApplicationStopping;
        var places = size <= Small ? _smallPlaces : _places;
        try
        {
            await places.WaitAsync(stopping);
            try
            {
                return store.LengthOf(sha256) == size ? ""
                    : fetch.Left is { } left && time.GetElapsedTime(left) > Wanted ? "nobody waits for it any more"
                    : await FetchAsync(sha256, size, stopping);
            }
            finally
            {
                places.Release();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return "the silo stops";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(sha256, e.Message);
            return $"the disk does not take it: {e.Message}";
        }
        catch (Exception e)
        {
            // Whoever waits for it has more to do than this.
            LogFailed(sha256, e.Message);
            return $"it cannot be fetched: {e.Message}";
        }
        finally
        {
            _running.TryRemove(sha256, out _);
        }
    }

    private async Task<string> FetchAsync(string sha256, long size, CancellationToken cancellation)
    {
        var others = silos.Others;
        var lengths = await Task.WhenAll(others.Select(o => silos.AskAsync(o, async s => (long?)await s.LengthOf(sha256), cancellation)));
        List<SiloAddress> holders = [.. others.Zip(lengths).Where(o => o.Second == size && !IsWrong(o.First, sha256))
            .Select(o => o.First)];
        if (holders.Count == 0) return "no silo that has it answers";
        using var coming = room.MakeFor(size);
        if (coming is null)
        {
            LogNoRoom(sha256, size);
            return "the disk of this silo has no room for it";
        }

        // Not all from the same one.
        var first = Random.Shared.Next(holders.Count);
        var why = "";
        for (var i = 0; i < holders.Count; i++)
        {
            var holder = holders[(first + i) % holders.Count];
            await using var draft = store.Begin();
            coming.Begin();
            why = await CopyAsync(draft, holder, sha256, size, coming, cancellation);
            if (why.Length > 0) continue;
            if (await draft.HashAsync(cancellation) != sha256)
            {
                why = "what another silo sent is not what it was asked for";
                LogWrong(sha256, holder);
                NoteWrong(holder, sha256);
                continue;
            }

            // The catalog names it: whoever would remove it looks there.
            using var hold = await draft.StoreAsync(sha256, cancellation);
            LogFetched(sha256, size, holder);
            return "";
        }

        LogFailed(sha256, why);
        return why;
    }

    private bool IsWrong(SiloAddress silo, string sha256)
        => _wrong.TryGetValue((silo, sha256), out var since) && time.GetElapsedTime(since) < WrongFor;

    private void NoteWrong(SiloAddress silo, string sha256)
    {
        if (_wrong.Count >= MostWrong) _wrong.Clear();
        _wrong[(silo, sha256)] = time.GetTimestamp();
    }

    private async Task<string> CopyAsync(IBlobDraft draft, SiloAddress holder, string sha256, long size, BlobComing coming,
        CancellationToken cancellation)
    {
        var looked = 0L;
        while (draft.Length < size)
        {
            var wanted = (int)Math.Min(BlobPiece.Most, size - draft.Length);
            var piece = await silos.AskAsync(holder, s => s.Read(sha256, draft.Length, wanted), cancellation);
            if (piece is not { Octets.Length: > 0 } || piece.Octets.Length > wanted) return "the silo that has it does not answer";
            if ((looked += piece.Octets.Length) >= Unlooked)
            {
                looked = 0;
                if (store.Room == 0) return "the disk of this silo has too little left (Files:ReserveMiB)";
            }

            await draft.WriteAsync(piece.Octets, cancellation);
            coming.Wrote(piece.Octets.Length);
        }

        return "";
    }

    /// <summary>A content that is fetched, or is to be, and who waits for it.</summary>
    private sealed class Fetch
    {
        private readonly Lock _gate = new();
        private readonly Lazy<Task<string>> _running;
        private int _waiting;
        private long? _left;

        public Fetch(Func<Fetch, Task<string>> run) => _running = new Lazy<Task<string>>(() => run(this));

        public Task<string> Running => _running.Value;

        /// <summary>Since when nobody waits, by the clock's time stamps; null while somebody does.</summary>
        public long? Left
        {
            get
            {
                lock (_gate) return _left;
            }
        }

        public void Enter()
        {
            lock (_gate) (_waiting, _left) = (_waiting + 1, null);
        }

        public void Leave(long now)
        {
            lock (_gate)
            {
                if (--_waiting == 0) _left = now;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "content {Sha256} ({Size} octets) was fetched from silo {Silo}")]
    private partial void LogFetched(string sha256, long size, SiloAddress silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "content {Sha256} could not be fetched: {Reason}")]
    private partial void LogFailed(string sha256, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "content {Sha256} ({Size} octets) is not fetched: the disk has no room for it")]
    private partial void LogNoRoom(string sha256, long size);

    [LoggerMessage(Level = LogLevel.Error, Message = "content {Sha256} of silo {Silo} has another hash: its disk is damaged")]
    private partial void LogWrong(string sha256, SiloAddress silo);
}
