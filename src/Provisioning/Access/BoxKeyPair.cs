using System.Security.Cryptography;

namespace Anvil.Provisioning.Access;

/// <summary>
/// The keys that an object's secure params are sealed to and opened by. Only locked by a <see cref="SecretBox"/> does the private one
/// leave memory.
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

    /// <summary>The pair as it is stored: the private key, locked for its owner.</summary>
    /// <param name="box">The master keys.</param>
    /// <param name="owner">Kind and key of the object, such as machines/UUID: a row that is moved to another object is of no use
    /// there.</param>
    public string Lock(SecretBox box, string owner) => box.Lock(_private, owner);

    /// <summary>The pair that was stored; null, and why, when it cannot be had.</summary>
    public static (BoxKeyPair? Keys, string? Problem) Unlock(SecretBox box, string locked, string owner)
    {
        var (secret, problem) = box.Unlock(locked, owner);
        return secret is null ? (null, problem)
            : secret.Length == NaclBox.KeyOctets ? (new(secret), null) : (null, "what is locked is no private key");
    }
}
