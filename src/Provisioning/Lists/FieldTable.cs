using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// The fields of a kind, read off its document's JSON shape: texts, truths, numbers, times, lists of texts, maps; of an object within the
/// document also its own members, as `Boot.Phase`. Besides, `Key` is the kind's key and `Valid` means `Validated` (DRP has both for every
/// kind). Lists of objects are no fields, and secrets are none.
/// </summary>
public sealed class FieldTable
{
    /// <summary>Before the name of a param.</summary>
    public const string ParamPrefix = "params.";

    private const string Params = nameof(Params);
    private static readonly string[] Secrets = ["Secret", "PasswordHash", "SetByLess", "Revoked"];
    private readonly Dictionary<string, Field> _fields;

    private FieldTable(string model, Dictionary<string, Field> fields, IReadOnlyList<Field> order)
    {
        (Model, Order, _fields) = (model, order, fields);
    }

    /// <summary>The kind, as errors name it.</summary>
    public string Model { get; }

    /// <summary>Fields that give each row its place when nothing else does; together they are unique.</summary>
    public IReadOnlyList<Field> Order { get; }

    /// <summary>All fields by name, params not among them.</summary>
    public IReadOnlyDictionary<string, Field> Fields => _fields;

    /// <summary>True where documents have params of their own.</summary>
    public bool HasParams => _fields.TryGetValue(Params, out var map) && map.Kind == FieldKind.Map;

    /// <summary>A field that is known to exist.</summary>
    public Field this[string name] => _fields[name];

    /// <summary>The fields of a document type.</summary>
    /// <param name="model">The kind.</param>
    /// <param name="key">The field that holds the key.</param>
    /// <param name="kinds">Kinds of fields that their type does not tell: addresses, MAC addresses, UUIDs.</param>
    /// <param name="order">Fields that come before the key in the kind's own order.</param>
    public static FieldTable Of<T>(string model, string key, IReadOnlyDictionary<string, FieldKind>? kinds = null,
        params IReadOnlyList<string> order)
        where T : Document
    {
        var fields = new Dictionary<string, Field>(StringComparer.Ordinal);
        Add(fields, typeof(T), [], kinds ?? new Dictionary<string, FieldKind>());
        foreach (var name in new[] { "Name", key }.Where(fields.ContainsKey)) fields[name] = fields[name] with { IsWhole = true };
        fields.TryAdd("Key", fields[key] with { Name = "Key" });
        fields.TryAdd("Valid", fields[nameof(Document.Validated)] with { Name = "Valid" });
        return new FieldTable(model, fields, [.. order.Append(key).Select(name => fields[name])]);
    }

    /// <summary>Fields of rows that are no documents, in an order of their own.</summary>
    /// <param name="model">The kind, as errors name it.</param>
    /// <param name="fields">Names and how they compare.</param>
    public static FieldTable Of(string model, params IReadOnlyList<(string Name, FieldKind Kind)> fields)
        => new(model,
            fields.ToDictionary(f => f.Name, f => new Field(f.Name, f.Kind, [f.Name]) { IsWhole = true }, StringComparer.Ordinal), []);

    /// <summary>
    /// A field by its name in a query: the document's own, else `params.NAME`, else a param that is defined (as DRP has it).
    /// </summary>
    public bool TryFind(string name, Func<string, ParamUse> param, [NotNullWhen(true)] out Field? field)
    {
        if (_fields.TryGetValue(name, out field)) return true;
        if (!HasParams || name.Length is 0 or > ListBounds.NameLength || !CodePoints.IsStorable(name)) return false;
        var prefixed = name.StartsWith(ParamPrefix, StringComparison.Ordinal);
        var wanted = prefixed ? name[ParamPrefix.Length..] : name;
        if (wanted.Length == 0) return false;
        var use = param(wanted);
        if (use == ParamUse.Secret || (use == ParamUse.Unknown && !prefixed)) return false;
        field = new Field(name, FieldKind.Value, [Params, wanted]);
        return true;
    }

    private static void Add(Dictionary<string, Field> fields, Type type, IReadOnlyList<string> above,
        IReadOnlyDictionary<string, FieldKind> kinds)
    {
        foreach (var property in Json.Options.GetTypeInfo(type).Properties.Where(p => p.Get is not null && !Secrets.Contains(p.Name)))
        {
            IReadOnlyList<string> path = [.. above, property.Name];
            var name = string.Join('.', path);
            if (kinds.TryGetValue(name, out var kind) || TryKind(property.PropertyType, out kind))
                fields.Add(name, new Field(name, kind, path));
            if (above.Count == 0 && IsObject(property.PropertyType)) Add(fields, property.PropertyType, path, kinds);
        }
    }

    private static bool TryKind(Type type, out FieldKind kind)
    {
        FieldKind? found = type switch
        {
            _ when type == typeof(string) || type.IsEnum => FieldKind.Text,
            _ when type == typeof(bool) => FieldKind.Truth,
            _ when type == typeof(DateTimeOffset) => FieldKind.Time,
            _ when type == typeof(JsonElement) => FieldKind.Value,
            _ when type.IsPrimitive => FieldKind.Number,
            _ when typeof(IEnumerable<string>).IsAssignableFrom(type) => FieldKind.List,
            _ when Json.Options.GetTypeInfo(type).Kind == JsonTypeInfoKind.Dictionary || IsObject(type) => FieldKind.Map,
            _ => null,
        };
        kind = found ?? default;
        return found is not null;
    }

    private static bool IsObject(Type type) => Json.Options.GetTypeInfo(type).Kind == JsonTypeInfoKind.Object;
}
