using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Anvil.Provisioning.Documents;

/// <summary>The shape of a document's type, made once from what <see cref="Json.Options"/> knows of it.</summary>
internal sealed record Shape(ShapeKind Kind)
{
    private static readonly ConcurrentDictionary<Type, Shape> Known = new();

    /// <summary>Shape of a list's items or of a map's values.</summary>
    public Shape? Item { get; private init; }

    /// <summary>An object's fields by name.</summary>
    public FrozenDictionary<string, Shape> Fields { get; private init; } = FrozenDictionary<string, Shape>.Empty;

    /// <summary>Least whole number.</summary>
    public decimal Least { get; private init; }

    /// <summary>Greatest whole number.</summary>
    public decimal Most { get; private init; }

    /// <summary>The texts to choose from.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>What may stand there, in the API's words.</summary>
    public string Expected => Kind switch
    {
        ShapeKind.Text => "a text",
        ShapeKind.Flag => "true or false",
        ShapeKind.Whole => $"a whole number from {Least} to {Most}",
        ShapeKind.Number => "a number",
        ShapeKind.Time => "a time as in RFC 3339, or an empty text",
        ShapeKind.Choice => "one of " + string.Join(", ", Choices),
        ShapeKind.List => "a list",
        ShapeKind.Map or ShapeKind.Fields => "an object",
        _ => "a value",
    };

    /// <summary>The shape of a type.</summary>
    public static Shape Of(Type type) => Known.GetOrAdd(type, Make);

    private static Shape Make(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return new(ShapeKind.Text);
        if (type == typeof(bool)) return new(ShapeKind.Flag);
        if (type == typeof(DateTimeOffset)) return new(ShapeKind.Time);
        if (type == typeof(float) || type == typeof(double) || type == typeof(decimal)) return new(ShapeKind.Number);
        if (WholeNumbers.Of(type) is var (least, most)) return new(ShapeKind.Whole) { Least = least, Most = most };
        if (type.IsEnum) return new(ShapeKind.Choice) { Choices = Enum.GetNames(type) };
        if (type == typeof(JsonElement) || type == typeof(object) || type.IsSubclassOf(typeof(JsonNode)) || type == typeof(JsonNode))
            return new(ShapeKind.Free);
        var info = Json.Options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new(ShapeKind.List) { Item = Of(info.ElementType!) },
            JsonTypeInfoKind.Dictionary => new(ShapeKind.Map) { Item = Of(info.ElementType!) },
            JsonTypeInfoKind.Object => new(ShapeKind.Fields) { Fields = FieldsOf(info) },
            _ => new(ShapeKind.Free),
        };
    }

    /// <summary>What is written and cannot be set is known as well: clients send back what they were given.</summary>
    private static FrozenDictionary<string, Shape> FieldsOf(JsonTypeInfo info) => info.Properties
        .Where(p => p.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) != true)
        .ToFrozenDictionary(p => p.Name, p => p.Set is null ? new Shape(ShapeKind.Free) : Of(p.PropertyType), StringComparer.Ordinal);
}
