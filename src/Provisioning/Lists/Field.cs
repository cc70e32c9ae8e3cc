using System.Globalization;
using System.Text.Json;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Lists;

/// <summary>A field that lists are filtered and sorted by.</summary>
/// <param name="Name">As the query names it.</param>
/// <param name="Kind">How it compares.</param>
/// <param name="Path">Where it stands in the document: names of members from the outside in. The last one of a param is free text; all
/// others are letters and digits.</param>
public sealed record Field(string Name, FieldKind Kind, IReadOnlyList<string> Path)
{
    private const string ZeroTime = "0001-01-01T00:00:00Z";
    private const int TimeLength = 27;
    private static readonly int[] MacDigits = [12, 16, 40];

    /// <summary>Names and keys, whose length is bounded: they are sorted by the whole text.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Has one value, so that rows can be sorted by it and Lt, Lte, Gt, Gte, Between and Except have a meaning.</summary>
    public bool HasOrder => Kind is not (FieldKind.List or FieldKind.MacList or FieldKind.Map);

    /// <summary>Holds text that a regular expression can be tried on.</summary>
    public bool HasText => Kind is not (FieldKind.Truth or FieldKind.Number);

    /// <summary>The field's value in a document; null where there is none.</summary>
    public JsonElement? At(JsonElement document)
    {
        foreach (var name in Path)
        {
            if (document.ValueKind != JsonValueKind.Object || !document.TryGetProperty(name, out var next)) return null;
            document = next;
        }

        return document.ValueKind == JsonValueKind.Null ? null : document;
    }

    /// <summary>
    /// What a value of a field with an order is compared by. An absent one counts as the default of the field's type, but for params,
    /// where it is nothing.
    /// </summary>
    public Rank RankOf(JsonElement? value) => Kind switch
    {
        FieldKind.Truth => Rank.Of(value is { ValueKind: JsonValueKind.True }),
        FieldKind.Number => value is { ValueKind: JsonValueKind.Number } number ? Rank.Of(number.GetDouble()) : Rank.Of(0d),
        FieldKind.Time => Rank.Of(TimeOf(Text(value, ZeroTime))),
        FieldKind.Address => IPv4.TryParse(Text(value, ""), out var address) ? Rank.Of((double)address) : Rank.None,
        FieldKind.Mac => Rank.Of(MacOf(Text(value, ""))),
        FieldKind.Network => Rank.Of(NetworkOf(Text(value, ""))),
        FieldKind.Value => value switch
        {
            { ValueKind: JsonValueKind.True or JsonValueKind.False } truth => Rank.Of(truth.GetBoolean()),
            { ValueKind: JsonValueKind.Number } number => Rank.Of(number.GetDouble()),
            { ValueKind: JsonValueKind.String } text => Rank.Of(text.GetString()!),
            { ValueKind: JsonValueKind.Array or JsonValueKind.Object } => Rank.Other,
            _ => Rank.None,
        },
        _ => Rank.Of(Text(value, "")),
    };

    /// <summary>What a document is sorted by: its rank, of long texts only the beginning.</summary>
    public Rank SortOf(JsonElement document)
    {
        var rank = RankOf(At(document));
        return IsWhole || rank.Type != RankType.Text ? rank : rank with { Text = CodePoints.First(rank.Text, ListBounds.SortLength) };
    }

    /// <summary>What a list holds, or the keys of a map, as they are compared.</summary>
    public IEnumerable<string> ItemsOf(JsonElement? value) => Kind == FieldKind.MacList ? TextsOf(value).Select(MacOf) : TextsOf(value);

    /// <summary>The texts of a value: itself, a list's elements, a map's keys.</summary>
    public IEnumerable<string> TextsOf(JsonElement? value) => Kind switch
    {
        FieldKind.List or FieldKind.MacList => value is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!) : [],
        FieldKind.Map => value is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Select(p => p.Name) : [],
        FieldKind.Value => value is { ValueKind: JsonValueKind.String } text ? [text.GetString()!] : [],
        _ => [Text(value, Kind == FieldKind.Time ? ZeroTime : "")],
    };

    /// <summary>A value as facets show it.</summary>
    public string Show(Rank rank) => Kind switch
    {
        FieldKind.Address => rank.Type == RankType.Number ? IPv4.Format((uint)rank.Number) : "",
        FieldKind.Network when rank.Text.Split('/') is [var hex, var length] && IPv4.TryParseHex(hex, out var network)
            && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) => $"{IPv4.Format(network)}/{bits}",
        FieldKind.Mac or FieldKind.MacList => ReservationToken.TryNormalize(rank.Text, out var mac) ? mac : rank.Text,
        FieldKind.Time => rank.Text.TrimEnd('0').TrimEnd('.') + "Z",
        _ => rank.ToString(),
    };

    /// <summary>A MAC address as its hexadecimal digits; other text as it is.</summary>
    internal static string MacOf(string text)
    {
        if (text.Length > 64) return text;
        var digits = text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal)
            .Replace(".", "", StringComparison.Ordinal);
        return MacDigits.Contains(digits.Length) && digits.All(char.IsAsciiHexDigit) ? digits.ToLowerInvariant() : text;
    }

    /// <summary>A network, or an address alone, as digits of one length, so that texts compare as networks; other text as it is.</summary>
    internal static string NetworkOf(string text) => Cidr.TryParse(text, out var cidr) ? $"{IPv4.Hex(cidr.Network)}/{cidr.PrefixLength:00}"
        : IPv4.TryParse(text, out var address) ? IPv4.Hex(address) : text;

    /// <summary>A time as documents write it, with all seven digits of its fraction, so that texts compare as times.</summary>
    internal static string TimeOf(string text)
    {
        var padded = text.TrimEnd('Z') + (text.Contains('.', StringComparison.Ordinal) ? "" : ".") + "0000000";
        return CodePoints.First(padded, TimeLength);
    }

    /// <summary>A time as filters compare it.</summary>
    internal static string TimeOf(DateTimeOffset time)
        => TimeOf(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    private static string Text(JsonElement? value, string absent)
        => value is { ValueKind: JsonValueKind.String } text ? text.GetString()! : absent;
}
