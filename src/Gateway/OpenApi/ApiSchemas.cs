using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Gateway.OpenApi;

/// <summary>
/// JSON schemas (2020-12, as OpenAPI 3.1 has them) of the types that bodies are read into and answers are written from, made of what
/// <see cref="Json.Options"/> knows of them: there is no other description that could say something else.
/// </summary>
internal sealed class ApiSchemas
{
    private const string Input = "Input";
    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _names = new(StringComparer.Ordinal);

    /// <summary>The schemas that have a name.</summary>
    public JsonObject Components => new(_components.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value.DeepClone())));

    /// <summary>Any JSON.</summary>
    public static JsonObject Any => [];

    /// <summary>What is written of a type.</summary>
    public JsonObject Of(Type type) => Of(type, isInput: false);

    /// <summary>What may be sent of a type: whatever is left out has a default, or stays.</summary>
    public JsonObject InputOf(Type type) => Of(type, isInput: true);

    /// <summary>A document as it is written: its key always, and in words what its texts are.</summary>
    /// <param name="type">The document's type.</param>
    /// <param name="fields">Its fields.</param>
    public JsonObject OfDocument(Type type, FieldTable fields)
    {
        var reference = Of(type);
        Tell(_components[NameOf(type, isInput: false)], fields, isInput: false);
        return reference;
    }

    /// <summary>A document as it may be sent.</summary>
    /// <inheritdoc cref="OfDocument"/>
    public JsonObject OfSentDocument(Type type, FieldTable fields)
    {
        var reference = InputOf(type);
        Tell(_components[NameOf(type, isInput: true)], fields, isInput: true);
        return reference;
    }

    /// <summary>A schema by a name of its own.</summary>
    public JsonObject Named(string name, Func<JsonObject> make)
    {
        if (!_components.ContainsKey(name)) _components[name] = make();
        return Reference(name);
    }

    /// <summary>A schema that has a name, with a member that some answers add.</summary>
    public JsonObject WithMember(JsonObject reference, string name, JsonObject member)
    {
        var properties = (JsonObject)_components[reference["$ref"]!.ToString().Split('/')[^1]]["properties"]!;
        properties.TryAdd(name, member);
        return reference;
    }

    /// <summary>A list.</summary>
    public static JsonObject ListOf(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    /// <summary>An object of any names.</summary>
    public static JsonObject MapOf(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    /// <summary>A text.</summary>
    public static JsonObject Text => new() { ["type"] = "string" };

    private static void Tell(JsonObject schema, FieldTable fields, bool isInput)
    {
        var properties = (JsonObject)schema["properties"]!;
        foreach (var (name, field) in fields.Fields.Where(f => f.Value.Path is [var only] && only == f.Key))
        {
            if (properties[name] is JsonObject property && Words(field.Kind) is { } words) property["description"] = words;
        }

        var key = fields.Order[^1].Path[0];
        if (!isInput) schema["required"] = new JsonArray(key);
    }

    private static string? Words(FieldKind kind) => kind switch
    {
        FieldKind.Address => "an IPv4 address, or empty",
        FieldKind.Network => "an IPv4 network, as 10.0.0.0/24",
        FieldKind.Mac => "a MAC address, or another token",
        FieldKind.MacList => "MAC addresses",
        FieldKind.Uuid => "a UUID, or empty",
        FieldKind.Time => "RFC 3339, in UTC; 0001-01-01T00:00:00Z for none",
        _ => null,
    };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private JsonObject Of(Type type, bool isInput)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return OrNull(Of(inner, isInput));
        if (type == typeof(string) || type == typeof(char)) return Text;
        if (type == typeof(bool)) return new() { ["type"] = "boolean" };
        if (type == typeof(DateTimeOffset) || type == typeof(DateTime))
            // What is sent may be empty as well, for none.
            return isInput ? Text : new() { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(Guid)) return new() { ["type"] = "string", ["format"] = "uuid" };
        if (type == typeof(TimeSpan)) return Text;
        if (type == typeof(float) || type == typeof(double) || type == typeof(decimal)) return new() { ["type"] = "number" };
        if (type == typeof(byte[])) return new() { ["type"] = "string", ["contentEncoding"] = "base64" };
        if (type.IsEnum)
            return new() { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(n => JsonValue.Create(n))]) };
        if (WholeNumbers.Of(type) is var (least, most)) return new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most };
        if (type == typeof(JsonElement) || type == typeof(object) || type.IsAssignableTo(typeof(JsonNode))) return Any;
        var info = Json.Options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => ListOf(Of(info.ElementType!, isInput)),
            JsonTypeInfoKind.Dictionary => MapOf(Of(info.ElementType!, isInput)),
            JsonTypeInfoKind.Object => Object(type, info, isInput),
            _ => Any,
        };
    }

    private JsonObject Object(Type type, JsonTypeInfo info, bool isInput)
    {
        var name = NameOf(type, isInput);
        if (_components.ContainsKey(name)) return Reference(name);
        var schema = new JsonObject { ["type"] = "object" };
        // Before its fields: types hold one another.
        _components[name] = schema;
        var properties = new JsonObject();
        foreach (var property in info.Properties.Where(p => p.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), true) != true))
        {
            if (isInput ? property.Set is null : property.Get is null) continue;
            var value = Of(property.PropertyType, isInput);
            properties[property.Name] = property.PropertyType.IsValueType || !property.IsGetNullable ? value : OrNull(value);
        }

        schema["properties"] = properties;
        return Reference(name);
    }

    private string NameOf(Type type, bool isInput)
    {
        var name = type.Name.Split('`')[0] + (isInput ? Input : "");
        if (_names.TryAdd(name, type) || _names[name] == type) return name;
        name = $"{type.Namespace!.Split('.')[^1]}{name}";
        _names.TryAdd(name, type);
        return name;
    }

    private static JsonObject OrNull(JsonObject schema)
    {
        if (schema.Count == 0) return schema;
        if (schema["type"] is not JsonValue type) return new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        schema["type"] = new JsonArray(type.DeepClone(), "null");
        if (schema["enum"] is JsonArray choices) choices.Add(null);
        return schema;
    }
}
