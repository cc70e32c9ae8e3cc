namespace Anvil.Templates;

/// <summary>Sprig's arithmetic functions.</summary>
internal static class NumberFunctions
{
    public static IEnumerable<Function> All() =>
    [
        Function.Any("add", 0, a => a.Sum(Values.ToLong)),
        Function.Of("add1", a => Values.ToLong(a) + 1),
        Function.Of("sub", (a, b, _) => Values.ToLong(a) - Values.ToLong(b)),
        Function.Of("div", (a, b, _) => Values.ToLong(a) / NotZero(b)),
        Function.Of("mod", (a, b, _) => Values.ToLong(a) % NotZero(b)),
        Function.Any("mul", 1, a => a.Select(Values.ToLong).Aggregate((x, y) => x * y)),
        Function.Any("max", 1, a => a.Max(Values.ToLong)),
        Function.Any("biggest", 1, a => a.Max(Values.ToLong)),
        Function.Any("min", 1, a => a.Min(Values.ToLong)),
        Function.Any("addf", 0, a => a.Sum(Values.ToDouble)),
        Function.Of("subf", (a, b, _) => Values.ToDouble(a) - Values.ToDouble(b)),
        Function.Of("divf", (a, b, _) => Values.ToDouble(a) / Values.ToDouble(b)),
        Function.Any("mulf", 1, a => a.Select(Values.ToDouble).Aggregate((x, y) => x * y)),
        Function.Any("maxf", 1, a => a.Max(Values.ToDouble)),
        Function.Any("minf", 1, a => a.Min(Values.ToDouble)),
        Function.Of("floor", a => Math.Floor(Values.ToDouble(a))),
        Function.Of("ceil", a => Math.Ceiling(Values.ToDouble(a))),
        new("round", 2, 3, (a, _) => Round(a)),
        Function.Of("int", a => Values.ToLong(a)),
        Function.Of("int64", a => Values.ToLong(a)),
        Function.Of("float64", a => Values.ToDouble(a)),
        Function.Of("atoi", a => Values.ToLong(a)),
        Function.OfText("toDecimal", s => Octal(s)),
    ];

    private static long NotZero(object? value)
        => Values.ToLong(value) is var n and not 0 ? n : throw new TemplateFault("division by zero");

    private static object? Round(IReadOnlyList<object?> a)
    {
        var scale = Math.Pow(10, Math.Clamp(Values.ToLong(a[1]), 0, 15));
        var half = a.Count == 3 ? Values.ToDouble(a[2]) : 0.5;
        var scaled = Values.ToDouble(a[0]) * scale;
        var whole = Math.Truncate(scaled);
        return (Math.Abs(scaled - whole) >= half ? whole + Math.Sign(scaled) : whole) / scale;
    }

    private static long Octal(string text)
    {
        try
        {
            return Convert.ToInt64(text, 8);
        }
        catch (FormatException)
        {
            return 0;
        }
    }
}
