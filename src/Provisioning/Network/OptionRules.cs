using Anvil.Templates;

namespace Anvil.Provisioning.Network;

/// <summary>
/// Which DHCP options can be configured, and with which values: what can never be sent is said when it is set, not left out of every
/// answer. Codes that DRP takes and computes itself (1, 28, 51, 58, 59) are taken as DRP does.
/// </summary>
public static class OptionRules
{
    /// <summary>Most options that one subnet or reservation can set: one for each code that there is.</summary>
    public const int MostOptions = 254;

    /// <summary>Characters of the longest value, a template included.</summary>
    public const int LongestValue = 4096;

    /// <summary>
    /// Codes that frame a message or belong to its protocol: pad and end (RFC 2132 section 3), requested address, overload, message type,
    /// server
    /// identifier, parameter request list and client identifier (section 9), relay agent information (RFC 3046).
    /// </summary>
    private static readonly byte[] OfTheProtocol = [0, 50, 52, 53, 54, 55, 61, 82, 255];

    /// <summary>
    /// What is wrong with options, with the JSON pointer of each; those that stood before as they are now are passed over.
    /// </summary>
    /// <param name="options">Options as they are to be.</param>
    /// <param name="old">Options as they were: an older version may have taken what is refused now.</param>
    public static IEnumerable<string> Problems(IReadOnlyList<DhcpOptionSetting> options, IReadOnlyList<DhcpOptionSetting> old)
    {
        if (options.Count > MostOptions)
        {
            yield return $"/Options: {options.Count} options are more than the {MostOptions} that can be set";
            yield break;
        }

        var seen = new HashSet<byte>();
        for (var i = 0; i < options.Count; i++)
        {
            if (options[i] is not { } option) yield return $"/Options/{i}: null where an option is needed";
            else if (!seen.Add(option.Code) && !old.Contains(option)) yield return $"/Options/{i}: option {option.Code} is set twice";
            else if (!old.Contains(option) && Problem(option) is { } problem) yield return $"/Options/{i}: {problem}";
        }
    }

    private static string? Problem(DhcpOptionSetting option)
    {
        var (code, value) = (option.Code, option.Value ?? "");
        if (OfTheProtocol.Contains(code)) return $"option {code} belongs to the protocol itself and cannot be set";
        if (value.Length > LongestValue) return $"the value of option {code} has more than {LongestValue} characters";
        if (value.Length == 0) return null;
        try
        {
            if (value.Contains("{{", StringComparison.Ordinal)) TemplateSet.Empty.With($"option {code}", value);
            else if (OptionText.Encode(code, value) is var octets && octets.Length == 0 && !value.Contains(':', StringComparison.Ordinal))
                return $"option {code} cannot be set to that: it holds nothing";
            else if (OptionText.Problem(code, value, octets) is { } problem)
                return $"option {code} cannot be set to that: {problem}";
            return null;
        }
        catch (Exception e) when (e is FormatException or TemplateException)
        {
            return $"option {code} cannot be set to that: {e.Message}";
        }
    }
}
