namespace Anvil.Provisioning.Documents;

/// <summary>The one written form of a uuid (RFC 9562, section 4): 36 characters with dashes. So one machine never has two names.</summary>
public static class UuidRules
{
    /// <summary>The nil uuid (RFC 9562, section 5.9), which says that there is none where DRP has one always.</summary>
    public const string Nil = "00000000-0000-0000-0000-000000000000";

    private const int Length = 36;

    /// <summary>
    /// Reads a uuid in either case. Braces, brackets, urn:uuid:, blanks, the bare 32 digits and the nil uuid are refused.
    /// </summary>
    /// <param name="text">What a client wrote.</param>
    /// <param name="uuid">The uuid in small letters; "" when it is none.</param>
    public static bool TryRead(string? text, out string uuid)
    {
        var isOne = text?.Length == Length && text.All(c => c == '-' || char.IsAsciiHexDigit(c))
            && Guid.TryParseExact(text, "D", out var value) && value != Guid.Empty;
        uuid = isOne ? text!.ToLowerInvariant() : "";
        return isOne;
    }
}
