namespace Anvil.Provisioning.Files;

/// <summary>SHA-256 as text.</summary>
public static class Sha256Text
{
    private const int Length = 64;

    /// <summary>True for 64 digits in hex of small letters: what content is kept by.</summary>
    public static bool IsOne(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The hash in small letters; null for what is none.</summary>
    public static string? Read(string text)
    {
        text = text.Trim();
        return text.Length == Length && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }
}
