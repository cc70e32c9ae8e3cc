namespace Anvil.Templates;

/// <summary>The variables in sight while a template is parsed: asked for often, so that none is searched for.</summary>
internal sealed class ParserVariables
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public ParserVariables() => Push("$");

    public int Count => _names.Count;

    public bool Contains(string name) => _counts.ContainsKey(name);

    public void Push(string name)
    {
        _names.Add(name);
        _counts[name] = _counts.GetValueOrDefault(name) + 1;
    }

    /// <summary>Forgets those that were declared last.</summary>
    public void DropTo(int count)
    {
        while (_names.Count > count)
        {
            var name = _names[^1];
            _names.RemoveAt(_names.Count - 1);
            if (--_counts[name] == 0) _counts.Remove(name);
        }
    }
}
