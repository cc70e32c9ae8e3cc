using System.Text.Json.Nodes;
using Anvil.Provisioning.Lists;

namespace Anvil.Storage.Postgres;

/// <summary>
/// Lists on JSONB. Texts compare by their octets (collation C); equality of texts and of elements is containment, which the GIN index
/// answers.
/// The functions list_… and the indexes are those of 005-lists.sql and
/// 010-boot-states.sql.
/// </summary>
internal sealed class PostgresListSql : ListSql
{
    /// <summary>Values up to which each has a look into the index; more are compared row by row.</summary>
    private const int MostLookups = 16;

    protected override string Double => "double precision";

    protected override string Ordinal(string text) => $"({text} COLLATE \"C\")";

    protected override string Text(string column, IReadOnlyList<string> path, string absent)
        => $"(coalesce({TextAt(column, path)}, '{absent}') COLLATE \"C\")";

    protected override string Beginning(string text) => $"left({text}, {ListBounds.SortLength})";

    protected override string Number(string column, IReadOnlyList<string> path)
        => $"coalesce(({TextAt(column, path)})::double precision, 0)";

    protected override string Truth(string column, IReadOnlyList<string> path) => $"coalesce(({TextAt(column, path)})::boolean::int, 0)";

    protected override string Address(string text) => $"list_address({text})";

    protected override string Mac(string text) => $"(list_mac({text}) COLLATE \"C\")";

    protected override string Time(string text) => $"(list_time({text}) COLLATE \"C\")";

    protected override (string Type, string Number, string Text) Value(Field field, ListParameters p) => PartsOf(ValueAt(field, p));

    protected override string ValueTest(Field field, ListParameters p, Func<(string Type, string Number, string Text), string> condition)
        => $"({condition(PartsOf(ValueAt(field, p)))})";

    protected override string Holds(Field field, IReadOnlyList<string> texts, ListParameters p)
    {
        var at = JsonAt(field.Path);
        if (field.Kind == FieldKind.Map)
            return $"(jsonb_typeof({at}) IS NOT DISTINCT FROM 'object' AND jsonb_exists_any({at}, ARRAY[{p.Add(texts)}]))";
        if (field.Kind == FieldKind.MacList)
            return $"EXISTS (SELECT 1 FROM {Items(field).Source} WHERE {Items(field).Condition} AND {Mac(Items(field).Text)} IN "
                + $"({p.Add(texts)}))";
        if (texts.Count > MostLookups)
            return $"(jsonb_typeof({at}) IS NOT DISTINCT FROM 'array' AND jsonb_exists_any({at}, ARRAY[{p.Add(texts)}]))";
        return "(" + string.Join(" OR ", texts.Select(t => Contains(field, new JsonArray(t), p))) + ")";
    }

    protected override (string Source, string Condition, string Text) Items(Field field)
    {
        var at = JsonAt(field.Path);
        return field.Kind == FieldKind.Map
            ? ($"jsonb_object_keys(CASE jsonb_typeof({at}) WHEN 'object' THEN {at} ELSE '{{}}' END) AS e", "TRUE", "e")
            : ($"jsonb_array_elements(CASE jsonb_typeof({at}) WHEN 'array' THEN {at} ELSE '[]' END) AS e", "jsonb_typeof(e) = 'string'",
                "(e #>> '{}')");
    }

    protected override string Json(string column, Field field, ListParameters p)
        => $"({(field.Kind == FieldKind.Value ? ValueAt(field, p) : JsonAt(field.Path, column))})::text";

    protected override string Elements(string parameter) => $"SELECT jsonb_array_elements_text(CAST({parameter} AS jsonb))";

    protected override string Quoted(string column) => $"to_json({column})::text";

    /// <summary>An absent field counts as an empty text, which containment does not find.</summary>
    protected override string? EqualByIndex(Field field, IReadOnlyList<string> texts, ListParameters p)
        => texts.Count > MostLookups || texts.Contains("")
            ? null : "(" + string.Join(" OR ", texts.Select(t => Contains(field, JsonValue.Create(t), p))) + ")";

    private static string Contains(Field field, JsonNode value, ListParameters p)
    {
        foreach (var name in field.Path.Reverse()) value = new JsonObject { [name] = value };
        return $"document @> CAST({p.Add(value.ToJsonString())} AS jsonb)";
    }

    private static string TextAt(string column, IReadOnlyList<string> path)
        => path.Count == 1 ? $"{column} ->> '{path[0]}'" : $"{column} #>> '{{{string.Join(',', path)}}}'";

    private static string JsonAt(IReadOnlyList<string> path, string column = "document")
        => $"({column}" + string.Concat(path.Select(n => $" -> '{n}'")) + ")";

    private static string ValueAt(Field field, ListParameters p)
        => "(document" + string.Concat(field.Path.SkipLast(1).Select(n => $" -> '{n}'")) + $" -> {p.Add(field.Path[^1])}::text)";

    private static (string Type, string Number, string Text) PartsOf(string value)
        => ($"list_type({value})", $"list_number({value})", $"(list_text({value}) COLLATE \"C\")");
}
