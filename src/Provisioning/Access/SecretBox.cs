using System.Security.Cryptography;
using System.Text;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Locks secrets at rest under a master key: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. The text is `v1:KEY:BASE64`,
/// where KEY tells
/// which master key locked it, so that a new one can be put before the old.
/// </summary>
public sealed class SecretBox
{
    /// <summary>Octets of a master key.</summary>
    public const int KeyOctets = 32;

    private const string Version = "v1";
    private const int NonceOctets = 12;
    private const int TagOctets = 16;
    private const int NameOctets = 4;
    private readonly List<(string Name, byte[] Key)> _keys;

    /// <summary>A box of master keys.</summary>
    /// <param name="keys">The first one locks; all of them unlock.</param>
    /// <exception cref="ArgumentException">There is none, or one does not have 32 octets.</exception>
    public SecretBox(params IEnumerable<byte[]> keys)
    {
        _keys = [.. keys.Select(k => (NameOf(k), k))];
        if (_keys.Count == 0 || _keys.Any(k => k.Key.Length != KeyOctets))
            throw new ArgumentException($"a master key has {KeyOctets} octets", nameof(keys));
    }

    /// <summary>A new master key.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeyOctets);

    /// <summary>Locks a secret.</summary>
    /// <param name="secret">What is locked.</param>
    /// <param name="owner">What it belongs to; it can only be unlocked for the same.</param>
    public string Lock(ReadOnlySpan<byte> secret, string owner)
    {
        var (name, key) = _keys[0];
        var text = new byte[NonceOctets + TagOctets + secret.Length];
        var nonce = text.AsSpan(0, NonceOctets);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagOctets);
        aes.Encrypt(nonce, secret, text.AsSpan(NonceOctets + TagOctets), text.AsSpan(NonceOctets, TagOctets),
            Encoding.UTF8.GetBytes(owner));
        return $"{Version}:{name}:{Convert.ToBase64String(text)}";
    }

    /// <summary>Unlocks a secret; null, and why, when it cannot be had: for a log, not for a client.</summary>
    public (byte[]? Secret, string? Problem) Unlock(string locked, string owner)
    {
        var parts = locked.Split(':');
        if (parts.Length != 3 || parts[0] != Version) return (null, "what is stored is no locked secret");
        var key = _keys.FirstOrDefault(k => k.Name == parts[1]).Key;
        if (key is null) return (null, $"the master key {parts[1]} that locked it is not there");
        var text = new byte[parts[2].Length];
        if (!Convert.TryFromBase64String(parts[2], text, out var length) || length < NonceOctets + TagOctets)
            return (null, "what is stored is no locked secret");
        var secret = new byte[length - NonceOctets - TagOctets];
        try
        {
            using var aes = new AesGcm(key, TagOctets);
            aes.Decrypt(text.AsSpan(0, NonceOctets), text.AsSpan(NonceOctets + TagOctets, secret.Length),
                text.AsSpan(NonceOctets, TagOctets), secret, Encoding.UTF8.GetBytes(owner));
            return (secret, null);
        }
        catch (CryptographicException)
        {
            return (null, "what is stored was changed, or belongs to something else");
        }
    }

    /// <summary>True when another than the first master key locked it: it is to be locked anew.</summary>
    public bool IsOutdated(string locked) => !locked.StartsWith($"{Version}:{_keys[0].Name}:", StringComparison.Ordinal);

    /// <summary>A name that tells master keys apart, and tells nothing of them.</summary>
    private static string NameOf(byte[] key)
        => Convert.ToHexStringLower(HMACSHA256.HashData(key, "anvil master key"u8).AsSpan(0, NameOctets));
}
