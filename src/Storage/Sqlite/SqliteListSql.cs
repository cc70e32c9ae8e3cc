using System.Globalization;
using Anvil.Contracts.Lists;

namespace Anvil.Storage.Sqlite;

/// <summary>Lists on SQLite's JSON functions.</summary>
internal sealed class SqliteListSql : ListSql
{
    protected override string Text(string field) => $"ifnull(document ->> '$.{field}', '')";

    protected override string Number(string field) => $"CAST(document ->> '$.{field}' AS REAL)";

    protected override string Truth(string field) => $"(document ->> '$.{field}')";

    protected override (string Condition, object Value) Equal(FieldTest test, string parameter) => test.Kind switch
    {
        FieldKind.List => ($"EXISTS (SELECT 1 FROM json_each(document, '$.{test.Field}') WHERE CAST(value AS TEXT) = @{parameter})", test.Value),
        FieldKind.Map => ($"EXISTS (SELECT 1 FROM json_each(document, '$.{test.Field}') WHERE key = @{parameter})", test.Value),
        FieldKind.Number => ($"{Number(test.Field)} = @{parameter}", Convert.ToDouble(test.Value, CultureInfo.InvariantCulture)),
        FieldKind.Truth => ($"{Truth(test.Field)} = @{parameter}", test.Value is true ? 1 : 0),
        _ => ($"{Text(test.Field)} = @{parameter}", test.Value),
    };
}
