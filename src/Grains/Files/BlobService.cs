using Anvil.Contracts.Files;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.Files;

/// <summary>Gives others the contents that this silo has, and tells what it makes of ISOs.</summary>
[Reentrant]
public sealed class BlobService(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, IBlobStore store,
    IEnumerable<IExplosions> explosions) : GrainService(id, silo, loggers), IBlobService
{
    private readonly IExplosions? _explosions = explosions.FirstOrDefault();

    /// <inheritdoc/>
    // The file system may let one wait; the silo's threads do not.
    public async Task<long> LengthOf(string sha256) => await Task.Run(() => store.LengthOf(sha256) ?? -1, Stopping);

    /// <inheritdoc/>
    public async Task<BlobPiece> Read(string sha256, long offset, int count) => await Task.Run(
        () =>
        {
            using var file = store.Open(sha256);
            if (file is null || offset < 0) return new BlobPiece([]);
            var octets = new byte[Math.Clamp(count, 0, BlobPiece.Most)];
            var read = RandomAccess.Read(file.SafeFileHandle, octets, offset);
            return new BlobPiece(read == octets.Length ? octets : octets[..read]);
        },
        Stopping);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExplosionReport>> Explosions() => Task.FromResult(_explosions?.Reports ?? []);

    private CancellationToken Stopping => StoppedCancellationTokenSource.Token;
}
