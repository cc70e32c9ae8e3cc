using System.Text;
using Anvil.Contracts.Lists;
using Dapper;

namespace Anvil.Storage;

/// <summary>Writes a list filter as SQL over a table with a JSON document in each row. What differs between databases is a subclass.</summary>
internal abstract class ListSql
{
    private static readonly Dictionary<Comparison, string> Operators = new()
    {
        [Comparison.Equal] = "=",
        [Comparison.NotEqual] = "<>",
        [Comparison.Less] = "<",
        [Comparison.AtMost] = "<=",
        [Comparison.More] = ">",
        [Comparison.AtLeast] = ">=",
    };

    /// <summary>The statement and its parameters. Values travel as parameters, fields as names that were checked.</summary>
    /// <param name="table">Table with a column document and the unique column uuid.</param>
    /// <param name="key">Columns of the key order.</param>
    /// <param name="columns">Fields that are columns of their own.</param>
    /// <param name="filter">What is wanted.</param>
    public (string Sql, DynamicParameters Parameters) Select(string table, IReadOnlyList<string> key, IReadOnlyDictionary<string, string> columns, ListFilter filter)
    {
        var parameters = new DynamicParameters();
        var where = new StringBuilder();
        var conditions = filter.Conditions.Select(any => "(" + string.Join(" OR ", any.Select(all => "(" + (all.Count == 0 ? "TRUE" : string.Join(" AND ", all.Select(t => Test(t, columns, parameters)))) + ")")) + ")").ToList();
        if (conditions.Count > 0) where.Append(" WHERE ").AppendJoin(" AND ", conditions);
        var direction = filter.Reverse ? " DESC" : "";
        var order = " ORDER BY " + string.Join(", ", filter.Sort.Select(s => Order(s.Field, s.Kind, columns)).Concat(key).Select(k => k + direction));
        if (filter.Limit == int.MaxValue && filter.Offset == 0) return ($"SELECT document FROM {table}{where}{order}", parameters);
        parameters.Add("limit", (long)filter.Limit);
        parameters.Add("offset", (long)filter.Offset);
        // The rows that a page skips are counted in an index; only those that it holds are read.
        return ($"SELECT document FROM {table} WHERE uuid IN (SELECT uuid FROM {table}{where}{order} LIMIT @limit OFFSET @offset){order}", parameters);
    }

    /// <summary>A text field of the document as an expression that compares by ordinal.</summary>
    protected abstract string Text(string field);

    /// <summary>A number field of the document as an expression.</summary>
    protected abstract string Number(string field);

    /// <summary>A true or false field of the document as an expression with 1 and 0.</summary>
    protected abstract string Truth(string field);

    /// <summary>Equality of a field as a condition that an index may help, with the parameter's value as it has to be.</summary>
    protected abstract (string Condition, object Value) Equal(FieldTest test, string parameter);

    private string Test(FieldTest test, IReadOnlyDictionary<string, string> columns, DynamicParameters parameters)
    {
        Check(test.Field);
        var name = $"p{parameters.ParameterNames.Count()}";
        if (columns.TryGetValue(test.Field, out var column))
        {
            parameters.Add(name, test.Value);
            return $"{column} {Operators[test.Comparison]} @{name}";
        }

        if (test.Comparison is Comparison.Equal or Comparison.NotEqual || test.Kind is FieldKind.List or FieldKind.Map)
        {
            var (condition, value) = Equal(test, name);
            parameters.Add(name, value);
            return test.Comparison == Comparison.Equal ? condition : $"NOT ({condition})";
        }

        parameters.Add(name, test.Value is bool truth ? truth ? 1 : 0 : test.Value);
        var expression = test.Kind switch { FieldKind.Number => Number(test.Field), FieldKind.Truth => Truth(test.Field), _ => Text(test.Field) };
        return $"{expression} {Operators[test.Comparison]} @{name}";
    }

    private string Order(string field, FieldKind kind, IReadOnlyDictionary<string, string> columns)
    {
        Check(field);
        return columns.TryGetValue(field, out var column) ? column : kind switch { FieldKind.Number => Number(field), FieldKind.Truth => Truth(field), _ => Text(field) };
    }

    private static void Check(string field)
    {
        if (field.Length == 0 || !field.All(char.IsAsciiLetterOrDigit)) throw new ArgumentException($"{field} is no field", nameof(field));
    }
}
