using System.Text.Json;

namespace Anvil.Provisioning.Lists;

/// <summary>One function with its arguments.</summary>
/// <param name="Function">The function.</param>
/// <param name="Arguments">
/// Values as they are compared; one that may be read in several ways ("5" of a param is a text and a number) has each of them, of
/// different types.
/// </param>
/// <param name="Pattern">Of Re; else null.</param>
public sealed record ListTest(ListFunction Function, IReadOnlyList<IReadOnlyList<Rank>> Arguments, ListPattern? Pattern = null)
{
    /// <summary>True when a value of the field passes.</summary>
    public bool Holds(Field field, JsonElement? value, PatternTime patterns)
    {
        if (Pattern is not null) return field.TextsOf(value).Any(text => patterns.IsMatch(Pattern, text));
        if (!field.HasOrder)
        {
            var found = field.ItemsOf(value).Any(item => Arguments.Any(a => a[0].Text == item));
            return found == Function is ListFunction.Eq or ListFunction.In;
        }

        var rank = field.RankOf(value);
        return Function switch
        {
            ListFunction.Eq or ListFunction.In => Arguments.Any(a => Compare(rank, a) == 0),
            ListFunction.Ne or ListFunction.Nin => !Arguments.Any(a => Compare(rank, a) == 0),
            ListFunction.Lt => Compare(rank, Arguments[0]) < 0,
            ListFunction.Lte => Compare(rank, Arguments[0]) <= 0,
            ListFunction.Gt => Compare(rank, Arguments[0]) > 0,
            ListFunction.Gte => Compare(rank, Arguments[0]) >= 0,
            ListFunction.Between => Compare(rank, Arguments[0]) >= 0 && Compare(rank, Arguments[1]) <= 0,
            _ => !(Compare(rank, Arguments[0]) >= 0 && Compare(rank, Arguments[1]) <= 0),
        };
    }

    /// <summary>Null where the two are of different types: then neither is less, and they are not equal.</summary>
    private static int? Compare(Rank rank, IReadOnlyList<Rank> argument)
    {
        foreach (var one in argument)
        {
            if (one.Type == rank.Type) return rank.CompareTo(one);
        }

        return null;
    }
}
