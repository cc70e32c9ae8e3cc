namespace Anvil.Templates;

/// <summary>What a function is charged for its arguments before it runs; what it makes beyond that it charges itself.</summary>
internal enum FunctionCost
{
    /// <summary>Texts, lists and maps that it is given are read and copied, up to some times: what is not said otherwise.</summary>
    Copies,

    /// <summary>Nothing: it takes no longer for a larger argument, or charges all itself.</summary>
    Own,
}

/// <summary>A template function with the number of arguments that it takes.</summary>
internal sealed record Function(string Name, int Least, int Most, Func<IReadOnlyList<object?>, RenderBudget, object?> Body)
{
    /// <summary>Octets charged for a character of an argument that is copied.</summary>
    private const int OctetsOfCharacter = 12;

    /// <summary>What is charged for the arguments.</summary>
    public FunctionCost Cost { get; init; }

    public static Function Of(string name, Func<object?> body) => new(name, 0, 0, (_, _) => body());

    public static Function Of(string name, Func<object?, object?> body) => new(name, 1, 1, (a, _) => body(a[0]));

    public static Function Of(string name, Func<object?, RenderBudget, object?> body) => new(name, 1, 1, (a, b) => body(a[0], b));

    public static Function Of(string name, Func<object?, object?, RenderBudget, object?> body)
        => new(name, 2, 2, (a, b) => body(a[0], a[1], b));

    public static Function Of(string name, Func<object?, object?, object?, RenderBudget, object?> body)
        => new(name, 3, 3, (a, b) => body(a[0], a[1], a[2], b));

    public static Function Any(string name, int least, Func<IReadOnlyList<object?>, object?> body)
        => new(name, least, int.MaxValue, (a, _) => body(a));

    public static Function Any(string name, int least, Func<IReadOnlyList<object?>, RenderBudget, object?> body)
        => new(name, least, int.MaxValue, body);

    public static Function OfText(string name, Func<string, object?> body) => new(name, 1, 1, (a, b) => body(b.Text(a[0])));

    public static Function OfText(string name, Func<string, RenderBudget, object?> body)
        => new(name, 1, 1, (a, b) => body(b.Text(a[0]), b));

    public static Function OfText(string name, Func<string, string, RenderBudget, object?> body)
        => new(name, 2, 2, (a, b) => body(b.Text(a[0]), b.Text(a[1]), b));

    /// <summary>This function, which charges all itself.</summary>
    public Function ChargingAll() => this with { Cost = FunctionCost.Own };

    /// <summary>Charges for arguments by their own size; what they hold is charged where it is looked at.</summary>
    public void Charge(IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(32);
        if (Cost == FunctionCost.Own) return;
        foreach (var argument in arguments)
        {
            switch (argument)
            {
                case string text:
                    budget.Step(1 + (text.Length / 64));
                    budget.Allocate(OctetsOfCharacter * (long)text.Length);
                    break;
                case IReadOnlyList<object?> list:
                    budget.MakeList(list.Count);
                    break;
                case IReadOnlyDictionary<string, object?> map:
                    budget.MakeMap(map.Count);
                    break;
            }
        }
    }

    public static IReadOnlyList<object?> List(object? value) => value switch
    {
        IReadOnlyList<object?> list => list,
        null => [],
        _ => throw new TemplateFault($"wrong type; expected slice, got {Values.Kind(value)}"),
    };

    public static IReadOnlyDictionary<string, object?> Map(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => map,
        null => new TemplateMap(),
        _ => throw new TemplateFault($"wrong type; expected map, got {Values.Kind(value)}"),
    };

    public static int Size(object? value)
    {
        var n = Values.ToLong(value);
        return n is >= 0 and <= 1_000_000 ? (int)n : throw new TemplateFault($"{n} is not between 0 and 1000000");
    }
}
