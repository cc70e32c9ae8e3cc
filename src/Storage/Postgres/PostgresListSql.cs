using System.Text.Json;
using Anvil.Contracts.Lists;

namespace Anvil.Storage.Postgres;

/// <summary>Lists on JSONB: equality is containment, which the GIN index answers.</summary>
internal sealed class PostgresListSql : ListSql
{
    protected override string Text(string field) => $"(coalesce(document ->> '{field}', '') COLLATE \"C\")";

    protected override string Number(string field) => $"(document ->> '{field}')::double precision";

    protected override string Truth(string field) => $"(document ->> '{field}')::boolean::int";

    protected override (string Condition, object Value) Equal(FieldTest test, string parameter)
    {
        if (test.Kind == FieldKind.Map) return ($"jsonb_exists(document -> '{test.Field}', @{parameter})", test.Value);
        object wanted = test.Kind == FieldKind.List ? new[] { test.Value } : test.Value;
        return ($"document @> CAST(@{parameter} AS jsonb)", JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { [test.Field] = wanted }));
    }
}
