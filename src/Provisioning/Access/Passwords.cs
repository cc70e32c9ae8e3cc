using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace Anvil.Provisioning.Access;

/// <summary>
/// Argon2id hashes of passwords, as `argon2id$salt$hash` in base 64 (RFC 9106's second recommended option, scaled to 19 MiB and 2 passes
/// as OWASP has it).
/// </summary>
public static class Passwords
{
    private const int MemoryKiB = 19 * 1024;
    private const int Passes = 2;

    /// <summary>Hashes a password with a fresh salt.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return $"argon2id${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt))}";
    }

    /// <summary>True when the password is the hashed one.</summary>
    public static bool Verify(string password, string hash)
    {
        // An empty password is never right, and the hash function takes none.
        if (password.Length == 0) return false;
        var parts = hash.Split('$');
        if (parts.Length != 3 || parts[0] != "argon2id") return false;
        return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(parts[1])),
            Convert.FromBase64String(parts[2]));
    }

    private static byte[] Derive(string password, byte[] salt)
    {
        using var argon =
            new Argon2id(Encoding.UTF8.GetBytes(password))
            {
                Salt = salt,
                MemorySize = MemoryKiB,
                Iterations = Passes,
                DegreeOfParallelism = 1
            };
        return argon.GetBytes(32);
    }
}
