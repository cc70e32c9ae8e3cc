using System.Collections;

namespace Anvil.Templates;

/// <summary>A list whose items are of one type ([]string, []int, …); all others are Go's []interface {}.</summary>
/// <param name="items">The items.</param>
/// <param name="element">Name of the items' type.</param>
/// <param name="isNil">It is Go's nil slice: empty, and null in JSON.</param>
internal sealed class TypedList(IReadOnlyList<object?> items, string element, bool isNil = false) : IReadOnlyList<object?>
{
    public const string Anything = "interface {}";

    public string Element { get; } = element;

    public bool IsNil { get; } = isNil;

    public int Count => items.Count;

    public object? this[int index] => items[index];

    public static TypedList Texts(IEnumerable<string> items) => new([.. items], "string");

    public static TypedList Nil(string element = Anything) => new([], element, true);

    /// <summary>The type of a list's items.</summary>
    public static string ElementOf(IReadOnlyList<object?> list) => list is TypedList typed ? typed.Element : Anything;

    public IEnumerator<object?> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
