using System.Security.Cryptography;
using System.Text.Json;

namespace Anvil.Provisioning.Access;

/// <summary>A sealed value (DRP's SecureData): the value's JSON in a NaCl box. In JSON each part is base64.</summary>
/// <param name="Key">The sealer's public key: 32 octets, made for this one value.</param>
/// <param name="Nonce">24 octets.</param>
/// <param name="Payload">The box.</param>
public sealed record SecureData(byte[] Key, byte[] Nonce, byte[] Payload)
{
    /// <summary>Nothing sealed: shown where a value is that may not be seen.</summary>
    public static SecureData None { get; } = new([], [], []);

    /// <summary>Seals a text to a public key.</summary>
    /// <exception cref="CryptographicException">The public key is none that a secret can be made with.</exception>
    public static SecureData Seal(ReadOnlySpan<byte> text, BoxPublicKey to)
    {
        var (once, nonce) = (BoxKeyPair.Make(), RandomNumberGenerator.GetBytes(NaclBox.NonceOctets));
        return new(once.Public.Octets.ToArray(), nonce, NaclBox.Seal(text, nonce, to.Octets, once.Private));
    }

    /// <summary>Opens it; false when it was sealed to other keys, or changed.</summary>
    public bool TryOpen(BoxKeyPair keys, out byte[] text) => NaclBox.TryOpen(Payload, Nonce, Key, keys.Private, out text);

    /// <summary>Reads one: an object of exactly these three fields, with the lengths that they must have.</summary>
    public static bool TryRead(JsonElement value, out SecureData data)
    {
        data = None;
        if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() != 3) return false;
        if (!TryPart(value, nameof(Key), out var key) || !TryPart(value, nameof(Nonce), out var nonce)
            || !TryPart(value, nameof(Payload), out var payload)) return false;
        if (key.Length != NaclBox.KeyOctets || nonce.Length != NaclBox.NonceOctets || payload.Length < NaclBox.TagOctets) return false;
        data = new(key, nonce, payload);
        return true;
    }

    private static bool TryPart(JsonElement value, string name, out byte[] octets)
    {
        octets = [];
        return value.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.String
            && part.TryGetBytesFromBase64(out octets!);
    }
}
