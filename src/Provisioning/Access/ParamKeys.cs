using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Seals and opens objects' secure params. The key pairs are made from one master key (HKDF, RFC 5869): each object has its own, none is
/// stored,
/// and whoever has the master key can open all of them.
/// </summary>
public sealed class ParamKeys
{
    /// <summary>Octets of a master key.</summary>
    public const int KeyOctets = 32;

    private const string Purpose = "anvil secure params 1";
    private readonly byte[] _master;

    /// <summary>Keys under a master key.</summary>
    /// <param name="master">At least 32 octets.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public ParamKeys(ReadOnlySpan<byte> master)
        => _master = master.Length >= KeyOctets
            ? master.ToArray() : throw new ArgumentException($"a master key has at least {KeyOctets} octets", nameof(master));

    /// <summary>A new master key.</summary>
    public static byte[] NewMaster() => RandomNumberGenerator.GetBytes(KeyOctets);

    /// <summary>The key by which clients can seal values for an object themselves (DRP: pubkey).</summary>
    /// <param name="prefix">The object's kind.</param>
    /// <param name="key">Its key.</param>
    public BoxPublicKey PublicKey(string prefix, string key) => Of(prefix, key).Public;

    /// <summary>Seals a value for an object; one that is sealed already stays as it is.</summary>
    public JsonElement Seal(string prefix, string key, JsonElement value)
        => SecureParams.IsSealed(value) ? value : SecureParams.Seal(value, Of(prefix, key).Public);

    /// <summary>
    /// Opens a value of an object; false when it was sealed for another, or is damaged. A value that is not sealed is itself.
    /// </summary>
    public bool TryOpen(string prefix, string key, JsonElement value, out JsonElement opened)
    {
        opened = value;
        return !SecureParams.IsSealed(value) || SecureParams.TryOpen(value, Of(prefix, key), out opened);
    }

    private BoxKeyPair Of(string prefix, string key)
    {
        var owner = Encoding.UTF8.GetBytes($"{prefix}\0{key}");
        return BoxKeyPair.Of(HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, NaclBox.KeyOctets, Encoding.UTF8.GetBytes(Purpose), owner));
    }
}
