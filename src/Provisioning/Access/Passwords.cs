using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Argon2id hashes of passwords, as `argon2id$salt$hash` in base 64 (RFC 9106's second recommended option, scaled to 19 MiB and 2 passes
/// as OWASP has it). They are made on the thread that asks, and on no other.
/// </summary>
public static class Passwords
{
    /// <summary>Most characters of a password: hashing takes time for each.</summary>
    public const int Longest = 1024;

    /// <summary>Memory that one verification takes, in KiB.</summary>
    public const int MemoryKiB = 19 * 1024;

    private const int Passes = 2;
    private const int SaltOctets = 16;
    private const int HashOctets = 32;

    /// <summary>Hashes a password with a fresh salt.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltOctets);
        return $"argon2id${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt))}";
    }

    /// <summary>True for what <see cref="Hash"/> gives: nothing else can be verified.</summary>
    public static bool IsHash(string text) => TryRead(text, out _, out _);

    /// <summary>
    /// True when the password is the hashed one. A hash that is none, such as "" of a user that there is not, takes as long, and no
    /// password is right for it.
    /// </summary>
    public static bool Verify(string password, string hash)
    {
        // An empty password is never right, and the hash function takes none.
        if (password.Length is 0 or > Longest) return false;
        var known = TryRead(hash, out var salt, out var wanted);
        return CryptographicOperations.FixedTimeEquals(Derive(password, salt), wanted) && known;
    }

    private static bool TryRead(string text, out byte[] salt, out byte[] hash)
    {
        (salt, hash) = (new byte[SaltOctets], new byte[HashOctets]);
        var parts = text.Split('$');
        return parts.Length == 3 && parts[0] == "argon2id" && TryPart(parts[1], salt) && TryPart(parts[2], hash);
    }

    private static bool TryPart(string base64, byte[] octets)
        => Convert.TryFromBase64String(base64, octets, out var length) && length == octets.Length;

    private static byte[] Derive(string password, byte[] salt)
    {
        var argon = new Argon2BytesGenerator();
        argon.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id).WithVersion(Argon2Parameters.Version13).WithSalt(salt)
            .WithMemoryAsKB(MemoryKiB).WithIterations(Passes).WithParallelism(1).Build());
        var hash = new byte[HashOctets];
        argon.GenerateBytes(Encoding.UTF8.GetBytes(password), hash);
        return hash;
    }
}
