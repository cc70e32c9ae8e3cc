using System.Runtime.InteropServices;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>Carries out a list on objects in memory: the same answer as a database gives.</summary>
/// <param name="time">What the time of regular expressions is measured by.</param>
public sealed class ListEvaluator(TimeProvider time)
{
    /// <summary>A page of objects.</summary>
    /// <param name="query">What is wanted.</param>
    /// <param name="all">All objects of the kind.</param>
    /// <exception cref="ApiException">406: its regular expressions take too long.</exception>
    public ListPage<T> Page<T>(ListQuery query, IReadOnlyCollection<T> all)
        where T : Document
    {
        all = Among(query, all);
        var found = Filter(query, all);
        var filtered = found.Count;
        found.Sort((x, y) => ListCursor.Compare(x.Place, y.Place) * (query.Reverse ? -1 : 1));
        if (query.After is { } after)
        {
            var passed = found.FindIndex(row => ListCursor.Compare(row.Place, after.Ranks) * (query.Reverse ? -1 : 1) > 0);
            found.RemoveRange(0, passed < 0 ? found.Count : passed);
        }

        var start = Math.Min(query.Offset, found.Count);
        var rows = found.GetRange(start, Math.Min(query.Limit, found.Count - start));
        // The objects are there anyway: an answer has the text of one at a time.
        if (rows.Count > 0) query.Memory?.Take(rows.Max(r => r.Octets));
        var more = start + rows.Count < found.Count && rows.Count > 0;
        var next = more ? new ListCursor(rows[^1].Place).Write(query) : null;
        return new ListPage<T>([.. rows.Select(r => r.Row)], all.Count, filtered, next);
    }

    /// <summary>The values of a field over the objects that the filters leave, the commonest first; the page does not matter.</summary>
    /// <exception cref="ApiException">406: its regular expressions take too long.</exception>
    public IReadOnlyList<FacetCount> Facet<T>(ListQuery query, Field field, IReadOnlyCollection<T> all)
        where T : Document
    {
        var counts = new Dictionary<Rank, long>();
        var patterns = new PatternTime(query.Fields.Model, time);
        foreach (var document in Among(query, all))
        {
            var json = Element(document);
            if (Holds(query, json, patterns)) FacetCount.Add(counts, field, field.At(json));
        }

        return FacetCount.Of(field, counts);
    }

    private static IReadOnlyCollection<T> Among<T>(ListQuery query, IReadOnlyCollection<T> all)
        where T : Document
        => query.Among is not { } scope ? all
            : scope.ByMac || !ReferenceEquals(scope.Field, query.Fields["Key"])
                ? throw new NotSupportedException($"no list in memory is made by {scope.Field.Name}")
            : [.. all.Where(d => scope.Keys.Contains(d.Key))];

    private static bool Holds(ListQuery query, JsonElement json, PatternTime patterns)
        => query.Conditions.All(c => c.Holds(c.Field.At(json), patterns));

    private static JsonElement Element(Document document) => JsonSerializer.SerializeToElement(document, document.GetType(), Json.Options);

    private List<(T Row, List<Rank> Place, long Octets)> Filter<T>(ListQuery query, IReadOnlyCollection<T> all)
        where T : Document
    {
        var patterns = new PatternTime(query.Fields.Model, time);
        var order = query.Order.ToList();
        var found = new List<(T, List<Rank>, long)>();
        foreach (var document in all)
        {
            var json = Element(document);
            if (Holds(query, json, patterns))
                found.Add((document, order.ConvertAll(f => f.SortOf(json)), JsonMarshal.GetRawUtf8Value(json).Length));
        }

        return found;
    }
}
