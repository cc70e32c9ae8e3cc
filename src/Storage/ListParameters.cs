using Dapper;

namespace Anvil.Storage;

/// <summary>Values of a statement. All values travel so; only names that were checked are part of the text.</summary>
internal sealed class ListParameters
{
    /// <summary>What is sent with the statement.</summary>
    public DynamicParameters All { get; } = new();

    private int _count;

    /// <summary>Adds a value and gives its place in the statement.</summary>
    public string Add(object value)
    {
        var name = $"p{_count++}";
        All.Add(name, value);
        return "@" + name;
    }

    /// <summary>Adds values, for a list in brackets.</summary>
    public string Add(IEnumerable<object> values) => string.Join(", ", values.Select(Add));
}
