namespace Anvil.Templates;

/// <summary>What a function is charged for its arguments before it runs; what it makes beyond that it charges itself.</summary>
internal enum FunctionCost
{
    /// <summary>Texts, lists and maps that it is given are read and copied, up to some times: what is not said otherwise.</summary>
    Copies,

    /// <summary>Nothing: it takes no longer for a larger argument, or charges all itself.</summary>
    Own,
}

/// <summary>A template function with the types of its arguments.</summary>
internal sealed class Function
{
    /// <summary>Octets charged for a character of an argument that is copied.</summary>
    private const int OctetsOfCharacter = 12;

    private readonly IReadOnlyList<ParameterType> _types;
    private readonly bool _isVariadic;
    private readonly FunctionCost _cost;
    private readonly Func<Arguments, object?> _body;

    private Function(string name, IReadOnlyList<ParameterType> types, bool isVariadic, FunctionCost cost, Func<Arguments, object?> body)
    {
        Name = name;
        _types = types;
        _isVariadic = isVariadic;
        _cost = cost;
        _body = body;
    }

    public string Name { get; }

    /// <summary>A function that is charged for its arguments.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="types">Types of its arguments, with blanks between them; after the last may follow `...` for any number of it.</param>
    /// <param name="body">What it does.</param>
    public static Function Of(string name, string types, Func<Arguments, object?> body) => Make(name, types, FunctionCost.Copies, body);

    /// <summary>A function that charges all itself.</summary>
    public static Function Own(string name, string types, Func<Arguments, object?> body) => Make(name, types, FunctionCost.Own, body);

    /// <summary>A function under several names.</summary>
    public static IEnumerable<Function> Named(string names, Func<string, Function> make) => names.Split(' ').Select(make);

    /// <summary>The type of an argument.</summary>
    public ParameterType TypeAt(int place)
        => _types.Count == 0 ? ParameterType.Any : _types[Math.Min(place, _types.Count - 1)];

    /// <summary>Says so when there are too many arguments, or too few.</summary>
    /// <exception cref="TemplateFault">There are.</exception>
    public void Count(int given)
    {
        var least = _isVariadic ? _types.Count - 1 : _types.Count;
        if (given < least || (!_isVariadic && given > least))
            throw new TemplateFault($"wrong number of args for {Name}: want {(_isVariadic ? "at least " : "")}{least} got {given}");
    }

    /// <summary>Calls the function.</summary>
    public object? Call(IReadOnlyList<object?> arguments, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(32);
        if (_cost != FunctionCost.Own) Charge(arguments, budget);
        return _body(new Arguments(arguments, budget));
    }

    /// <summary>
    /// Charges for the arguments of a function or method by their own size; what they hold is charged where it is looked at.
    /// </summary>
    public static void Charge(IReadOnlyList<object?> arguments, RenderBudget budget)
    {
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

    private static Function Make(string name, string types, FunctionCost cost, Func<Arguments, object?> body)
    {
        var isVariadic = types.EndsWith("...", StringComparison.Ordinal);
        var all = (isVariadic ? types[..^3] : types).Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(t => Enum.Parse<ParameterType>(t, true)).ToArray();
        return new Function(name, all, isVariadic, cost, body);
    }
}
