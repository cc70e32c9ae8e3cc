using System.Collections.Concurrent;

namespace Anvil.Templates;

/// <summary>
/// Texts that are rendered again and again, parsed once: those of boot environments, paths and options, which are no templates of the set.
/// Who renders one that is here is charged what parsing it took, so that what a budget allows does not depend on who came before.
/// Thread-safe.
/// </summary>
internal sealed class ParsedTexts
{
    /// <summary>Texts that are kept, and their characters; where there are more, all are forgotten, and come again.</summary>
    private const int Most = 2000;
    private const int MostCharacters = 4 << 20;

    /// <summary>Characters of a text that is kept.</summary>
    private const int Longest = 16_384;

    private readonly ConcurrentDictionary<(string Name, string Text), Parsed> _parsed = new();
    private int _characters;

    /// <summary>What a text defines, itself under its name.</summary>
    /// <exception cref="TemplateException">The text does not parse, or the budget is spent.</exception>
    public IReadOnlyDictionary<string, IReadOnlyList<Node>> Of(string name, string text, RenderBudget budget)
    {
        if (text.Length > Longest) return Parse(name, text, budget);
        if (_parsed.TryGetValue((name, text), out var kept))
        {
            try
            {
                budget.Step(kept.Steps);
                budget.Allocate(kept.Memory);
                return kept.Definitions;
            }
            catch (TemplateFault e)
            {
                throw new TemplateException(name, 0, e.Message, $"template: {name}: {e.Message}", 0, e.Spent);
            }
        }

        var (steps, memory) = (budget.Steps, budget.Memory);
        var definitions = Parse(name, text, budget);
        if (Interlocked.Add(ref _characters, text.Length) > MostCharacters || _parsed.Count >= Most)
        {
            _parsed.Clear();
            Interlocked.Exchange(ref _characters, text.Length);
        }

        _parsed[(name, text)] = new Parsed(definitions, budget.Steps - steps, budget.Memory - memory);
        return definitions;
    }

    /// <summary>The same, of a text that may not come again.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<Node>> Parse(string name, string text, RenderBudget budget)
        => new Parser(name, text, Functions.Exists, budget).Parse();

    private sealed record Parsed(IReadOnlyDictionary<string, IReadOnlyList<Node>> Definitions, long Steps, long Memory);
}
