using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace Anvil.Provisioning.Access;

/// <summary>
/// NaCl's crypto_box (D. J. Bernstein, "Cryptography in NaCl", sections 5 to 10): X25519, XSalsa20 and Poly1305. The sealed text is the 16
/// octets of the
/// authenticator and then the encrypted message, as Go's nacl/box, and so DRP, writes it.
/// </summary>
public static class NaclBox
{
    /// <summary>Octets of a key, public or private.</summary>
    public const int KeyOctets = 32;

    /// <summary>Octets of a nonce.</summary>
    public const int NonceOctets = 24;

    /// <summary>Octets of the authenticator.</summary>
    public const int TagOctets = 16;

    private const int BlockOctets = 32;
    private const int Rounds = 20;
    private static readonly uint[] Sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

    /// <summary>Seals a message from one key to another.</summary>
    /// <param name="message">What is sealed.</param>
    /// <param name="nonce">24 octets, never the same twice for two keys.</param>
    /// <param name="publicKey">Who can open it.</param>
    /// <param name="privateKey">Who seals it.</param>
    /// <exception cref="CryptographicException">The public key is none that a secret can be made with.</exception>
    public static byte[] Seal(ReadOnlySpan<byte> message, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> privateKey)
    {
        if (!TryAgree(publicKey, privateKey, out var key)) throw new CryptographicException("the public key is of small order");
        var box = new byte[TagOctets + message.Length];
        var mac = Encrypt(key, nonce, message, box.AsSpan(TagOctets));
        Tag(mac, box.AsSpan(TagOctets)).CopyTo(box, 0);
        return box;
    }

    /// <summary>Opens what was sealed; false when it was sealed to another key, or changed.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> box, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> privateKey, out byte[] message)
    {
        message = [];
        if (box.Length < TagOctets || nonce.Length != NonceOctets || publicKey.Length != KeyOctets
            || !TryAgree(publicKey, privateKey, out var key)) return false;
        var opened = new byte[box.Length - TagOctets];
        var mac = Encrypt(key, nonce, box[TagOctets..], opened);
        if (!CryptographicOperations.FixedTimeEquals(Tag(mac, box[TagOctets..]), box[..TagOctets])) return false;
        message = opened;
        return true;
    }

    /// <summary>The public key of a private one.</summary>
    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        var key = new byte[KeyOctets];
        X25519.ScalarMultBase(privateKey, key);
        return key;
    }

    private static bool TryAgree(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> privateKey, out byte[] key)
    {
        var shared = new byte[KeyOctets];
        key = [];
        if (!X25519.CalculateAgreement(privateKey, publicKey, shared)) return false;
        key = HSalsa20(shared);
        return true;
    }

    /// <summary>The first block of the stream is the authenticator's key; what comes after it covers the message.</summary>
    private static byte[] Encrypt(byte[] key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> from, Span<byte> to)
    {
        var engine = new XSalsa20Engine();
        engine.Init(true, new ParametersWithIV(new KeyParameter(key), nonce.ToArray()));
        var mac = new byte[BlockOctets];
        engine.ProcessBytes(mac.ToArray(), mac);
        engine.ProcessBytes(from, to);
        return mac;
    }

    private static byte[] Tag(byte[] key, ReadOnlySpan<byte> text)
    {
        var poly = new Poly1305();
        poly.Init(new KeyParameter(key));
        poly.BlockUpdate(text);
        var tag = new byte[TagOctets];
        poly.DoFinal(tag);
        return tag;
    }

    /// <summary>HSalsa20 of a key and sixteen zeroes (section 10), which makes the agreed point a key.</summary>
    private static byte[] HSalsa20(ReadOnlySpan<byte> key)
    {
        Span<uint> x = stackalloc uint[16];
        x.Clear();
        for (var i = 0; i < 4; i++)
        {
            x[5 * i] = Sigma[i];
            x[1 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            x[11 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(16 + (4 * i))..]);
        }

        for (var round = 0; round < Rounds; round += 2)
        {
            for (var i = 0; i < 4; i++) Quarter(x, 5 * i, ((5 * i) + 4) % 16, ((5 * i) + 8) % 16, ((5 * i) + 12) % 16);
            for (var i = 0; i < 4; i++) Quarter(x, 5 * i, (4 * i) + ((i + 1) % 4), (4 * i) + ((i + 2) % 4), (4 * i) + ((i + 3) % 4));
        }

        var hash = new byte[KeyOctets];
        int[] words = [0, 5, 10, 15, 6, 7, 8, 9];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(hash.AsSpan(4 * i), x[words[i]]);
        return hash;
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
