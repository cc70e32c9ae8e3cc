using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Anvil.Templates;

/// <summary>Values from JSON and to JSON, at the cost of a budget.</summary>
internal static class ValueJson
{
    /// <summary>Octets charged for a value that is read, beside its text.</summary>
    private const int OctetsOfValue = 64;

    private static readonly JsonWriterOptions Plain =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonWriterOptions Pretty = Plain with { Indented = true, NewLine = "\n" };

    public static string Write(object? value, RenderBudget budget, bool isPretty = false)
    {
        budget.Allocate(512);
        var buffer = new ChargedBuffer(budget);
        using (var writer = new Utf8JsonWriter(buffer, isPretty ? Pretty : Plain)) Write(writer, value, budget);
        budget.MakeText(buffer.Written.Length);
        return Encoding.UTF8.GetString(buffer.Written);
    }

    public static object? Read(JsonElement element, RenderBudget budget)
    {
        budget.Step();
        budget.Allocate(OctetsOfValue);
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new TemplateMap();
                budget.Descend(map);
                foreach (var property in element.EnumerateObject())
                {
                    var name = property.Name;
                    budget.Allocate(128 + (2 * name.Length));
                    map[name] = Read(property.Value, budget);
                }

                budget.Ascend();
                return map;
            case JsonValueKind.Array:
                budget.MakeList(element.GetArrayLength());
                var list = new List<object?>(element.GetArrayLength());
                budget.Descend(list);
                foreach (var item in element.EnumerateArray()) list.Add(Read(item, budget));
                budget.Ascend();
                return list;
            case JsonValueKind.String:
                var text = element.GetString()!;
                budget.MakeText(text.Length);
                return text;
            case JsonValueKind.Number: return element.TryGetInt64(out var whole) ? whole : element.GetDouble();
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            default: return null;
        }
    }

    private static void Write(Utf8JsonWriter writer, object? value, RenderBudget budget)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> map:
                budget.Descend(map);
                writer.WriteStartObject();
                foreach (var (key, item) in budget.Sorted(map))
                {
                    budget.Step(1 + (key.Length / 64));
                    writer.WritePropertyName(key);
                    Write(writer, item, budget);
                }

                writer.WriteEndObject();
                budget.Ascend();
                break;
            case IReadOnlyList<object?> list:
                budget.Descend(list);
                writer.WriteStartArray();
                for (var i = 0; i < list.Count; i++) Write(writer, list[i], budget);
                writer.WriteEndArray();
                budget.Ascend();
                break;
            default:
                budget.Step();
                switch (value)
                {
                    case null: writer.WriteNullValue(); break;
                    case bool b: writer.WriteBooleanValue(b); break;
                    case long n: writer.WriteNumberValue(n); break;
                    case double d: writer.WriteNumberValue(d); break;
                    default:
                        var text = value as string ?? Values.Text(value);
                        budget.Step(1 + (text.Length / 64));
                        // Long texts are escaped in a buffer of the writer's own: six octets for a character.
                        budget.Allocate(6L * text.Length);
                        writer.WriteStringValue(text);
                        break;
                }

                break;
        }
    }

    /// <summary>A buffer that charges before it grows.</summary>
    private sealed class ChargedBuffer(RenderBudget budget) : IBufferWriter<byte>
    {
        private byte[] _octets = [];
        private int _used;

        public ReadOnlySpan<byte> Written => _octets.AsSpan(0, _used);

        public void Advance(int count) => _used += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            var needed = _used + Math.Max(sizeHint, 256L);
            if (needed > _octets.Length)
            {
                var size = Math.Max(needed, _octets.Length * 2L);
                budget.Allocate(size);
                Array.Resize(ref _octets, checked((int)size));
            }

            return _octets.AsMemory(_used);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
