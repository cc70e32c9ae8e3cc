using System.Globalization;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// What a value is compared by: its type, then its number, then its text by code point. One definition for the evaluation in memory and
/// for both databases.
/// </summary>
/// <param name="Type">The type.</param>
/// <param name="Number">Of truths (0 and 1) and numbers; else 0.</param>
/// <param name="Text">Of texts; else "".</param>
public readonly record struct Rank(RankType Type, double Number, string Text) : IComparable<Rank>
{
    /// <summary>Greatest number that is told from infinity.</summary>
    public const double Greatest = 1e308;

    /// <summary>Least number that is told from 0.</summary>
    public const double Least = 1e-300;

    /// <summary>Nothing.</summary>
    public static Rank None { get; } = new(RankType.None, 0, "");

    /// <summary>A list or map.</summary>
    public static Rank Other { get; } = new(RankType.Other, 0, "");

    /// <summary>A text.</summary>
    public static Rank Of(string text) => new(RankType.Text, 0, text);

    /// <summary>A truth.</summary>
    public static Rank Of(bool truth) => new(RankType.Truth, truth ? 1 : 0, "");

    /// <summary>
    /// A number. JSON knows numbers beyond doubles (1e999): these are infinite, and those nearer to 0 than <see cref="Least"/> are 0.
    /// </summary>
    public static Rank Of(double number) => new(RankType.Number, number switch
    {
        > Greatest => double.PositiveInfinity,
        < -Greatest => double.NegativeInfinity,
        _ when Math.Abs(number) < Least => 0,
        _ => number,
    }, "");

    /// <inheritdoc/>
    public int CompareTo(Rank other)
    {
        var byType = Type.CompareTo(other.Type);
        if (byType != 0) return byType;
        var byNumber = Number.CompareTo(other.Number);
        return byNumber != 0 ? byNumber : CodePoints.Compare(Text, other.Text);
    }

    /// <summary>For a person.</summary>
    public override string ToString() => Type switch
    {
        RankType.Truth => Number > 0 ? "true" : "false",
        RankType.Number => Number.ToString("R", CultureInfo.InvariantCulture),
        RankType.Text => Text,
        _ => "",
    };

    /// <summary>Less.</summary>
    public static bool operator <(Rank left, Rank right) => left.CompareTo(right) < 0;

    /// <summary>Less or equal.</summary>
    public static bool operator <=(Rank left, Rank right) => left.CompareTo(right) <= 0;

    /// <summary>Greater.</summary>
    public static bool operator >(Rank left, Rank right) => left.CompareTo(right) > 0;

    /// <summary>Greater or equal.</summary>
    public static bool operator >=(Rank left, Rank right) => left.CompareTo(right) >= 0;
}
