using System.Security.Cryptography;
using System.Text;

namespace Anvil.Provisioning.Access;

/// <summary>
/// The key pairs by which objects' secure params are sealed, made from one master key (HKDF, RFC 5869): each object has its own, none is stored, and whoever
/// has the master key can open all of them.
/// </summary>
public sealed class ParamKeys
{
    private const string Purpose = "anvil secure params 1";
    private readonly byte[] _master;

    /// <summary>Keys under a master key.</summary>
    /// <param name="master">At least 32 octets.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public ParamKeys(ReadOnlySpan<byte> master)
        => _master = master.Length >= SecretBox.KeyOctets ? master.ToArray() : throw new ArgumentException($"a master key has at least {SecretBox.KeyOctets} octets", nameof(master));

    /// <summary>The key pair of an object.</summary>
    /// <param name="prefix">Its kind.</param>
    /// <param name="key">Its key.</param>
    public BoxKeyPair Of(string prefix, string key)
        => BoxKeyPair.Of(HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, NaclBox.KeyOctets, Encoding.UTF8.GetBytes(Purpose), Encoding.UTF8.GetBytes($"{prefix}\0{key}")));
}
