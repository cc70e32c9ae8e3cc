using System.Globalization;
using System.Numerics;

namespace Anvil.Templates;

/// <summary>Sprig's arithmetic functions.</summary>
internal static class NumberFunctions
{
    /// <summary>Decimal digits that a quotient of decimals has after its point.</summary>
    private const int QuotientDigits = 16;

    public static IEnumerable<Function> All() =>
    [
        Function.Own("add", "any...", a => Int64(a, (x, y) => unchecked(x + y), start: 0)),
        Function.Own("add1", "any", a => Whole.Int64(unchecked(Values.ToLong(a[0]) + 1))),
        Function.Own("sub", "any any", a => Int64(a, (x, y) => unchecked(x - y))),
        Function.Own("div", "any any", a => Int64(a, Divided)),
        Function.Own("mod", "any any", a => Int64(a, (x, y) => x == long.MinValue && y == -1 ? 0 : x % NotZero(y))),
        Function.Own("mul", "any any...", a => Int64(a, (x, y) => unchecked(x * y))),
        .. Function.Named("max biggest", name => Function.Own(name, "any any...", a => Int64(a, Math.Max))),
        Function.Own("min", "any any...", a => Int64(a, Math.Min)),
        Function.Own("add1f", "any", a => Exact([a[0], 1L], a.Budget, (x, y) => x + y)),
        Function.Own("addf", "any...", a => Exact([0L, .. a.All], a.Budget, (x, y) => x + y)),
        Function.Own("subf", "any any...", a => Exact(a.All, a.Budget, (x, y) => x - y)),
        Function.Own("mulf", "any any...", a => Exact(a.All, a.Budget, (x, y) => x * y)),
        Function.Own("divf", "any any...", a => Exact(a.All, a.Budget, Decimal.Divide)),
        Function.Own("maxf", "any any...", a => a.All.Select(Values.ToDouble).Aggregate(Math.Max)),
        Function.Own("minf", "any any...", a => a.All.Select(Values.ToDouble).Aggregate(Math.Min)),
        Function.Own("floor", "any", a => Math.Floor(Values.ToDouble(a[0]))),
        Function.Own("ceil", "any", a => Math.Ceiling(Values.ToDouble(a[0]))),
        Function.Own("round", "any int float...", Round),
        Function.Own("int", "any", a => Values.ToLong(a[0])),
        Function.Own("int64", "any", a => Whole.Int64(Values.ToLong(a[0]))),
        Function.Own("float64", "any", a => Values.ToDouble(a[0])),
        Function.Of("atoi", "text", a => GoNumber.Clamped(a.Text(0), 10)),
        Function.Own("toDecimal", "any", a => Whole.Int64(GoNumber.TryWhole(a.Shown(0), 8, out var n) ? n : 0)),
    ];

    private static Whole Int64(Arguments a, Func<long, long, long> sum, long? start = null)
    {
        a.Budget.Step(1 + a.Count);
        var all = a.All.Select(Values.ToLong);
        return Whole.Int64(start is { } first ? all.Aggregate(first, sum) : all.Aggregate(sum));
    }

    private static long Divided(long a, long b) => a == long.MinValue && b == -1 ? a : a / NotZero(b);

    private static long NotZero(long n) => n != 0 ? n : throw new TemplateFault("runtime error: integer divide by zero");

    private static object? Round(Arguments a)
    {
        var half = a.Count > 2 ? a.Float(2) : 0.5;
        var scale = Math.Pow(10, a.Int(1));
        var digit = scale * Values.ToDouble(a[0]);
        var rest = digit - Math.Truncate(digit);
        return (rest >= half ? Math.Ceiling(digit) : Math.Floor(digit)) / scale;
    }

    /// <summary>Reckons with floats as decimals of any length, so that 0.1 and 0.2 make 0.3.</summary>
    private static object? Exact(IReadOnlyList<object?> values, RenderBudget budget, Func<Decimal, Decimal, Decimal> sum)
    {
        budget.Step(4L * values.Count);
        budget.Allocate(256L * values.Count);
        var result = Decimal.From(Values.ToDouble(values[0]));
        for (var i = 1; i < values.Count; i++)
        {
            result = sum(result, Decimal.From(Values.ToDouble(values[i])));
            // Products have the digits of both.
            budget.Step(1 + (result.Size / 16));
            budget.Allocate(4L * result.Size);
        }

        return result.ToDouble();
    }

    /// <summary>A whole number times a power of ten.</summary>
    private readonly record struct Decimal(BigInteger Digits, int Power)
    {
        public long Size => Digits.GetByteCount();

        public static Decimal operator +(Decimal a, Decimal b)
        {
            var power = Math.Min(a.Power, b.Power);
            return new Decimal(a.Scaled(power) + b.Scaled(power), power);
        }

        public static Decimal operator -(Decimal a, Decimal b) => a + new Decimal(-b.Digits, b.Power);

        public static Decimal operator *(Decimal a, Decimal b) => new(a.Digits * b.Digits, a.Power + b.Power);

        public static Decimal From(double value)
        {
            if (!double.IsFinite(value)) throw new TemplateFault($"Cannot create a Decimal from {GoFloat.Print(value)}");
            var text = GoFloat.Format(value, 'e', -1);
            var e = text.IndexOf('e', StringComparison.Ordinal);
            var dot = text.IndexOf('.', StringComparison.Ordinal);
            var digits = dot < 0 ? text[..e] : text[..dot] + text[(dot + 1)..e];
            return new Decimal(BigInteger.Parse(digits, CultureInfo.InvariantCulture),
                int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture) - (dot < 0 ? 0 : e - dot - 1));
        }

        public static Decimal Divide(Decimal a, Decimal b)
        {
            if (b.Digits.IsZero) throw new TemplateFault("decimal division by 0");
            // The first digit that is left out rounds, away from zero.
            var shift = a.Power - b.Power + QuotientDigits;
            var (over, under) = shift >= 0
                ? (a.Digits * BigInteger.Pow(10, shift), b.Digits) : (a.Digits, b.Digits * BigInteger.Pow(10, -shift));
            var quotient = BigInteger.DivRem(over, under, out var rest);
            if (BigInteger.Abs(rest) * 2 >= BigInteger.Abs(under)) quotient += over.Sign * under.Sign;
            return new Decimal(quotient, -QuotientDigits);
        }

        public double ToDouble()
            => double.Parse(string.Create(CultureInfo.InvariantCulture, $"{Digits}e{Power}"), CultureInfo.InvariantCulture);

        private BigInteger Scaled(int power) => Digits * BigInteger.Pow(10, Power - power);
    }
}
