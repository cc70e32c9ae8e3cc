using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Anvil.Templates;

/// <summary>Sprig's passwords and encryption. What takes long by design charges for that: a render has a few of them.</summary>
internal static class CryptoFunctions
{
    /// <summary>What the hash of a password takes: some tenth of a second, which a render has twenty times.</summary>
    private const int StepsOfHash = 100_000;

    /// <summary>The same for a derived password, with the memory that scrypt takes by design.</summary>
    private const int StepsOfScrypt = 300_000;
    private const long OctetsOfScrypt = 40 << 20;

    /// <summary>Longest password or name that is hashed.</summary>
    private const int Longest = 4096;

    private const int KeyOctets = 32;
    private const int BlockOctets = 16;

    public static IEnumerable<Function> All() =>
    [
        Function.Of("bcrypt", "text", a => Hash(a, a.Text(0))),
        Function.Of("htpasswd", "text text", a => a.Text(0).Contains(':', StringComparison.Ordinal)
            ? $"invalid username: {a.Text(0)}" : $"{a.Text(0)}:{Hash(a, a.Text(1))}"),
        Function.Of("derivePassword", "uint32 text text text text", Derive),
        Function.Of("encryptAES", "text text", Encrypt),
        Function.Of("decryptAES", "text text", Decrypt),
    ];

    private static string Hash(Arguments a, string password)
    {
        a.Budget.Step(StepsOfHash);
        a.Budget.Allocate(64 << 10);
        return Bcrypt.Hash(GoText.Bytes(password), RandomNumberGenerator.GetBytes(Bcrypt.SaltOctets), a.Budget);
    }

    /// <summary>The Master Password algorithm: always the same password for a name, a site, a counter and a master password.</summary>
    private static object? Derive(Arguments a)
    {
        if (MasterPassword.Templates(a.Text(1)) is not { } templates) return $"cannot find password template {a.Text(1)}";
        var (password, user, site) = (GoText.Bytes(a.Text(2)), GoText.Bytes(a.Text(3)), GoText.Bytes(a.Text(4)));
        if (Math.Max(password.Length, Math.Max(user.Length, site.Length)) > Longest)
            throw new TemplateFault($"a password or name has at most {Longest} octets");
        a.Budget.Step(StepsOfScrypt);
        a.Budget.Allocate(OctetsOfScrypt);
        var key = Scrypt.Key(password, MasterPassword.Salt(user), a.Budget);
        var counter = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(counter, (uint)Values.ToLong(a[0]));
        byte[] message = [.. MasterPassword.Salt(site), .. counter];
        return MasterPassword.From(templates, HMACSHA256.HashData(key, message));
    }

    private static Aes Cipher(string password)
    {
        var key = new byte[KeyOctets];
        var octets = GoText.Bytes(password);
        octets.AsSpan(0, Math.Min(octets.Length, KeyOctets)).CopyTo(key);
        var aes = Aes.Create();
        aes.Key = key;
        return aes;
    }

    private static object? Encrypt(Arguments a)
    {
        if (a.Text(1).Length == 0) return "";
        using var aes = Cipher(a.Text(0));
        var start = RandomNumberGenerator.GetBytes(BlockOctets);
        return Convert.ToBase64String([.. start, .. aes.EncryptCbc(GoText.Bytes(a.Text(1)), start)]);
    }

    private static object? Decrypt(Arguments a)
    {
        if (a.Text(1).Length == 0) return "";
        if (EncodingFunctions.Base64(a.Text(1), out var octets) is { } fault) throw new TemplateFault(fault);
        if (octets.Length < 2 * BlockOctets || octets.Length % BlockOctets != 0)
            throw new TemplateFault("crypto/cipher: input not full blocks");
        using var aes = Cipher(a.Text(0));
        try
        {
            return GoText.From(aes.DecryptCbc(octets.AsSpan(BlockOctets), octets.AsSpan(0, BlockOctets)));
        }
        catch (CryptographicException)
        {
            throw new TemplateFault("the text was not encrypted with this password");
        }
    }
}
