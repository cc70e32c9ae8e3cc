using System.Runtime.InteropServices;
using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>A value in a document that is being patched: as it was written, or laid open because an operation reached into it.</summary>
internal readonly record struct PatchSlot(JsonElement Written, PatchNode? Open)
{
    /// <summary>Its octets, as written.</summary>
    public long Size => Open?.Size ?? JsonMarshal.GetRawUtf8Value(Written).Length;

    /// <summary>True for an object or a list.</summary>
    public bool Holds => Open is not null || Written.ValueKind is JsonValueKind.Object or JsonValueKind.Array;

    /// <summary>Levels of objects and lists.</summary>
    public int Height(PatchWork work)
    {
        if (Open is not null) return Open.Height(work);
        if (!Holds) return 0;
        var json = JsonMarshal.GetRawUtf8Value(Written);
        work.LookThrough(json.Length);
        var (height, deepest) = (0, 0);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonLimits.Octets });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) deepest = Math.Max(deepest, ++height);
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) height--;
        }

        return deepest;
    }

    /// <summary>Equality by RFC 6902, section 4.6: numbers by their value, objects whatever the order of their fields.</summary>
    public bool Equals(JsonElement other, PatchWork work)
    {
        if (Open is not null) return Open.Equals(other, work);
        work.LookThrough(Math.Min(Size, JsonMarshal.GetRawUtf8Value(other).Length));
        return JsonElement.DeepEquals(Written, other);
    }

    /// <summary>Writes the value; numbers keep their digits.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (Open is null) Written.WriteTo(writer);
        else Open.Write(writer);
    }
}
