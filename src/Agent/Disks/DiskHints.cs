using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Anvil.Agent.Disks;

/// <summary>
/// What a disk shall be like: `model=SAMSUNG*,rotational=no,size>=400G`. All must fit. What hangs on USB or a network, is removable or
/// no hardware is taken only where the hints say so by `transport`, `serial`, `wwn` or `name`.
/// </summary>
public sealed partial class DiskHints
{
    private readonly List<(string Key, string Operator, string Value)> _hints = [];

    /// <summary>Reads hints; null for a text that has none.</summary>
    /// <exception cref="AgentException">A hint is none that there is.</exception>
    public static DiskHints? Of(string text)
    {
        if (!Beginning().IsMatch(text)) return null;
        var hints = new DiskHints();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var match = Hint().Match(part);
            var (key, sign, value) = (match.Groups[1].Value.ToLowerInvariant(), match.Groups[2].Value, match.Groups[3].Value.Trim());
            if (!match.Success || (key != "size" && sign != "=")) throw new AgentException($"{part} is no hint at a disk");
            if (key == "size") _ = Size(value);
            if (key == "rotational") _ = Truth(value);
            hints._hints.Add((key, sign, value));
        }

        return hints;
    }

    /// <summary>True when a disk is as the hints say.</summary>
    public bool Fit(BlockDevice disk)
        => !disk.ReadOnly && (disk.IsOwn || _hints.Exists(h => h.Key is "transport" or "serial" or "wwn" or "name"))
            && _hints.TrueForAll(h => Fit(disk, h.Key, h.Operator, h.Value));

    private static bool Fit(BlockDevice disk, string key, string sign, string value) => key switch
    {
        "name" => disk.Path == BlockDevice.PathOf(value),
        "serial" => disk.Serial.Length > 0 && DiskPicker.Same(disk.Serial, value),
        "wwn" => disk.Wwn.Length > 0 && DiskPicker.Plain(disk.Wwn) == DiskPicker.Plain(value),
        "model" => FileSystemName.MatchesSimpleExpression(value, disk.Model, ignoreCase: true),
        "transport" => disk.Transport.Equals(value, StringComparison.OrdinalIgnoreCase),
        "rotational" => disk.Rotational == Truth(value),
        "path" => disk.Places.Contains(value, StringComparer.OrdinalIgnoreCase),
        _ => FitSize(disk.Size, sign, Size(value)),
    };

    private static bool FitSize(long has, string sign, long wanted) => sign switch
    {
        ">=" => has >= wanted,
        "<=" => has <= wanted,
        // Disks are sold by round numbers that none has.
        _ => Math.Abs(has - wanted) <= wanted / 50,
    };

    /// <summary>Octets: K to P are powers of 1000, as disks are sold, Ki to Pi of 1024.</summary>
    private static long Size(string text)
    {
        var match = SizeText().Match(text);
        var octets = 1L;
        var power = "kmgtp".IndexOf(char.ToLowerInvariant(match.Groups[2].Value is { Length: > 0 } unit ? unit[0] : ' ')) + 1;
        for (; power > 0; power--) octets *= match.Groups[3].Length > 0 ? 1024 : 1000;
        return match.Success
            && decimal.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= (decimal)long.MaxValue / octets
            ? (long)(number * octets) : throw new AgentException($"{text} is no size of a disk");
    }

    private static bool Truth(string text) => text.ToLowerInvariant() switch
    {
        "1" or "yes" or "true" => true,
        "0" or "no" or "false" => false,
        _ => throw new AgentException($"rotational={text} is neither yes nor no"),
    };

    [GeneratedRegex("^[A-Za-z]+ *(=|>=|<=)", RegexOptions.CultureInvariant)]
    private static partial Regex Beginning();

    [GeneratedRegex("^(?i:(name|serial|wwn|model|transport|rotational|path|size)) *(=|>=|<=)(.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Hint();

    [GeneratedRegex("^([0-9]{1,19}(?:\\.[0-9]{1,9})?) *(?:([kKmMgGtTpP])(i?))?[bB]?$", RegexOptions.CultureInvariant)]
    private static partial Regex SizeText();
}
