namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>How a command, or the beginning of a section, is written.</summary>
/// <param name="Name">Its first word.</param>
/// <param name="Releases">Which releases know it.</param>
/// <param name="Options">Its options.</param>
/// <param name="Least">How many words beside the options it has at least.</param>
/// <param name="Most">How many at most.</param>
/// <param name="IsFree">Whatever follows is its own matter.</param>
internal sealed record KickstartSyntax(
    string Name, Releases Releases, IReadOnlyList<KickstartOption> Options, int Least, int Most, bool IsFree)
{
    /// <summary>Reads a line of <see cref="KickstartLanguage"/>.</summary>
    public static KickstartSyntax Read(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (name, old) = Cut(words[0], '~');
        (name, var range) = Cut(name, '@');
        var (least, most, isFree) = (0, 0, false);
        var options = new List<KickstartOption>();
        foreach (var word in words[1..])
        {
            if (word == "...") isFree = true;
            else if (word[0] != '<') options.Add(KickstartOption.Read(word));
            else if (word[^1] == '*') most = int.MaxValue;
            else if (word[^1] == '?') most++;
            else (least, most) = (least + 1, most == int.MaxValue ? most : most + 1);
        }

        return new KickstartSyntax(name, Releases.Read(range, old), options, least, most, isFree);

        static (string, string) Cut(string text, char mark)
            => text.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[at..]) : (text, "");
    }

    /// <summary>Reads the words of a line, as Python's argparse does: options may stand anywhere and be shortened.</summary>
    public KickstartLine Parse(IReadOnlyList<string> words, int release, int number)
    {
        var line = new KickstartLine(Name, release, number);
        if (release >= Releases.Deprecated) line.Warnings.Add($"{Name} is deprecated");
        if (IsFree)
        {
            line.Arguments.AddRange(words);
            return line;
        }

        var known = Options.Where(o => o.Releases.Has(release)).ToList();
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (!IsOption(word))
            {
                line.Arguments.Add(word);
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (Find(known, name) is not { } option)
            {
                line.Problems.Add($"{Name} has no option {name}");
                continue;
            }

            var value = equals < 0 ? null : word[(equals + 1)..];
            if (option.Value == KickstartValue.None && value is not null) line.Problems.Add($"{option.Names[0]} takes no value");
            if (option.Value != KickstartValue.None && value is null && i + 1 < words.Count && !IsOption(words[i + 1])) value = words[++i];
            if (option.Value is not (KickstartValue.None or KickstartValue.Optional) && value is null)
                line.Problems.Add($"{option.Names[0]} needs a value");
            else if (option.Problem(value ?? "") is { } problem && value is not null) line.Problems.Add(problem);
            if (release >= option.Releases.Deprecated) line.Warnings.Add($"{option.Names[0]} is deprecated");
            line.Options[option.Names[0]] = value ?? "";
        }

        foreach (var option in known.Where(o => o.IsRequired && !line.Options.ContainsKey(o.Names[0])))
            line.Problems.Add($"{Name} needs {option.Names[0]}");
        if (line.Arguments.Count < Least) line.Problems.Add($"{Name} needs {Least} words");
        if (line.Arguments.Count > Most) line.Problems.Add($"{Name} takes no {line.Arguments[Most]}");
        return line;
    }

    private static KickstartOption? Find(List<KickstartOption> known, string name)
    {
        if (known.Find(o => o.Names.Contains(name)) is { } exact) return exact;
        var beginnings = known.Where(o => o.Names.Any(n => n.StartsWith(name, StringComparison.Ordinal))).ToList();
        return name.Length > 2 && beginnings.Count == 1 ? beginnings[0] : null;
    }

    /// <summary>What begins with a dash is an option, but for a negative number and what has a blank before a value begins.</summary>
    private static bool IsOption(string word)
    {
        if (word.Length < 2 || word[0] != '-' || double.TryParse(word, out _)) return false;
        var blank = word.IndexOf(' ', StringComparison.Ordinal);
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return blank < 0 || (equals >= 0 && equals < blank);
    }
}
