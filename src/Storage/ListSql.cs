using System.Text.Json;
using Anvil.Provisioning.Lists;
using Dapper;

namespace Anvil.Storage;

/// <summary>
/// Writes lists as SQL over a table of documents, so that a database answers as <see cref="ListEvaluator"/> does (a property test holds
/// the two together). Regular expressions are not among it: no database has those of .NET, and none bounds their time. What differs
/// between databases is a subclass.
/// </summary>
internal abstract class ListSql
{
    /// <summary>
    /// The page's documents in order, each with its record. A list with regular expressions has to be asked for by <see cref="Places"/>.
    /// </summary>
    /// <param name="table">Where.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="limit">Most rows, instead of the query's.</param>
    public (string Sql, DynamicParameters Parameters) Rows(ListTable table, ListQuery query, long limit)
    {
        var p = new ListParameters();
        var order = Order(table, query, p);
        var where = Where(
            [.. Conditions(table, query, p), .. query.After is { } after ? [After(table, query, after, p)] : Array.Empty<string>()]);
        if (limit >= int.MaxValue && query.Offset == 0) return ($"SELECT {table.Shown} FROM {table.ShownFrom}{where}{order}", p.All);
        var cut = $"LIMIT {p.Add(limit)} OFFSET {p.Add((long)query.Offset)}";
        if (table.IsDirect) return ($"SELECT {table.Shown} FROM {table.ShownFrom}{where}{order} {cut}", p.All);
        // The rows that a page skips are counted in an index; only those that it holds are read.
        var source = table.Holding(FieldsOf(query));
        var page = $"SELECT uuid FROM {source}{where}{order} {cut}";
        return ($"SELECT {table.Shown} FROM {table.ShownFrom} WHERE uuid IN ({page}){order}", p.All);
    }

    /// <summary>How many rows the conditions without regular expressions leave.</summary>
    public (string Sql, DynamicParameters Parameters) Count(ListTable table, ListQuery query)
    {
        var p = new ListParameters();
        var source = table.Holding(TestedIn(query));
        return ($"SELECT count(*) FROM {source}{Where(Conditions(table, query, p))}", p.All);
    }

    /// <summary>
    /// All rows that the conditions without regular expressions leave, in order: uuid, 1 for those after the query's place (else 0), then
    /// the JSON
    /// of each field given.
    /// </summary>
    public (string Sql, DynamicParameters Parameters) Places(ListTable table, ListQuery query, IEnumerable<Field> fields)
    {
        var p = new ListParameters();
        var order = Order(table, query, p);
        var after = query.After is { } place ? $"CASE WHEN {After(table, query, place, p)} THEN 1 ELSE 0 END" : "1";
        var read = fields.ToList();
        var source = table.Holding(FieldsOf(query).Concat(read));
        var columns = string.Concat(read.Select((f, i) => $", {JsonOf(table, Checked(f), p)} AS j{i}"));
        return ($"SELECT uuid, {after} AS beyond{columns} FROM {source}{Where(Conditions(table, query, p))}{order}", p.All);
    }

    /// <summary>The commonest values of a field with how often they occur: type, number, text, count.</summary>
    public (string Sql, DynamicParameters Parameters) Facet(ListTable table, ListQuery query, Field field)
    {
        Checked(field);
        var p = new ListParameters();
        var conditions = Conditions(table, query, p).ToList();
        var from = table.Holding(TestedIn(query).Append(field));
        string source;
        if (!field.HasOrder)
        {
            var item = Items(field);
            var text = field.Kind == FieldKind.MacList ? Mac(item.Text) : item.Text;
            source = $"SELECT DISTINCT uuid, {(int)RankType.Text} AS kind, 0 AS number, {text} AS value "
                + $"FROM {from}, {item.Source}{Where([item.Condition, .. conditions])}";
        }
        else if (field.Kind == FieldKind.Value)
        {
            var (type, number, text) = Value(field, p);
            source = $"SELECT {type} AS kind, {number} AS number, {text} AS value FROM {from}{Where(conditions)}";
        }
        else
        {
            var rank = RankOfOne(field);
            var expression = Scalar(table, field);
            source = rank == RankType.Text
                ? $"SELECT {(int)rank} AS kind, 0 AS number, {expression} AS value FROM {from}{Where(conditions)}"
                : $"SELECT {(int)rank} AS kind, {expression} AS number, '' AS value FROM {from}{Where(conditions)}";
        }

        var shown = field.Kind == FieldKind.Value
            ? $" WHERE kind IN ({(int)RankType.Truth}, {(int)RankType.Number}, {(int)RankType.Text})" : "";
        return ($"SELECT CAST(kind AS bigint) AS kind, CAST(number AS {Double}) AS number, value, count(*) AS rows FROM ({source}) AS "
            + $"f{shown} "
            + $"GROUP BY kind, number, value ORDER BY count(*) DESC, kind, number, {Ordinal("value")} LIMIT {ListBounds.FacetValues}",
                p.All);
    }

    /// <summary>The database's type of doubles.</summary>
    protected abstract string Double { get; }

    /// <summary>A text expression that compares by code point.</summary>
    protected abstract string Ordinal(string text);

    /// <summary>A text field of a column's document, its default where it is absent.</summary>
    protected abstract string Text(string column, IReadOnlyList<string> path, string absent);

    /// <summary>The beginning of a text, as long as sorts look at it.</summary>
    protected abstract string Beginning(string text);

    /// <summary>A number field of a column's document as a double.</summary>
    protected abstract string Number(string column, IReadOnlyList<string> path);

    /// <summary>A true or false field of a column's document as 1 and 0.</summary>
    protected abstract string Truth(string column, IReadOnlyList<string> path);

    /// <summary>A text as the number of its address; -1 for none.</summary>
    protected abstract string Address(string text);

    /// <summary>A text as the digits of its MAC address, or as it is.</summary>
    protected abstract string Mac(string text);

    /// <summary>A text as a time whose fraction has all digits.</summary>
    protected abstract string Time(string text);

    /// <summary>Type, number and text of any JSON value, as <see cref="Rank"/> has them.</summary>
    protected abstract (string Type, string Number, string Text) Value(Field field, ListParameters p);

    /// <summary>A condition on any JSON value by those three, which are given as the expressions of the value's row.</summary>
    protected abstract string ValueTest(Field field, ListParameters p, Func<(string Type, string Number, string Text), string> condition);

    /// <summary>True where a list or map holds one of the texts.</summary>
    protected abstract string Holds(Field field, IReadOnlyList<string> texts, ListParameters p);

    /// <summary>The elements of a list or keys of a map: what to join, what must hold of it, and the text.</summary>
    protected abstract (string Source, string Condition, string Text) Items(Field field);

    /// <summary>The JSON of a field; NULL where it is absent.</summary>
    protected abstract string Json(string column, Field field, ListParameters p);

    /// <summary>A text column as JSON.</summary>
    protected abstract string Quoted(string column);

    /// <summary>Equality of a text field by an index over whole documents; null where the database has none.</summary>
    protected virtual string? EqualByIndex(Field field, IReadOnlyList<string> texts, ListParameters p) => null;

    /// <summary>The texts of a list that a parameter holds as JSON, as rows.</summary>
    protected abstract string Elements(string parameter);

    private static IEnumerable<Field> TestedIn(ListQuery query)
        => query.Conditions.Where(c => !c.HasPattern).Select(c => c.Field).Concat(query.Among is { } scope ? [scope.Field] : []);

    private static IEnumerable<Field> FieldsOf(ListQuery query) => TestedIn(query).Concat(query.Order);

    private static string Where(IEnumerable<string> conditions)
        => string.Join(" AND ", conditions) is { Length: > 0 } all ? " WHERE " + all : "";

    private static Field Checked(Field field)
    {
        var names = field.Kind == FieldKind.Value ? field.Path.SkipLast(1) : field.Path;
        return names.All(n => n.Length > 0 && n.All(char.IsAsciiLetterOrDigit))
            ? field : throw new ArgumentException($"{field.Name} is no field", nameof(field));
    }

    private static RankType RankOfOne(Field field) => field.Kind switch
    {
        FieldKind.Truth => RankType.Truth,
        FieldKind.Number or FieldKind.Address => RankType.Number,
        _ => RankType.Text,
    };

    private static object ValueOf(Field field, Rank rank) => field.Kind switch
    {
        FieldKind.Truth => rank.Number > 0 ? 1 : 0,
        FieldKind.Number => rank.Number,
        FieldKind.Address => rank.Type == RankType.Number ? (long)rank.Number : -1L,
        _ => rank.Text,
    };

    private static string Operator(ListFunction function) => function switch
    {
        ListFunction.Lt => "<",
        ListFunction.Lte => "<=",
        ListFunction.Gt => ">",
        _ => ">=",
    };

    /// <summary>A column is read without the document.</summary>
    private string JsonOf(ListTable table, Field field, ListParameters p)
        => table.Columns.TryGetValue(ListTable.PathOf(field), out var column) ? Quoted(column) : Json(table.ColumnOf(field), field, p);

    private IEnumerable<string> Conditions(ListTable table, ListQuery query, ListParameters p)
        => query.Conditions.Where(c => !c.HasPattern)
            .Select(c => "(" + string.Join(" OR ", c.Any.Select(t => Test(table, Checked(c.Field), t, p))) + ")")
            .Concat(query.Among is { } scope ? [Scoped(table, scope, p)] : []).ToList();

    /// <summary>However many keys there are, they are one value of the statement.</summary>
    private string Scoped(ListTable table, ListScope scope, ListParameters p)
    {
        var keys = Elements(p.Add(JsonSerializer.Serialize(scope.Keys)));
        // Both sides are brought into one spelling.
        var rows = scope.ByMac ? $"SELECT {Mac("mac")} FROM machine_mac WHERE uuid IN ({keys})" : keys;
        return $"{Scalar(table, Checked(scope.Field))} IN ({rows})";
    }

    private string Test(ListTable table, Field field, ListTest test, ListParameters p)
    {
        if (!field.HasOrder)
        {
            var texts = test.Arguments.Select(a => a[0].Text).ToList();
            var holds = field.Kind == FieldKind.MacList && ListTable.PathOf(field) == table.Macs.Path
                ? $"uuid IN (SELECT uuid FROM {table.Macs.Table} WHERE {Mac("mac")} IN ({p.Add(texts)}))"
                : Holds(field, texts, p);
            return test.Function is ListFunction.Eq or ListFunction.In ? holds : $"NOT ({holds})";
        }

        return field.Kind == FieldKind.Value ? ValueTest(field, test, p) : ScalarTest(table, field, test, p);
    }

    private string ScalarTest(ListTable table, Field field, ListTest test, ListParameters p)
    {
        List<string> Values() => [.. test.Arguments.Select(a => p.Add(ValueOf(field, a[0])))];
        switch (test.Function)
        {
            case ListFunction.Eq or ListFunction.In: return Equal(table, field, test, p);
            case ListFunction.Ne or ListFunction.Nin: return $"NOT ({Equal(table, field, test, p)})";
            case ListFunction.Between or ListFunction.Except:
                var bounds = Values();
                return $"{(test.Function == ListFunction.Except ? "NOT " : "")}({Scalar(table, field)} BETWEEN {bounds[0]} "
                    + $"AND {bounds[1]})";
            default:
                var compared = $"{Scalar(table, field)} {Operator(test.Function)} {Values()[0]}";
                // No address is less than none.
                return field.Kind == FieldKind.Address ? $"({compared} AND {Scalar(table, field)} >= 0)" : compared;
        }
    }

    private string Equal(ListTable table, Field field, ListTest test, ListParameters p)
    {
        var path = ListTable.PathOf(field);
        var expression = Scalar(table, field);
        if (field.Kind is FieldKind.Text or FieldKind.Uuid && !table.Columns.ContainsKey(path) && !table.Compared.ContainsKey(path))
        {
            var texts = test.Arguments.Select(a => a[0].Text).ToList();
            if (!table.Indexed.Contains(path) && !table.IsMoving(field) && EqualByIndex(field, texts, p) is { } indexed) return indexed;
            // A text that ends before the beginning does is the whole.
            if (texts.TrueForAll(t => t.Length < ListBounds.SortLength)) expression = Beginning(expression);
        }

        return $"{expression} IN ({p.Add(test.Arguments.Select(a => ValueOf(field, a[0])))})";
    }

    private string ValueTest(Field field, ListTest test, ListParameters p)
    {
        switch (test.Function)
        {
            case ListFunction.Eq or ListFunction.In: return ValueTest(field, p, parts => OfTypes(test, p, parts, Among));
            case ListFunction.Ne or ListFunction.Nin: return $"NOT {ValueTest(field, p, parts => OfTypes(test, p, parts, Among))}";
            case ListFunction.Between: return ValueTest(field, p, Within);
            case ListFunction.Except: return $"NOT {ValueTest(field, p, Within)}";
            default:
                return ValueTest(field, p,
                parts => OfTypes(test, p, parts, (e, values) => $"{e} {Operator(test.Function)} {values[0]}"));
        }

        static string Among(string expression, IReadOnlyList<string> values) => $"{expression} IN ({string.Join(", ", values)})";
        string Within((string Type, string Number, string Text) parts)
            => OfTypes(new ListTest(ListFunction.Gte, [test.Arguments[0]]), p, parts, (e, v) => $"{e} >= {v[0]}")
                + " AND " + OfTypes(new ListTest(ListFunction.Lte, [test.Arguments[1]]), p, parts, (e, v) => $"{e} <= {v[0]}");
    }

    /// <summary>One alternative for each type that the arguments can be read as.</summary>
    private string OfTypes(ListTest test, ListParameters p, (string Type, string Number, string Text) parts,
        Func<string, IReadOnlyList<string>, string> compare)
    {
        var byType = test.Arguments.SelectMany(a => a).GroupBy(r => r.Type).Select(g =>
        {
            var values = g.Select(r => p.Add(r.Type == RankType.Text ? r.Text : r.Number)).ToList();
            var expression = g.Key == RankType.Text ? Ordinal(parts.Text) : parts.Number;
            return $"({parts.Type} = {(int)g.Key} AND {compare(expression, values)})";
        });
        return "(" + string.Join(" OR ", byType) + ")";
    }

    /// <summary>What a field of one value is compared and sorted by: of a time a text of 27 characters, of a truth 0 or 1.</summary>
    internal string Compared(ListTable table, Field field) => Scalar(table, field);

    private string Scalar(ListTable table, Field field)
    {
        var path = ListTable.PathOf(field);
        if (table.Compared.TryGetValue(path, out var compared)) return compared;
        var column = table.ColumnOf(field);
        return field.Kind switch
        {
            FieldKind.Truth => Truth(column, field.Path),
            FieldKind.Number => Number(column, field.Path),
            FieldKind.Time => Time(Text(column, field.Path, "0001-01-01T00:00:00Z")),
            FieldKind.Address => Address(Text(column, field.Path, "")),
            FieldKind.Mac => Mac(Text(column, field.Path, "")),
            _ => table.Columns.TryGetValue(path, out var own) ? own : Text(column, field.Path, ""),
        };
    }

    /// <summary>What rows are sorted by: one expression, or three for any JSON value.</summary>
    private IEnumerable<string> Parts(ListTable table, Field field, ListParameters p)
    {
        Checked(field);
        if (field.Kind == FieldKind.Value)
        {
            var (type, number, text) = Value(field, p);
            return [type, number, Beginning(Ordinal(text))];
        }

        var expression = Scalar(table, field);
        var isShort = field.IsWhole || RankOfOne(field) != RankType.Text || field.Kind == FieldKind.Time
            || table.Compared.ContainsKey(ListTable.PathOf(field));
        return [isShort ? expression : Beginning(expression)];
    }

    private string Order(ListTable table, ListQuery query, ListParameters p)
        => " ORDER BY "
            + string.Join(", ", query.Order.SelectMany(f => Parts(table, f, p)).Select(part => part + (query.Reverse ? " DESC" : "")));

    private string After(ListTable table, ListQuery query, ListCursor after, ListParameters p)
    {
        var parts = query.Order.SelectMany(f => Parts(table, f, p)).ToList();
        var values = query.Order.Zip(after.Ranks,
            (field, rank) => field.Kind == FieldKind.Value ? [(int)rank.Type, rank.Number, rank.Text] : new[] { ValueOf(field, rank) })
            .SelectMany(v => v).Select(p.Add).ToList();
        var sign = query.Reverse ? "<" : ">";
        if (parts.Count == 1) return $"{parts[0]} {sign} {values[0]}";
        // The first comparison says nothing new, but an index helps with it.
        return $"({parts[0]} {sign}= {values[0]} AND ({string.Join(", ", parts)}) {sign} ({string.Join(", ", values)}))";
    }
}
