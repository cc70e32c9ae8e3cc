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

    /// <summary>The silo keeps all contents.</summary>
    public bool IsKeeper => isKeeper;

    /// <summary>Most octets that are kept.</summary>
    public long Most => isKeeper ? long.MaxValue : options.Value.CacheMiB << 20;

    /// <summary>Sees to it that so many octets more can be kept: what was not asked for for longest goes.</summary>
    /// <returns>False where there is no room, whatever went.</returns>
    public bool MakeFor(long octets)
    {
        lock (_gate)
        {
            if (isKeeper) return octets <= store.Room;
            if (octets > Most) return false;
            var kept = store.List().OrderBy(b => b.Used).ToList();
            var sum = kept.Sum(b => b.Length);
            foreach (var blob in kept)
            {
                if (sum + octets <= Most && octets <= store.Room) break;
                sum -= store.Remove(blob.Sha256);
            }

            return sum + octets <= Most && octets <= store.Room;
        }
    }

    /// <summary>True when so many octets fit beside what is kept, so that nothing has to go for them.</summary>
    /// <param name="octets">How many more.</param>
    /// <param name="kept">How many are kept.</param>
    public bool Fits(long octets, long kept) => octets <= store.Room && (isKeeper || kept + octets <= Most);
}
