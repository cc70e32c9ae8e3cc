using System.Globalization;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// Reads DRP's list language (its query parameters, reference: Digital Rebar Provision's API) from names and values, however they came.
/// Case
/// counts. What is not understood is refused with 406, whether or not there are rows.
/// </summary>
public static class ListParser
{
    private const string Slim = "slim";
    private const string SelectedParams = "params";
    private const string Decode = "decode";

    /// <summary>The word that names the fields of rows (<see cref="FieldSelection"/>).</summary>
    public const string Fields = "fields";


    private const string Reverse = "reverse";
    private const string NoProxy = "noproxy";
    private const string Force = "force";

    /// <summary>Words of the language and of the calls that lists share a query with; they are no fields.</summary>
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "offset", "limit", "sort", Reverse, "after", Slim, SelectedParams, Decode, Fields, "token", NoProxy, Force,
    };

    /// <summary>Words of the language that are no fields.</summary>
    public static IReadOnlyList<string> PageWords { get; } =
        ["offset", "limit", "sort", Reverse, "after", Slim, SelectedParams, Decode, Fields];

    private static readonly string[] Parts = ["Meta", "Params"];

    /// <summary>What a query asks for.</summary>
    /// <param name="fields">Fields of the kind.</param>
    /// <param name="query">Names with their values; a name occurs once.</param>
    /// <param name="param">What lists may do with a param.</param>
    /// <exception cref="ApiException">406 with the reason.</exception>
    public static ListQuery Query(FieldTable fields, IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> query,
        Func<string, ParamUse> param)
    {
        var conditions = new List<ListCondition>();
        var list = new ListQuery(fields);
        string? after = null;
        var (values, patterns) = (0, 0);
        foreach (var (name, texts) in query)
        {
            switch (name)
            {
                case "sort": list = list with { Sort = Sorts(fields, texts, param) }; break;
                case Reverse: list = list with { Reverse = Flag(fields.Model, name, texts) }; break;
                // DRP's clients may send them with whatever they ask: nobody else is asked, and nothing is in the way.
                case NoProxy or Force: Flag(fields.Model, name, texts); break;
                case "offset": list = list with { Offset = Number(fields.Model, name, texts) }; break;
                case "limit": list = list with { Limit = Number(fields.Model, name, texts) }; break;
                case "after": after = One(fields.Model, name, texts); break;
                case var _ when Words.Contains(name): break;
                default:
                    if (conditions.Count == ListBounds.Conditions)
                        throw ListErrors.Refused(fields.Model, $"a list is filtered by at most {ListBounds.Conditions} fields");
                    var condition = Condition(fields, name, texts, param);
                    conditions.Add(condition);
                    values += condition.Any.Sum(t => t.Arguments.Count);
                    patterns += condition.Any.Count(t => t.Pattern is not null);
                    break;
            }

            if (values > ListBounds.Values)
                throw ListErrors.Refused(fields.Model, $"the filters of a list have at most {ListBounds.Values} values");
            if (patterns > ListBounds.Patterns)
                throw ListErrors.Refused(fields.Model, $"the filters of a list have at most {ListBounds.Patterns} regular expressions");
        }

        list = list with { Conditions = conditions };
        if (after is null) return list;
        if (list.Offset > 0) throw ListErrors.Refused(fields.Model, "after and offset exclude each other");
        return list with { After = ListCursor.Read(list, after) };
    }

    /// <summary>What of each row a query wants to see; also for a single object.</summary>
    /// <param name="model">The kind, as errors name it.</param>
    /// <param name="query">Names with their values.</param>
    /// <exception cref="ApiException">406: no such part.</exception>
    public static ListView View(string model, IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> query)
    {
        var view = new ListView();
        foreach (var (name, texts) in query)
        {
            if (name == Slim)
            {
                var parts = texts.SelectMany(t => t.Split(',')).Where(p => p.Length > 0).ToHashSet(StringComparer.Ordinal);
                if (parts.FirstOrDefault(p => !Parts.Contains(p)) is { } other)
                    throw ListErrors.Refused(model, $"slim leaves out Meta and Params, not {Short(other)}");
                view = view with { Slim = parts };
            }
            else if (name == SelectedParams)
            {
                var names = texts.SelectMany(t => t.Split(',')).Where(p => p.Length > 0).ToHashSet(StringComparer.Ordinal);
                if (names.Count > ListBounds.SelectedParams)
                    throw ListErrors.Refused(model, $"params selects at most {ListBounds.SelectedParams} params");
                if (names.Count > 0) view = view with { Params = names };
            }
            else if (name == Decode)
            {
                view = view with { Decode = Flag(model, name, texts) };
            }
        }

        return view;
    }

    private static ListCondition Condition(FieldTable fields, string name, IReadOnlyList<string> texts, Func<string, ParamUse> param)
    {
        if (!fields.TryFind(name, param, out var field)) throw ListErrors.Refused(fields.Model, $"Filter not found: {Short(name)}");
        if (texts.Count > ListBounds.Alternatives)
            throw ListErrors.Refused(fields.Model, $"{Short(name)} has at most {ListBounds.Alternatives} alternatives");
        return new ListCondition(field, [.. texts.Select(text => Test(fields.Model, field, text))]);
    }

    private static ListTest Test(string model, Field field, string text)
    {
        var (function, arguments) = Split(model, field, text);
        switch (function)
        {
            case ListFunction.Re:
                if (!field.HasText) throw ListErrors.Refused(model, $"{field.Name} holds no text that Re() could match");
                try
                {
                    return new ListTest(function, [], ListPattern.Parse(arguments));
                }
                catch (FormatException e)
                {
                    throw ListErrors.Refused(model, $"{field.Name}: {e.Message}");
                }

            case ListFunction.In or ListFunction.Nin:
                var several = arguments.Split(',', ListBounds.Values + 1);
                if (several.Length > ListBounds.Values)
                    throw ListErrors.Refused(model, $"{function} has at most {ListBounds.Values} values");
                return new ListTest(function, [.. several.Select(a => ListValues.Read(model, field, a))]);
            case ListFunction.Eq or ListFunction.Ne:
                return new ListTest(function, [ListValues.Read(model, field, arguments)]);
            default:
                if (!field.HasOrder) throw ListErrors.Refused(model, $"{field.Name} has no order, so {function} says nothing of it");
                var range = function is ListFunction.Between or ListFunction.Except;
                var bounds = range ? arguments.Split(',') : [arguments];
                if (range && bounds.Length != 2) throw ListErrors.Refused(model, $"{function} needs two values");
                if (bounds.Contains("") && field.Kind == FieldKind.Address)
                    throw ListErrors.Refused(model, $"{field.Name} must be an IPv4 address");
                return new ListTest(function, [.. bounds.Select(a => ListValues.Read(model, field, a))]);
        }
    }

    /// <summary>
    /// A function and what stands in its brackets. Text that begins as no known function does is plain text, that is Eq (as in DRP).
    /// </summary>
    private static (ListFunction Function, string Arguments) Split(string model, Field field, string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || !text.AsSpan(0, open).ContainsAnyInRange('A', 'Z') || !Enum.TryParse<ListFunction>(text[..open], out var function)
            || !Enum.IsDefined(function) || function.ToString() != text[..open]) return (ListFunction.Eq, text);
        if (text[^1] != ')') throw ListErrors.Refused(model, $"{field.Name}: {function}( lacks its closing bracket");
        return (function, text[(open + 1)..^1]);
    }

    private static List<Field> Sorts(FieldTable fields, IReadOnlyList<string> names, Func<string, ParamUse> param)
    {
        if (names.Count > ListBounds.Sorts)
            throw ListErrors.Refused(fields.Model, $"a list is sorted by at most {ListBounds.Sorts} fields");
        return [.. names.Select(
            name => fields.TryFind(name, param, out var field) && field.HasOrder
                ? field : throw ListErrors.Refused(fields.Model, $"Not sortable: {Short(name)}"))];
    }

    private static int Number(string model, string name, IReadOnlyList<string> texts)
    {
        if (!int.TryParse(One(model, name, texts), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n))
            throw ListErrors.Refused(model, $"{name} must be a number");
        return n >= 0 ? n : throw ListErrors.Refused(model, $"{char.ToUpperInvariant(name[0])}{name[1..]} cannot be negative");
    }

    private static bool Flag(string model, string name, IReadOnlyList<string> texts)
        => QueryFlag.Read(One(model, name, texts)) ?? throw ListErrors.Refused(model, $"{name} must be true or false (1 or 0)");

    private static string One(string model, string name, IReadOnlyList<string> texts)
        => texts.Count == 1 ? texts[0] : throw ListErrors.Refused(model, $"{name} has one value");

    private static string Short(string name)
        => name.Length <= ListBounds.NameLength ? name : CodePoints.First(name, ListBounds.NameLength) + "…";
}
