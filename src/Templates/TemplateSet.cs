namespace Anvil.Templates;

/// <summary>
/// An immutable set of parsed templates that can call each other by name: Go's text/template with the Sprig functions
/// that content packs use (DRP: all templates of all objects share one root set).
/// </summary>
public sealed class TemplateSet
{
    private readonly Dictionary<string, IReadOnlyList<Node>> _templates;

    private TemplateSet(Dictionary<string, IReadOnlyList<Node>> templates) => _templates = templates;

    /// <summary>A set without templates.</summary>
    public static TemplateSet Empty { get; } = new(new(StringComparer.Ordinal));

    /// <summary>Names of the templates in the set.</summary>
    public IReadOnlyCollection<string> Names => _templates.Keys;

    /// <summary>A new set with this template, and those it defines, added or replaced.</summary>
    /// <exception cref="TemplateException">The text does not parse.</exception>
    public TemplateSet With(string name, string text) => With([KeyValuePair.Create(name, text)]);

    /// <summary>A new set with these templates added or replaced.</summary>
    /// <exception cref="TemplateException">A text does not parse.</exception>
    public TemplateSet With(IEnumerable<KeyValuePair<string, string>> templates)
    {
        var all = new Dictionary<string, IReadOnlyList<Node>>(_templates, StringComparer.Ordinal);
        foreach (var (name, text) in templates)
        {
            foreach (var (defined, body) in new Parser(name, text, Functions.Exists).Parse()) all[defined] = body;
        }

        return new TemplateSet(all);
    }

    /// <summary>True when the set has a template of this name.</summary>
    public bool Contains(string name) => _templates.ContainsKey(name);

    /// <summary>Executes a template of the set over <paramref name="data"/>.</summary>
    /// <exception cref="TemplateException">The template does not exist, or fails; names template, line and cause.</exception>
    public string Execute(string name, object? data, TemplateLimits? limits = null)
        => new Evaluator(_templates, limits ?? TemplateLimits.Default).Run(name, data);

    /// <summary>Parses and executes one text that can call the templates of this set.</summary>
    /// <exception cref="TemplateException">The text does not parse or fails.</exception>
    public string Render(string name, string text, object? data, TemplateLimits? limits = null)
        => text.Contains("{{", StringComparison.Ordinal) ? With(name, text).Execute(name, data, limits) : text;
}
