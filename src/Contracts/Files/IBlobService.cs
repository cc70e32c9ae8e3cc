using Orleans.Services;

namespace Anvil.Contracts.Files;

/// <summary>What a silo says of the contents that it has, and of what it makes of ISOs: one on each silo, by its address.</summary>
[Alias("anvil.IBlobService")]
public interface IBlobService : IGrainService
{
    /// <summary>Octets of a content; -1 where the silo does not have it.</summary>
    [Alias("LengthOf")]
    Task<long> LengthOf(string sha256);

    /// <summary>A piece of a content; shorter than asked for at its end, empty beyond it and where the silo does not have it.</summary>
    [Alias("Read")]
    Task<BlobPiece> Read(string sha256, long offset, int count);

    /// <summary>The explosions of ISOs that the silo is asked to make; none where it is no edge.</summary>
    [Alias("Explosions")]
    Task<IReadOnlyList<ExplosionReport>> Explosions();
}

/// <summary>A piece of a content.</summary>
/// <param name="Octets">Its octets.</param>
[GenerateSerializer, Immutable, Alias("anvil.BlobPiece")]
public sealed record BlobPiece([property: Id(0)] byte[] Octets)
{
    /// <summary>Most octets of one.</summary>
    public const int Most = 512 << 10;
}
