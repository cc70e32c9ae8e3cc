using System.Text.Json;

namespace Anvil.Contracts.Access;

/// <summary>
/// Keeps the values of params marked Secure from who may not see them: sealed at rest, for the object that holds them (DRP's SecureData: a NaCl
/// box of Key, Nonce and Payload), and opened only for who renders or has the right to decode.
/// </summary>
public interface IParamSecrets
{
    /// <summary>The object's public key (32 octets), by which clients can seal values themselves.</summary>
    byte[] PublicKey(string prefix, string key);

    /// <summary>True for a value that is sealed.</summary>
    bool IsSealed(JsonElement value);

    /// <summary>Seals a value for an object; one that is sealed already stays as it is.</summary>
    JsonElement Seal(string prefix, string key, JsonElement value);

    /// <summary>Opens a value of an object; false when it was sealed for another, or is damaged. A value that is not sealed is itself.</summary>
    bool TryOpen(string prefix, string key, JsonElement value, out JsonElement opened);
}
