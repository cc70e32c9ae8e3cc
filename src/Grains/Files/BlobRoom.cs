using Anvil.Contracts.Files;
using Microsoft.Extensions.Options;

namespace Anvil.Grains.Files;

/// <summary>
/// Room for contents on this silo's disk. A gateway keeps all that there are; an edge that is none keeps what was asked for last.
/// </summary>
/// <param name="store">The contents.</param>
/// <param name="options">The settings.</param>
/// <param name="isKeeper">The silo keeps all of them.</param>
public sealed class BlobRoom(IBlobStore store, IOptions<FilesOptions> options, bool isKeeper)
{
    private readonly Lock _gate = new();
    private readonly HashSet<BlobComing> _coming = [];

    /// <summary>The silo keeps all contents.</summary>
    public bool IsKeeper => isKeeper;

    /// <summary>Most octets that are kept.</summary>
    public long Most => isKeeper ? long.MaxValue : options.Value.CacheMiB << 20;

    /// <summary>Sees to it that so many octets more can be kept: what was not asked for for longest goes.</summary>
    /// <returns>Their room, until it is disposed; null where there is none, whatever went: then nothing goes.</returns>
    public BlobComing? MakeFor(long octets)
    {
        lock (_gate)
        {
            if (octets > Most) return null;
            var free = store.Room - _coming.Sum(c => c.Left);
            if (isKeeper) return octets <= free ? Add(octets) : null;
            var kept = store.List().OrderBy(b => b.Used).ToList();
            var sum = kept.Sum(b => b.Length);
            var taken = Taken;
            // What is not held goes; whether all of it would be enough is known before any of it is gone.
            if (taken + octets > Most || octets > free + sum) return null;
            foreach (var blob in kept)
            {
                if (sum + taken + octets <= Most && octets <= free) break;
                var gone = store.Remove(blob.Sha256);
                (sum, free) = (sum - gone, free + gone);
            }

            return sum + taken + octets <= Most && octets <= free ? Add(octets) : null;
        }
    }

    /// <summary>True when so many octets fit beside what is kept and what comes, so that nothing has to go for them.</summary>
    /// <param name="octets">How many more.</param>
    /// <param name="kept">How many are kept.</param>
    public bool Fits(long octets, long kept)
    {
        lock (_gate)
        {
            return octets <= store.Room - _coming.Sum(c => c.Left)
                && (isKeeper || octets <= Most - Taken - kept);
        }
    }

    /// <summary>It came, or does not come any more.</summary>
    internal void Remove(BlobComing coming)
    {
        lock (_gate) _coming.Remove(coming);
    }

    private long Taken => _coming.Sum(c => c.Octets);

    private BlobComing Add(long octets)
    {
        var coming = new BlobComing(this, octets);
        _coming.Add(coming);
        return coming;
    }
}

/// <summary>Room for a content that is being fetched.</summary>
/// <param name="room">The room that it is a part of.</param>
/// <param name="octets">Octets of the whole.</param>
public sealed class BlobComing(BlobRoom room, long octets) : IDisposable
{
    private long _wrote;

    /// <summary>Octets of the whole.</summary>
    public long Octets => octets;

    /// <summary>Octets that the disk is still to take.</summary>
    public long Left => octets - Volatile.Read(ref _wrote);

    /// <summary>It comes from its beginning.</summary>
    public void Begin() => Volatile.Write(ref _wrote, 0);

    /// <summary>The disk has taken so many octets more.</summary>
    public void Wrote(long more) => Interlocked.Add(ref _wrote, more);

    /// <inheritdoc/>
    public void Dispose() => room.Remove(this);
}
