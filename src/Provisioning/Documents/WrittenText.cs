using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// Tells of a JSON text, in one pass and without making the object, whether it is what an object of a type is written as: every member,
/// in its order, with a value of its kind. Such a text can be handed on as it is. What this does not know for sure it does not take.
/// </summary>
internal sealed class WrittenText
{
    private readonly Node _root;

    private WrittenText(Node root) => _root = root;

    /// <summary>What objects of a type are written as; null for a type with members of kinds that are not told here.</summary>
    public static WrittenText? Of(Type type) => Node.Of(type) is { } root ? new WrittenText(root) : null;

    /// <summary>True when a text is of that form.</summary>
    /// <param name="json">UTF-8, no more than one value.</param>
    /// <param name="found">Is told of each member of the object itself: its name, and where its value begins and ends.</param>
    /// <param name="isTaken">False for the name of an entry of a map of any values: the text is none then.</param>
    public bool Is(ReadOnlySpan<byte> json, Action<string, Range> found, Predicate<string> isTaken)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Json.Options.MaxDepth });
        try
        {
            return reader.Read() && _root.Is(ref reader, found, isTaken) && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // No UTF-8, or half a character.
            return false;
        }
    }

    private enum Kind
    {
        Text,
        Truth,
        Whole,
        Time,
        Choice,
        Texts,
        TextMap,
        AnyMap,
        Members,
    }

    private sealed class Node(Kind kind)
    {
        private const int ShortestTime = 20, LongestTime = 28;
        private static readonly SearchValues<byte> Digits = SearchValues.Create("-0123456789"u8);

        /// <summary>Of a choice the names that there are.</summary>
        private byte[][] Names { get; init; } = [];

        private (string Name, byte[] Utf8, Node Node)[] Members { get; init; } = [];

        public static Node? Of(Type type)
        {
            if (type == typeof(string)) return new Node(Kind.Text);
            if (type == typeof(bool)) return new Node(Kind.Truth);
            if (type == typeof(int) || type == typeof(long)) return new Node(Kind.Whole);
            if (type == typeof(DateTimeOffset)) return new Node(Kind.Time);
            if (type.IsEnum) return new Node(Kind.Choice) { Names = [.. Enum.GetNames(type).Select(System.Text.Encoding.UTF8.GetBytes)] };
            if (type == typeof(IReadOnlyList<string>)) return new Node(Kind.Texts);
            if (type == typeof(IReadOnlyDictionary<string, string>)) return new Node(Kind.TextMap);
            if (type == typeof(IReadOnlyDictionary<string, JsonElement>)) return new Node(Kind.AnyMap);
            if (Json.Options.GetTypeInfo(type) is not { Kind: JsonTypeInfoKind.Object } info) return null;
            var members = new List<(string, byte[], Node)>();
            foreach (var property in info.Properties.Where(p => p.Get is not null))
            {
                if (property.CustomConverter is not null || property.ShouldSerialize is not null
                    || Of(property.PropertyType) is not { } node) return null;
                members.Add((property.Name, System.Text.Encoding.UTF8.GetBytes(property.Name), node));
            }

            return new Node(Kind.Members) { Members = [.. members] };
        }

        /// <summary>True when the value at whose first token the reader is has this form; the reader is at its last token then.</summary>
        public bool Is(ref Utf8JsonReader reader, Action<string, Range>? found, Predicate<string> isTaken) => kind switch
        {
            Kind.Text => reader.TokenType == JsonTokenType.String,
            Kind.Truth => reader.TokenType is JsonTokenType.True or JsonTokenType.False,
            Kind.Whole => reader.TokenType == JsonTokenType.Number && !reader.ValueSpan.ContainsAnyExcept(Digits)
                && reader.TryGetInt64(out _),
            Kind.Time => reader is { TokenType: JsonTokenType.String, ValueSpan.Length: >= ShortestTime and <= LongestTime }
                && reader.ValueSpan[^1] == 'Z' && reader.ValueSpan[^2] != '0' | reader.ValueSpan.Length == ShortestTime,
            Kind.Choice => reader.TokenType == JsonTokenType.String && IsName(reader.ValueSpan),
            Kind.Texts => AreTexts(ref reader),
            Kind.TextMap => AreEntries(ref reader, isTaken: null),
            Kind.AnyMap => AreEntries(ref reader, isTaken),
            _ => AreMembers(ref reader, found, isTaken),
        };

        private bool IsName(ReadOnlySpan<byte> text)
        {
            foreach (var name in Names)
            {
                if (text.SequenceEqual(name)) return true;
            }

            return false;
        }

        private static bool AreTexts(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartArray) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                // Each is one.
            }

            return reader.TokenType == JsonTokenType.EndArray;
        }

        /// <summary>A map: of texts, or of whatever values.</summary>
        private static bool AreEntries(ref Utf8JsonReader reader, Predicate<string>? isTaken)
        {
            if (reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (isTaken is not null && !isTaken(reader.GetString()!)) return false;
                if (!reader.Read() || (isTaken is null && reader.TokenType != JsonTokenType.String)) return false;
                reader.Skip();
            }

            return reader.TokenType == JsonTokenType.EndObject;
        }

        private bool AreMembers(ref Utf8JsonReader reader, Action<string, Range>? found, Predicate<string> isTaken)
        {
            if (reader.TokenType != JsonTokenType.StartObject) return false;
            foreach (var (name, utf8, node) in Members)
            {
                if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueSpan.SequenceEqual(utf8)
                    || !reader.Read()) return false;
                var begin = (int)reader.TokenStartIndex;
                if (!node.Is(ref reader, found: null, isTaken)) return false;
                found?.Invoke(name, begin..(int)reader.BytesConsumed);
            }

            return reader.Read() && reader.TokenType == JsonTokenType.EndObject;
        }
    }
}
