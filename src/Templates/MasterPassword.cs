using System.Buffers.Binary;
using System.Text;

namespace Anvil.Templates;

/// <summary>The tables of the Master Password algorithm: shapes of passwords, and which characters stand for a letter of a
/// shape.</summary>
internal static class MasterPassword
{
    private const string Scope = "com.lyndir.masterpassword";
    private const string LargeVowels = "AEIOU";
    private const string SmallVowels = "aeiou";
    private const string LargeConsonants = "BCDFGHJKLMNPQRSTVWXYZ";
    private const string SmallConsonants = "bcdfghjklmnpqrstvwxyz";
    private const string Digits = "0123456789";
    private const string AllLetters = LargeVowels + SmallVowels + LargeConsonants + SmallConsonants;

    /// <summary>The shapes of a kind of password; null when there is no such kind.</summary>
    public static string[]? Templates(string kind) => kind switch
    {
        "maximum" => ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => Long("Cvcv Cvcv Cvcv", "Cvcc Cvcv Cvcv", "Cvcv Cvcc Cvcv", "Cvcv Cvcv Cvcc", "Cvcc Cvcc Cvcv", "Cvcv Cvcc Cvcc",
            "Cvcc Cvcv Cvcc"),
        "medium" => ["CvcnoCvc", "CvcCvcno"],
        "short" => ["Cvcn"],
        "basic" => ["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => ["nnnn"],
        _ => null,
    };

    /// <summary>The scope, then a name with its length.</summary>
    public static byte[] Salt(byte[] name)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)name.Length);
        return [.. Encoding.ASCII.GetBytes(Scope), .. length, .. name];
    }

    /// <summary>The password of a seed.</summary>
    public static string From(string[] templates, byte[] seed)
    {
        var template = templates[seed[0] % templates.Length];
        return string.Concat(template.Select((letter, i) => Characters(letter) is var all ? all[seed[i + 1] % all.Length] : ' '));
    }

    /// <summary>Three syllables each, with a digit and a sign after the first, the second or the third.</summary>
    private static string[] Long(params string[] syllables) => [.. syllables.SelectMany(s =>
    {
        var parts = s.Split(' ');
        return new[] { $"{parts[0]}no{parts[1]}{parts[2]}", $"{parts[0]}{parts[1]}no{parts[2]}", $"{parts[0]}{parts[1]}{parts[2]}no" };
    })];

    private static string Characters(char letter) => letter switch
    {
        'V' => LargeVowels,
        'C' => LargeConsonants,
        'v' => SmallVowels,
        'c' => SmallConsonants,
        'A' => LargeVowels + LargeConsonants,
        'a' => AllLetters,
        'n' => Digits,
        'o' => "@&%?,=[]_:-+*$#!'^~;()/.",
        _ => AllLetters + Digits + "!@#$%^&*()",
    };
}
