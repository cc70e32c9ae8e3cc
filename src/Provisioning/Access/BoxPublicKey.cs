namespace Anvil.Provisioning.Access;

/// <summary>The public key of an object (DRP: GET …/pubkey): clients seal secure params to it.</summary>
public sealed class BoxPublicKey
{
    private readonly byte[] _octets;

    private BoxPublicKey(byte[] octets) => _octets = octets;

    /// <summary>The 32 octets.</summary>
    public ReadOnlySpan<byte> Octets => _octets;

    /// <summary>The key of 32 octets.</summary>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public static BoxPublicKey Of(ReadOnlySpan<byte> octets)
        => octets.Length == NaclBox.KeyOctets ? new(octets.ToArray())
            : throw new ArgumentException($"a public key has {NaclBox.KeyOctets} octets", nameof(octets));

    /// <summary>The key in base64, as the API shows it.</summary>
    public override string ToString() => Convert.ToBase64String(_octets);
}
