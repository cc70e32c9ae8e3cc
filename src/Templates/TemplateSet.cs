using System.Collections.Immutable;

namespace Anvil.Templates;

/// <summary>
/// An immutable set of parsed templates that can call each other by name: Go's text/template with the Sprig functions that content packs
/// use (DRP:
/// all templates of all objects share one root set). A template owns the names that its text defines: they come and go with it. Where two
/// define one
/// name, which one counts does not depend on the order in which they came.
/// </summary>
public sealed class TemplateSet
{
    private static readonly ImmutableSortedSet<string> Nobody = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, IReadOnlyList<Node>> _active;
    private readonly ImmutableDictionary<string, Source> _sources;
    private readonly ImmutableDictionary<string, ImmutableSortedSet<string>> _definers;

    /// <summary>Does not depend on what is in the set: those that come from one another share it.</summary>
    private readonly ParsedTexts _texts;

    private TemplateSet(
        ParsedTexts texts, ImmutableDictionary<string, IReadOnlyList<Node>> active, ImmutableDictionary<string, Source> sources,
        ImmutableDictionary<string, ImmutableSortedSet<string>> definers)
    {
        _texts = texts;
        _active = active;
        _sources = sources;
        _definers = definers;
    }

    /// <summary>A set without templates.</summary>
    public static TemplateSet Empty => new(
        new ParsedTexts(),
        ImmutableDictionary.Create<string, IReadOnlyList<Node>>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, Source>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, ImmutableSortedSet<string>>(StringComparer.Ordinal));

    /// <summary>Names of the templates in the set, those that others define within them included.</summary>
    public IEnumerable<string> Names => _active.Keys;

    /// <summary>The names that a text defines: its own, and those of its `define` and `block` clauses.</summary>
    /// <exception cref="TemplateException">The text does not parse, or has too many parts.</exception>
    /// <param name="name">The text's name.</param>
    /// <param name="text">The text.</param>
    /// <param name="budget">What parsing may take, with the other texts of a document; null: a budget of its own.</param>
    public static IReadOnlyCollection<string> Definitions(string name, string text, RenderBudget? budget = null)
        => [.. ParsedTexts.Parse(name, text, budget ?? new RenderBudget(TemplateLimits.Parsing)).Keys];

    /// <summary>A new set with this template, and those it defines, added or in the place of what the name had.</summary>
    /// <param name="name">The template's name.</param>
    /// <param name="text">Its text.</param>
    /// <param name="isFixed">It comes before those that are not, where both define one name: content packs are fixed.</param>
    /// <exception cref="TemplateException">The text does not parse.</exception>
    public TemplateSet With(string name, string text, bool isFixed = false)
    {
        var source = new Source(isFixed, ParsedTexts.Parse(name, text, new RenderBudget(TemplateLimits.Parsing)));
        var old = _sources.GetValueOrDefault(name);
        var definers = Replaced(name, old, source);
        var sources = _sources.SetItem(name, source);
        return new TemplateSet(_texts, Activated(old, source, sources, definers), sources, definers);
    }

    /// <summary>A new set with these templates added or replaced.</summary>
    /// <exception cref="TemplateException">A text does not parse.</exception>
    public TemplateSet With(IEnumerable<KeyValuePair<string, string>> templates)
        => templates.Aggregate(this, (set, template) => set.With(template.Key, template.Value));

    /// <summary>A new set without a template and what it defines; a name that another one defines as well is then that one's.</summary>
    public TemplateSet Without(string name)
    {
        if (!_sources.TryGetValue(name, out var old)) return this;
        var definers = Replaced(name, old, null);
        var sources = _sources.Remove(name);
        return new TemplateSet(_texts, Activated(old, null, sources, definers), sources, definers);
    }

    /// <summary>True when the set has a template of this name.</summary>
    public bool Contains(string name) => _active.ContainsKey(name);

    /// <summary>True when a template was added under this name (and not only defined within another).</summary>
    public bool Has(string name) => _sources.ContainsKey(name);

    /// <summary>The template whose text a name stands for; null when nothing has the name.</summary>
    public string? OwnerOf(string name) => _definers.TryGetValue(name, out var definers) ? First(name, definers, _sources) : null;

    /// <summary>The names that a template of the set defines, its own included; none when it is not in the set.</summary>
    public IEnumerable<string> DefinedBy(string name) => _sources.TryGetValue(name, out var source) ? source.Definitions.Keys : [];

    /// <summary>The other templates that define a name which this one defines too.</summary>
    public IEnumerable<string> Sharing(string name)
        => DefinedBy(name).SelectMany(defined => _definers[defined]).Where(other => other != name).Distinct(StringComparer.Ordinal);

    /// <summary>Names of the functions that templates can call.</summary>
    public static IEnumerable<string> FunctionNames => Functions.Names;

    /// <summary>Executes a template of the set over <paramref name="data"/>.</summary>
    /// <param name="name">The template's name.</param>
    /// <param name="data">The dot.</param>
    /// <param name="budget">What it may take, with all else that the request renders; null: a budget of its own.</param>
    /// <exception cref="TemplateException">The template does not exist, or fails; names template, line and cause.</exception>
    /// <exception cref="OperationCanceledException">The budget's token was cancelled.</exception>
    public string Execute(string name, object? data, RenderBudget? budget = null)
        => new Evaluator(_active, budget ?? new RenderBudget()).Run(name, data);

    /// <summary>Executes one text that can call the templates of this set; what it defines itself comes first.</summary>
    /// <param name="name">The text's name.</param>
    /// <param name="text">The text.</param>
    /// <param name="data">The dot.</param>
    /// <param name="budget">What it may take, with all else that the request renders; null: a budget of its own.</param>
    /// <param name="comesAgain">The text is one of few (the catalog's): it is parsed once.</param>
    /// <exception cref="TemplateException">The text does not parse or fails.</exception>
    /// <exception cref="OperationCanceledException">The budget's token was cancelled.</exception>
    public string Render(string name, string text, object? data, RenderBudget? budget = null, bool comesAgain = false)
    {
        if (!text.Contains("{{", StringComparison.Ordinal)) return text;
        budget ??= new RenderBudget();
        var own = comesAgain ? _texts.Of(name, text, budget) : ParsedTexts.Parse(name, text, budget);
        return new Evaluator(_active, budget, own).Run(name, data);
    }

    /// <summary>Whose text counts: what is fixed, then the template of that very name, then the first by name.</summary>
    private static string First(string name, ImmutableSortedSet<string> definers, ImmutableDictionary<string, Source> sources)
        => definers.Count == 1 ? definers[0]
            : definers.OrderByDescending(d => sources[d].IsFixed).ThenByDescending(d => d == name).First();

    private ImmutableDictionary<string, ImmutableSortedSet<string>> Replaced(string name, Source? old, Source? source)
    {
        var definers = _definers;
        foreach (var defined in old?.Definitions.Keys ?? [])
        {
            var left = definers[defined].Remove(name);
            definers = left.IsEmpty ? definers.Remove(defined) : definers.SetItem(defined, left);
        }

        foreach (var defined in source?.Definitions.Keys ?? [])
            definers = definers.SetItem(defined, definers.GetValueOrDefault(defined, Nobody).Add(name));
        return definers;
    }

    private ImmutableDictionary<string, IReadOnlyList<Node>> Activated(
        Source? old, Source? source, ImmutableDictionary<string, Source> sources,
        ImmutableDictionary<string, ImmutableSortedSet<string>> definers)
    {
        var active = _active;
        foreach (var defined in (old?.Definitions.Keys ?? []).Concat(source?.Definitions.Keys ?? []))
        {
            active = definers.TryGetValue(defined, out var all)
                ? active.SetItem(defined, sources[First(defined, all, sources)].Definitions[defined])
                : active.Remove(defined);
        }

        return active;
    }

    private sealed record Source(bool IsFixed, IReadOnlyDictionary<string, IReadOnlyList<Node>> Definitions);
}
