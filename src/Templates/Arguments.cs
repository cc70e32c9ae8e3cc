namespace Anvil.Templates;

/// <summary>What a function is called with: arguments of its types, and the budget.</summary>
internal readonly struct Arguments(IReadOnlyList<object?> values, RenderBudget budget)
{
    public RenderBudget Budget => budget;

    public int Count => values.Count;

    public IReadOnlyList<object?> All => values;

    public object? this[int place] => values[place];

    /// <summary>An argument of the type Text.</summary>
    public string Text(int place) => (string)values[place]!;

    /// <summary>An argument of the type Int.</summary>
    public long Int(int place) => (long)values[place]!;

    /// <summary>An argument of the type Float.</summary>
    public double Float(int place) => (double)values[place]!;

    /// <summary>An argument of the type Map.</summary>
    public IReadOnlyDictionary<string, object?> Map(int place)
        => values[place] as IReadOnlyDictionary<string, object?> ?? new TemplateMap();

    /// <summary>An argument of the type Any that has to be a list.</summary>
    /// <exception cref="TemplateFault">It is none.</exception>
    public IReadOnlyList<object?> List(int place, string what) => values[place] switch
    {
        IReadOnlyList<object?> list => list,
        null => throw new TemplateFault("runtime error: invalid memory address or nil pointer dereference"),
        var other => throw new TemplateFault($"Cannot {what} type {Values.Kind(other)}"),
    };

    /// <summary>The arguments from a place on.</summary>
    public IReadOnlyList<object?> From(int place) => [.. values.Skip(place)];

    /// <summary>An argument as a text, as Sprig's toString makes it.</summary>
    public string Shown(int place) => ValuePrinter.Print(values[place], budget);
}
