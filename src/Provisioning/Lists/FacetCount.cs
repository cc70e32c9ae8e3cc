using System.Text.Json;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// How often a value occurs in a field, over the rows that the filters leave. A list counts for each of its elements, a map for each of
/// its keys.
/// </summary>
/// <param name="Value">The value as text.</param>
/// <param name="Rank">The value as it is compared.</param>
/// <param name="Count">How many rows have it.</param>
public sealed record FacetCount(string Value, Rank Rank, long Count)
{
    /// <summary>The commonest values, at most <see cref="ListBounds.FacetValues"/>; equally common ones in their own order.</summary>
    public static IReadOnlyList<FacetCount> Of(Field field, IEnumerable<KeyValuePair<Rank, long>> counts)
        => [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(ListBounds.FacetValues)
            .Select(c => new FacetCount(field.Show(c.Key), c.Key, c.Value))];

    /// <summary>Counts a row's value; an absent param, and one that is a list or map, counts nowhere.</summary>
    public static void Add(Dictionary<Rank, long> counts, Field field, JsonElement? value)
    {
        var ranks = field.HasOrder ? [field.RankOf(value)] : field.ItemsOf(value).Distinct(StringComparer.Ordinal).Select(Rank.Of);
        foreach (var rank in ranks)
        {
            if (field.Kind == FieldKind.Value && rank.Type is RankType.None or RankType.Other) continue;
            counts[rank] = counts.GetValueOrDefault(rank) + 1;
        }
    }
}
