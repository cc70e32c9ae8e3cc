using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// A place in a list: what its row is sorted by. Paging by places neither misses nor doubles rows while others write (but for rows whose
/// own
/// place changes). As text it is opaque: base64url of JSON.
/// </summary>
/// <param name="Ranks">One for each field of the list's order.</param>
public sealed record ListCursor(IReadOnlyList<Rank> Ranks)
{
    /// <summary>The place of a row.</summary>
    public static ListCursor At(ListQuery query, JsonElement document) => new([.. query.Order.Select(field => field.SortOf(document))]);

    /// <summary>The text that `after` takes.</summary>
    public string Write(ListQuery query)
    {
        var place = new Place(OrderOf(query),
            [.. Ranks.Select(
                r => new[] { ((int)r.Type).ToString(CultureInfo.InvariantCulture), r.Number.ToString("R", CultureInfo.InvariantCulture),
                    r.Text })]);
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Json.Write(place)));
    }

    /// <summary>Reads such a text.</summary>
    /// <exception cref="ApiException">406: it is none, or one of a list in another order.</exception>
    public static ListCursor Read(ListQuery query, string text)
    {
        var model = query.Fields.Model;
        if (text.Length > ListBounds.CursorLength) throw ListErrors.Refused(model, "after is no place in a list");
        Place place;
        try
        {
            place = Json.Read<Place>(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw ListErrors.Refused(model, "after is no place in a list");
        }

        if (place.Order != OrderOf(query)) throw ListErrors.Refused(model, "after is a place in a list of another order");
        var order = query.Order.ToList();
        if (place.Ranks is null || place.Ranks.Count != order.Count) throw ListErrors.Refused(model, "after is no place in a list");
        return new ListCursor(
            [.. order.Zip(place.Ranks,
                (field, parts) => TryRank(field, parts) ?? throw ListErrors.Refused(model, "after is no place in a list"))]);
    }

    /// <summary>Compares the place of a row to this one, in the order of the list without its `reverse`.</summary>
    internal static int Compare(IReadOnlyList<Rank> one, IReadOnlyList<Rank> other)
    {
        for (var i = 0; i < one.Count; i++)
        {
            var by = one[i].CompareTo(other[i]);
            if (by != 0) return by;
        }

        return 0;
    }

    private static string OrderOf(ListQuery query) => (query.Reverse ? "-" : "+") + string.Join(',', query.Sort.Select(f => f.Name));

    private static Rank? TryRank(Field field, IReadOnlyList<string?>? parts)
    {
        if (parts is not [{ } type, { } number, { } text] || !CodePoints.IsStorable(text)) return null;
        if (!Enum.TryParse<RankType>(type, out var given) || !Enum.IsDefined(given)) return null;
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || double.IsNaN(value)) return null;
        var rank = given switch
        {
            RankType.Truth => Rank.Of(value > 0),
            RankType.Number => Rank.Of(value),
            RankType.Text => Rank.Of(text),
            RankType.Other => Rank.Other,
            _ => Rank.None,
        };
        return field.Kind switch
        {
            FieldKind.Value => rank,
            FieldKind.Truth => given == RankType.Truth ? rank : null,
            FieldKind.Number => given == RankType.Number ? rank : null,
            FieldKind.Address =>
                given == RankType.None || (given == RankType.Number && value is >= 0 and <= uint.MaxValue && value == Math.Floor(value))
                    ? rank : null,
            _ => given == RankType.Text ? rank : null,
        };
    }

    private sealed record Place(string Order, IReadOnlyList<IReadOnlyList<string?>?>? Ranks);
}
