namespace Anvil.Provisioning.Tests.Boot.Kickstarts;

/// <summary>A section of a kickstart file.</summary>
/// <param name="Head">Its first line.</param>
/// <param name="Lines">The lines in it.</param>
internal sealed record KickstartSection(KickstartLine Head, IReadOnlyList<string> Lines);

/// <summary>
/// A kickstart file, read as Anaconda does: a line is a command, or begins a section, which `%end` ends. What Anaconda refuses is a
/// problem; what it takes and complains about, a warning.
/// </summary>
internal sealed class KickstartFile
{
    /// <summary>Where Python's splitlines, which Anaconda reads with, ends lines.</summary>
    private static readonly char[] Ends = ['\n', '\v', '\f', '\r', '\x1c', '\x1d', '\x1e', '\x85', '\u2028', '\u2029'];

    private readonly List<KickstartLine> _commands = [];
    private readonly List<KickstartSection> _sections = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _warnings = [];
    private readonly List<string> _lines;
    private readonly int _release;
    private int _at;

    private KickstartFile(string text, int release)
    {
        _release = release;
        _lines = [.. text.Replace("\r\n", "\n", StringComparison.Ordinal).Split(Ends)];
        while (_at < _lines.Count)
        {
            var line = _lines[_at++];
            if (!IsEmpty(line)) ReadLine(line);
        }
    }

    /// <summary>The commands, in their order.</summary>
    public IReadOnlyList<KickstartLine> Commands => _commands;

    /// <summary>The sections, in their order.</summary>
    public IReadOnlyList<KickstartSection> Sections => _sections;

    /// <summary>What Anaconda refuses.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>What Anaconda takes and complains about.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>What the file is made of, without its values: two files of the same shape say the same of different things.</summary>
    public string Shape => string.Join('\n', _commands.Concat(_sections.Select(s => s.Head))
        .Select(c => $"{c.Name} {c.Arguments.Count} {string.Join(' ', c.Options.Keys.Order(StringComparer.Ordinal))}")
        .Concat(_sections.Select(s => $"{s.Head.Name}: {s.Lines.Count}")));

    /// <summary>Reads a file for a release: 8, 9 or 10.</summary>
    public static KickstartFile Read(string text, int release) => new(text, release);

    /// <summary>The one command of a name.</summary>
    public KickstartLine Command(string name) => Assert.Single(_commands, c => c.Name == name);

    private void ReadLine(string line)
    {
        var words = ShellWords.Split(line + "\n", hasComments: true, out var problem);
        if (problem is not null) Refuse(problem);
        else if (words[0].Length == 0) Refuse("a line begins with nothing");
        else if (words[0] == "%include") Include(words);
        else if (words[0] == "%ksappend") return;
        else if (words[0][0] == '%') ReadSection(words);
        else if (KickstartLanguage.Command(words[0], _release) is not { } syntax) Refuse($"there is no command {words[0]}");
        else Take(syntax, words, _commands);
    }

    private KickstartLine Take(KickstartSyntax syntax, List<string> words, List<KickstartLine> all)
    {
        var read = syntax.Parse(words[1..], _release, _at);
        if (read.Problems.Count == 0 && KickstartRules.Problem(read) is { } problem) read.Problems.Add(problem);
        var (refused, complaint) = KickstartRules.Beside(read, all);
        foreach (var text in read.Problems.Append(refused).OfType<string>()) Refuse(text);
        foreach (var text in read.Warnings.Append(complaint).OfType<string>()) _warnings.Add($"line {_at}: {text}");
        all.Add(read);
        return read;
    }

    private void ReadSection(List<string> words)
    {
        var first = _at;
        if (KickstartLanguage.Section(words[0], _release) is not { } syntax)
        {
            Refuse($"there is no section {words[0]}");
            return;
        }

        var head = Take(syntax, words, []);
        var lines = new List<string>();
        while (_at < _lines.Count)
        {
            var line = _lines[_at++];
            var word = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("");
            if (word is "%end" or "%include" || KickstartLanguage.Section(word, _release) is not null)
            {
                var all = ShellWords.Split(line + "\n", hasComments: false, out var problem);
                if (problem is not null) Refuse(problem);
                if (word == "%include") Include(all);
                if (word == "%include") continue;
                if (word != "%end") Refuse($"{words[0]} of line {first} does not end with %end");
                _sections.Add(new KickstartSection(head, lines));
                return;
            }

            // Scripts have all lines; the others have neither comments nor empty ones.
            if (words[0] is "%packages" && IsEmpty(line)) continue;
            if (words[0] is "%packages") Package(line.Trim());
            lines.Add(line);
        }

        Refuse($"{words[0]} of line {first} does not end with %end");
    }

    private void Package(string line)
    {
        if (line == "-") Refuse("a package is left out without a name");
        if (line[0] == '@' && line.Contains("--nodefaults", StringComparison.Ordinal)
            && line.Contains("--optional", StringComparison.Ordinal)) Refuse("a group has one of --nodefaults and --optional");
    }

    private void Include(List<string> words)
    {
        if (words.Count < 2 || words[1].Length == 0) Refuse("%include names no file");
    }

    private void Refuse(string problem) => _problems.Add($"line {_at}: {problem}");

    private static bool IsEmpty(string line) => string.IsNullOrWhiteSpace(line) || line.TrimStart()[0] == '#';
}
