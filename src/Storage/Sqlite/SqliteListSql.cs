using Anvil.Provisioning.Lists;

namespace Anvil.Storage.Sqlite;

/// <summary>
/// Lists on SQLite's JSON functions. Texts compare by their UTF-8 octets. The indexes of 006-lists.sql and the columns of
/// 010-boot-states.sql have the same expressions.
/// </summary>
internal sealed class SqliteListSql : ListSql
{
    protected override string Double => "REAL";

    protected override string Ordinal(string text) => text;

    protected override string Text(string column, IReadOnlyList<string> path, string absent)
        => $"ifnull({column} ->> '{Path(path)}', '{absent}')";

    protected override string Beginning(string text) => $"substr({text}, 1, {ListBounds.SortLength})";

    protected override string Number(string column, IReadOnlyList<string> path) => $"CAST(ifnull({column} ->> '{Path(path)}', 0) AS REAL)";

    protected override string Truth(string column, IReadOnlyList<string> path) => $"ifnull({column} ->> '{Path(path)}', 0)";

    /// <summary>Strict as IPv4.TryParse: as elements of a JSON list the octets have no leading zeros.</summary>
    protected override string Address(string text)
    {
        var list = $"'[' || replace({text}, '.', ',') || ']'";
        string Octet(int i) => $"(({list}) ->> {i})";
        return $"CASE WHEN {text} GLOB '[0-9]*.*.*.*[0-9]' AND {text} NOT GLOB '*[^0-9.]*' AND length({text}) <= 15 AND "
            + $"json_valid({list}) "
            + $"AND json_array_length({list}) = 4 AND max({Octet(0)}, {Octet(1)}, {Octet(2)}, {Octet(3)}) <= 255 "
            + $"THEN {Octet(0)} * 16777216 + {Octet(1)} * 65536 + {Octet(2)} * 256 + {Octet(3)} ELSE -1 END";
    }

    protected override string Mac(string text)
    {
        var digits = $"lower(replace(replace(replace({text}, ':', ''), '-', ''), '.', ''))";
        return $"CASE WHEN length({text}) <= 64 AND length({digits}) IN (12, 16, 40) AND {digits} NOT GLOB '*[^0-9a-f]*' THEN {digits} "
            + $"ELSE {text} END";
    }

    protected override string Time(string text)
        => $"substr(rtrim({text}, 'Z') || CASE WHEN instr({text}, '.') = 0 THEN '.' ELSE '' END || '0000000', 1, 27)";

    protected override (string Type, string Number, string Text) Value(Field field, ListParameters p)
    {
        var name = p.Add(field.Path[^1]);
        var parts = PartsOf("e");
        string One(string part) => $"(SELECT {part} FROM json_each(document, '{Path(field.Path.SkipLast(1))}') AS e WHERE e.key = {name})";
        return ($"ifnull({One(parts.Type)}, 0)", $"ifnull({One(parts.Number)}, 0.0)", $"ifnull({One(parts.Text)}, '')");
    }

    protected override string ValueTest(Field field, ListParameters p, Func<(string Type, string Number, string Text), string> condition)
        => $"EXISTS (SELECT 1 FROM json_each(document, '{Path(field.Path.SkipLast(1))}') AS e WHERE e.key = {p.Add(field.Path[^1])} "
            + $"AND {condition(PartsOf("e"))})";

    protected override string Holds(Field field, IReadOnlyList<string> texts, ListParameters p)
    {
        var (source, condition, text) = Items(field);
        return $"EXISTS (SELECT 1 FROM {source} WHERE {condition} AND {(field.Kind == FieldKind.MacList ? Mac(text) : text)} IN "
            + $"({p.Add(texts)}))";
    }

    protected override (string Source, string Condition, string Text) Items(Field field)
    {
        var source = $"json_each(document, '{Path(field.Path)}') AS e";
        return field.Kind == FieldKind.Map
            ? (source, $"json_type(document, '{Path(field.Path)}') = 'object'", "e.key")
            : (source, $"json_type(document, '{Path(field.Path)}') = 'array' AND e.type = 'text'", "e.value");
    }

    protected override string Json(string column, Field field, ListParameters p)
    {
        if (field.Kind != FieldKind.Value) return $"({column} -> '{Path(field.Path)}')";
        const string AsJson =
            "CASE e.type WHEN 'text' THEN json_quote(e.value) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' "
            + "WHEN 'array' THEN '[]' WHEN 'object' THEN '{}' WHEN 'integer' THEN CAST(e.value AS TEXT) "
            + "ELSE CASE WHEN abs(e.value) > 1e308 THEN iif(e.value > 0, '1e999', '-1e999') ELSE printf('%!.17g', e.value) END END";
        return $"(SELECT {AsJson} FROM json_each(document, '{Path(field.Path.SkipLast(1))}') AS e WHERE e.key = {p.Add(field.Path[^1])})";
    }

    protected override string Elements(string parameter) => $"SELECT value FROM json_each({parameter})";

    protected override string Quoted(string column) => $"json_quote({column})";

    private static string Path(IEnumerable<string> names) => "$" + string.Concat(names.Select(n => "." + n));

    private static (string Type, string Number, string Text) PartsOf(string row) => (
        $"CASE {row}.type WHEN 'true' THEN 1 WHEN 'false' THEN 1 WHEN 'integer' THEN 2 WHEN 'real' THEN 2 WHEN 'text' THEN 3 WHEN "
            + "'array' THEN 4 WHEN 'object' THEN 4 ELSE 0 END",
        $"CASE {row}.type WHEN 'true' THEN 1.0 WHEN 'integer' THEN CAST({row}.value AS REAL) WHEN 'real' THEN CASE WHEN {row}.value > "
            + "1e308 THEN 9e999 "
            + $"WHEN {row}.value < -1e308 THEN -9e999 WHEN abs({row}.value) < 1e-300 THEN 0.0 ELSE {row}.value END ELSE 0.0 END",
        $"CASE {row}.type WHEN 'text' THEN {row}.value ELSE '' END");
}
