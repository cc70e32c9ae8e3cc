using System.Globalization;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// What of the events a query asks for: their fields by the functions of the list language, bounds of time, a place, a page. Events have
/// one order, that of their writing.
/// </summary>
public sealed record EventQuery
{
    /// <summary>Rows of a page where nothing is said of it.</summary>
    public const int Page = 1000;

    /// <summary>Most rows of a page.</summary>
    public const int MostRows = 10_000;

    /// <summary>The kind, as errors and rights name it.</summary>
    public const string Model = "events";

    private const string After = "after";
    private const string Since = "since";
    private const string Until = "until";

    /// <summary>Words of lists that say nothing of events.</summary>
    private static readonly string[] Others = ["offset", "sort", "slim", "params", "decode", "fields"];

    /// <summary>Words that those who follow the events have no use for.</summary>
    private static readonly string[] OfPages = ["limit", "reverse", Until];

    /// <summary>What events are filtered by.</summary>
    public static FieldTable Fields { get; } = FieldTable.Of(Model, ("Time", FieldKind.Time), ("Type", FieldKind.Text),
        ("Action", FieldKind.Text), ("Key", FieldKind.Text), ("Principal", FieldKind.Text));

    /// <summary>Words of a query for a page of events, its fields not among them.</summary>
    public static IReadOnlyList<string> PageWords { get; } = [Since, .. OfPages, After];

    /// <summary>Words of a query of those who follow the events.</summary>
    public static IReadOnlyList<string> StreamWords { get; } = [Since, After];

    /// <summary>Conditions that all must hold.</summary>
    public IReadOnlyList<ListCondition> Conditions { get; private init; } = [];

    /// <summary>None that is older.</summary>
    public DateTimeOffset? From { get; private init; }

    /// <summary>None that is as old or newer.</summary>
    public DateTimeOffset? To { get; private init; }

    /// <summary>The place after which they are wanted, as clients were told it; "" for none.</summary>
    public string Place { get; private init; } = "";

    /// <summary>The newest first.</summary>
    public bool Reverse { get; private init; }

    /// <summary>Most rows.</summary>
    public int Limit { get; private init; } = Page;

    /// <summary>Reads a query.</summary>
    /// <param name="query">Names with their values; a name occurs once.</param>
    /// <param name="follows">True for those who follow the events: they have no page.</param>
    /// <exception cref="ApiException">406 with the reason.</exception>
    public static EventQuery Read(IReadOnlyDictionary<string, IReadOnlyList<string>> query, bool follows = false)
    {
        if (query.Keys.FirstOrDefault(name => Others.Contains(name) || (follows && OfPages.Contains(name))) is { } other)
            throw ListErrors.Refused(Model, $"{other} is no word of this query");
        var list = ListParser.Query(Fields, query.Where(q => q.Key is not (After or Since or Until)), _ => ParamUse.Unknown);
        if (query.ContainsKey("limit") && list.Limit is < 1 or > MostRows)
            throw ListErrors.Refused(Model, $"limit is from 1 to {MostRows}");
        return new EventQuery
        {
            Conditions = list.Conditions,
            From = Time(query, Since),
            To = Time(query, Until),
            Place = One(query, After) ?? "",
            Reverse = list.Reverse,
            Limit = query.ContainsKey("limit") ? list.Limit : Page,
        };
    }

    /// <summary>The texts of which a field must have one; null where the conditions do not say so.</summary>
    public IReadOnlyCollection<string>? Only(string field)
        => Conditions.FirstOrDefault(c => c.Field.Name == field && c.Any.All(t => t.Function is ListFunction.Eq or ListFunction.In))
            ?.Any.SelectMany(t => t.Arguments.Select(a => a[0].Text)).Distinct(StringComparer.Ordinal).ToList();

    /// <summary>True for an event that is wanted.</summary>
    /// <param name="time">When it was.</param>
    /// <param name="texts">Its other fields by name.</param>
    /// <param name="patterns">What regular expressions may take.</param>
    public bool Holds(DateTimeOffset time, Func<string, string> texts, PatternTime patterns)
    {
        if ((From is { } from && time < from) || (To is { } to && time >= to)) return false;
        foreach (var condition in Conditions)
        {
            var text = condition.Field.Kind == FieldKind.Time
                ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
                : texts(condition.Field.Name);
            if (!condition.Holds(JsonSerializer.SerializeToElement(text, Json.Options), patterns)) return false;
        }

        return true;
    }

    private static DateTimeOffset? Time(IReadOnlyDictionary<string, IReadOnlyList<string>> query, string name)
        => One(query, name) is not { } text ? null
            : ListValues.Moment(text) ?? throw ListErrors.Refused(Model, $"{name} must be a time (RFC 3339) or a date");

    private static string? One(IReadOnlyDictionary<string, IReadOnlyList<string>> query, string name)
        => !query.TryGetValue(name, out var texts) ? null
            : texts.Count == 1 ? texts[0] : throw ListErrors.Refused(Model, $"{name} has one value");
}
