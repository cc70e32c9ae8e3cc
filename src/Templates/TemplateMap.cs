namespace Anvil.Templates;

/// <summary>A string-keyed map, as Sprig's dict makes it; the only value that a template can change (set, unset, merge).</summary>
public sealed class TemplateMap : Dictionary<string, object?>
{
    /// <summary>Name of the type of its values: Go's map[string]string is one of "string".</summary>
    internal string Element { get; init; } = TypedList.Anything;

    /// <summary>An empty map.</summary>
    public TemplateMap() : base(StringComparer.Ordinal)
    {
    }

    /// <summary>A map with these entries.</summary>
    public TemplateMap(IEnumerable<KeyValuePair<string, object?>> entries) : base(entries, StringComparer.Ordinal)
    {
    }
}
