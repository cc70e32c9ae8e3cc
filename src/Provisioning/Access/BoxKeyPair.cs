using System.Security.Cryptography;

namespace Anvil.Provisioning.Access;

/// <summary>
/// The keys that an object's secure params are sealed to and opened by. They are derived (<see cref="ParamKeys"/>): the private one never
/// leaves memory.
/// </summary>
public sealed class BoxKeyPair
{
    private readonly byte[] _private;

    private BoxKeyPair(byte[] secret)
    {
        _private = secret;
        Public = BoxPublicKey.Of(NaclBox.PublicKey(secret));
    }

    /// <summary>The public key.</summary>
    public BoxPublicKey Public { get; }

    /// <summary>The private key: 32 octets.</summary>
    internal ReadOnlySpan<byte> Private => _private;

    /// <summary>A new pair.</summary>
    public static BoxKeyPair Make() => new(RandomNumberGenerator.GetBytes(NaclBox.KeyOctets));

    /// <summary>The pair of a private key.</summary>
    /// <exception cref="ArgumentException">It does not have 32 octets.</exception>
    public static BoxKeyPair Of(ReadOnlySpan<byte> privateKey)
        => privateKey.Length == NaclBox.KeyOctets
            ? new(privateKey.ToArray()) : throw new ArgumentException($"a private key has {NaclBox.KeyOctets} octets", nameof(privateKey));
}
