using System.Security.Cryptography;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Values of params that are Secure: at rest and on the wire they are <see cref="SecureData"/>, sealed to the object's public key by the
/// client or, where
/// one sends them in clear, by the server; they are opened for who has the right (decode=true with getSecure), and for rendering tasks.
/// </summary>
public static class SecureParams
{
    /// <summary>Seals a value to an object's public key.</summary>
    /// <exception cref="CryptographicException">The public key is none that a secret can be made with.</exception>
    public static JsonElement Seal(JsonElement value, BoxPublicKey to)
        => Json.Element(SecureData.Seal(JsonSerializer.SerializeToUtf8Bytes(value, Json.Options), to));

    /// <summary>Opens a sealed value; false when it is none, was sealed to another object's key, was changed, or holds no JSON.</summary>
    public static bool TryOpen(JsonElement value, BoxKeyPair keys, out JsonElement opened)
    {
        opened = default;
        if (!SecureData.TryRead(value, out var data) || !data.TryOpen(keys, out var text)) return false;
        try
        {
            opened = JsonText.Read(text, "params", "", "GET");
            return true;
        }
        catch (ApiException)
        {
            return false;
        }
    }

    /// <summary>True for a value that is sealed, to whichever key.</summary>
    public static bool IsSealed(JsonElement value) => SecureData.TryRead(value, out _);

    /// <summary>
    /// What may be seen without the right to open it: a sealed value as it is, as DRP shows it; of one in clear only that it is there.
    /// </summary>
    public static JsonElement Mask(JsonElement value) => IsSealed(value) ? value : Json.Element(SecureData.None);
}
