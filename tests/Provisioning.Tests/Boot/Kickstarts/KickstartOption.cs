using System.Globalization;
using System.Text.RegularExpressions;

namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>What follows an option.</summary>
internal enum KickstartValue
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>yes, no and what means the same.</summary>
    Boolean,

    /// <summary>A text, or nothing.</summary>
    Optional,
}

/// <summary>Releases of RHEL, and from which on a thing is deprecated.</summary>
internal readonly record struct Releases(int From, int To, int Deprecated)
{
    /// <summary>True when a release has it.</summary>
    public bool Has(int release) => release >= From && release <= To;

    /// <summary>Reads `@8`, `@9-`, `@-9` and `~9`.</summary>
    public static Releases Read(string range, string deprecated)
    {
        var (from, to) = (0, int.MaxValue);
        if (range.Length > 0)
        {
            var parts = range[1..].Split('-');
            if (parts[0].Length > 0) from = Number(parts[0]);
            if (parts.Length == 1) to = from;
            else if (parts[1].Length > 0) to = Number(parts[1]);
        }

        return new Releases(from, to, deprecated.Length > 0 ? Number(deprecated[1..]) : int.MaxValue);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>An option of a command or of a section, as a word of <see cref="KickstartLanguage"/> has it.</summary>
internal sealed partial record KickstartOption(
    IReadOnlyList<string> Names, KickstartValue Value, IReadOnlyList<string> Choices, bool IsRequired, Releases Releases)
{
    /// <summary>Reads one.</summary>
    public static KickstartOption Read(string word)
    {
        var match = Form().Match(word);
        if (!match.Success) throw new FormatException($"no option: {word}");
        var value = match.Groups["value"].Value switch
        {
            "" => KickstartValue.None,
            "=#" => KickstartValue.Number,
            "=?" => KickstartValue.Boolean,
            "[=]" => KickstartValue.Optional,
            _ => KickstartValue.Text,
        };
        var choices = match.Groups["choices"].Value;
        return new KickstartOption(match.Groups["names"].Value.Split('|'), value, choices.Length == 0 ? [] : choices.Split(','),
            match.Groups["must"].Length > 0, Releases.Read(match.Groups["range"].Value, match.Groups["old"].Value));
    }

    /// <summary>Why a value is none of it; null: it is one.</summary>
    public string? Problem(string value)
    {
        if (Choices.Count > 0 && !Choices.Contains(value)) return $"{Names[0]} is one of {string.Join(", ", Choices)}, not {value}";
        return Value switch
        {
            KickstartValue.Number when !long.TryParse(value, CultureInfo.InvariantCulture, out _) => $"{Names[0]}={value} is no number",
            KickstartValue.Boolean when !Booleans().IsMatch(value) => $"{Names[0]}={value} is neither yes nor no",
            _ => null,
        };
    }

    [GeneratedRegex("^(?<names>--[A-Za-z0-9|-]+?)(?<value>=[#?]?|\\[=\\])?(\\{(?<choices>[^}]*)\\})?(?<must>!)?(?<range>@[0-9-]+)?"
        + "(?<old>~[0-9]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex("^(?i:on|off|yes|no|true|false|1|0)$")]
    private static partial Regex Booleans();
}
