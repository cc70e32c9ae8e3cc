using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// The fields that rows of a list are to have (the word `fields`), each by its name, a member of an object or map behind a point
/// (`Boot.Phase`, `Params.a/b`). The key is always among them. What a row does not have is left out.
/// </summary>
public sealed class FieldSelection
{
    private readonly string _key;
    private readonly IReadOnlyDictionary<string, HashSet<string>?> _fields;

    private FieldSelection(string key, IReadOnlyDictionary<string, HashSet<string>?> fields) => (_key, _fields) = (key, fields);

    /// <summary>Reads the word's values: names with commas between.</summary>
    /// <param name="fields">Fields of the kind.</param>
    /// <param name="document">Type of its documents.</param>
    /// <param name="hidden">Fields that are never shown.</param>
    /// <param name="texts">The values.</param>
    /// <returns>Null where they name nothing: whole rows.</returns>
    /// <exception cref="ApiException">406: a field that the kind does not have, or too many.</exception>
    public static FieldSelection? Read(FieldTable fields, Type document, IReadOnlySet<string> hidden, IEnumerable<string> texts)
    {
        var names = texts.SelectMany(t => t.Split(',')).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0) return null;
        if (names.Count > ListBounds.SelectedFields)
            throw ListErrors.Refused(fields.Model, $"fields names at most {ListBounds.SelectedFields} fields");
        var known = Json.Options.GetTypeInfo(document).Properties.Where(p => p.Get is not null).Select(p => p.Name)
            .Where(n => !hidden.Contains(n)).ToHashSet(StringComparer.Ordinal);
        var chosen = new Dictionary<string, HashSet<string>?>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var at = name.IndexOf('.', StringComparison.Ordinal);
            var (top, member) = at > 0 ? (name[..at], name[(at + 1)..]) : (name, "");
            // Members of a map are what somebody called them; those of an object are known.
            var isKnown = known.Contains(top) && (member.Length == 0 ? name == top
                : fields.Fields.TryGetValue(top, out var field) && field.Kind == FieldKind.Map
                    && (fields.Fields.ContainsKey(name)
                        || !fields.Fields.Keys.Any(f => f.StartsWith(top + ".", StringComparison.Ordinal))));
            if (!isKnown)
                throw ListErrors.Refused(fields.Model, $"fields: there is no field {CodePoints.First(name, ListBounds.NameLength)}");
            if (member.Length == 0) chosen[top] = null;
            else if (!chosen.TryGetValue(top, out var members)) chosen[top] = [member];
            else members?.Add(member);
        }

        return new FieldSelection(fields.Order[^1].Path[0], chosen);
    }

    /// <summary>Leaves out of a row what was not chosen.</summary>
    public void Trim(JsonObject row)
    {
        foreach (var name in row.Select(f => f.Key).Where(n => n != _key && !_fields.ContainsKey(n)).ToList()) row.Remove(name);
        foreach (var (name, members) in _fields)
        {
            if (members is null || name == _key || row[name] is not JsonObject part) continue;
            foreach (var other in part.Select(p => p.Key).Where(n => !members.Contains(n)).ToList()) part.Remove(other);
        }
    }
}
