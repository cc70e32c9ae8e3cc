namespace Anvil.Templates;

/// <summary>Gives functions their arguments: as text/template, which turns nothing but constants into other types.</summary>
internal static class Binding
{
    /// <summary>A value for an argument.</summary>
    /// <param name="type">The argument's type.</param>
    /// <param name="value">The value.</param>
    /// <param name="constant">It stands in the template as it is.</param>
    /// <exception cref="TemplateFault">It is of another type.</exception>
    public static object? Bind(ParameterType type, object? value, Node? constant = null)
    {
        if (type == ParameterType.Any) return value;
        if (constant is ConstantNode)
            return Constant(type, value) ?? throw new TemplateFault($"expected {Found(type)}; found {constant.Source}");
        if (value is null)
        {
            return type is ParameterType.List or ParameterType.Map ? null : throw new TemplateFault(constant is NilNode
                ? $"cannot assign nil to {Name(type)}" : $"invalid value; expected {Name(type)}");
        }

        var fits = type switch
        {
            ParameterType.Text => value is string,
            ParameterType.Int => value is long,
            ParameterType.UInt32 => value is Whole { Type: "uint32" },
            ParameterType.Float => value is double or BigWhole,
            ParameterType.Bool => value is bool,
            ParameterType.List => value is IReadOnlyList<object?> list && TypedList.ElementOf(list) == TypedList.Anything,
            ParameterType.Map => value is TemplateMap { Element: TypedList.Anything }
                or IReadOnlyDictionary<string, object?> and not TemplateMap,
            ParameterType.Time => value is GoTime,
            _ => value is Certificate,
        };
        return fits ? value is BigWhole n ? (double)n.Value : value
            : throw new TemplateFault($"wrong type for value; expected {Name(type)}; got {Values.TypeOf(value)}");
    }

    private static object? Constant(ParameterType type, object? value) => (type, value) switch
    {
        (ParameterType.Text, string) or (ParameterType.Bool, bool) or (ParameterType.Int, long) or (ParameterType.Float, double) => value,
        (ParameterType.Int, double d) when d == Math.Truncate(d) && Math.Abs(d) < 9e15 => (long)d,
        (ParameterType.Float, long n) => (double)n,
        (ParameterType.UInt32, long n and >= 0 and <= uint.MaxValue) => new Whole(n, "uint32"),
        (ParameterType.UInt32, double d) when d == Math.Truncate(d) && d is >= 0 and <= uint.MaxValue => new Whole((long)d, "uint32"),
        _ => null,
    };

    private static string Found(ParameterType type) => type switch
    {
        ParameterType.Text => "string",
        ParameterType.Int => "integer",
        ParameterType.UInt32 => "unsigned integer",
        ParameterType.Float => "float",
        ParameterType.Bool => "bool",
        _ => Name(type),
    };

    private static string Name(ParameterType type) => type switch
    {
        ParameterType.Text => "string",
        ParameterType.Int => "int",
        ParameterType.UInt32 => "uint32",
        ParameterType.Float => "float64",
        ParameterType.Bool => "bool",
        ParameterType.List => "[]interface {}",
        ParameterType.Map => "map[string]interface {}",
        ParameterType.Time => "time.Time",
        ParameterType.Certificate => "sprig.certificate",
        _ => "interface {}",
    };
}
