using System.Globalization;

namespace Anvil.Templates;

/// <summary>
/// A whole number of another type than Go's int (which is a long here): int64 of Sprig's sums, uint8 of an index into a text, …
/// </summary>
/// <param name="Value">The number; for unsigned types its bits.</param>
/// <param name="Type">The type's name.</param>
/// <param name="Name">The text of a number that has a name: a month, a weekday, a duration.</param>
internal sealed record Whole(long Value, string Type, string? Name = null)
{
    public bool IsSigned => Type is not ("uint" or "uint8" or "uint16" or "uint32" or "uint64");

    /// <summary>The kind below the type's name.</summary>
    public string Kind => Type switch { "time.Month" or "time.Weekday" => "int", "time.Duration" => "int64", _ => Type };

    /// <summary>The number in digits.</summary>
    public string Digits => IsSigned ? Value.ToString(CultureInfo.InvariantCulture)
        : ((ulong)Value).ToString(CultureInfo.InvariantCulture);

    public static Whole Int64(long value) => new(value, "int64");
}
