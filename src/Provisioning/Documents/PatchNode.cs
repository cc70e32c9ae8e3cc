using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// An object or list that an operation reached into. A copy shares it, so that copying takes no memory; what is shared is copied, one
/// level at a time,
/// only when it is changed. Its size is kept with every change.
/// </summary>
internal sealed class PatchNode
{
    private const int UnknownHeight = -1;

    // Quotes, colon and comma of a field; the comma of an item.
    private const int AroundField = 4;
    private const int AroundItem = 1;
    private readonly OrderedDictionary<string, PatchSlot>? _fields;
    private readonly List<PatchSlot>? _items;
    private int _height = UnknownHeight;
    private bool _shared;

    private PatchNode(OrderedDictionary<string, PatchSlot>? fields, List<PatchSlot>? items, long size)
    {
        _fields = fields;
        _items = items;
        Size = size;
    }

    /// <summary>Octets of its JSON.</summary>
    public long Size { get; private set; }

    /// <summary>True for a list.</summary>
    public bool IsList => _items is not null;

    /// <summary>Lays an object or list open.</summary>
    public static PatchNode Lay(JsonElement written, PatchWork work)
    {
        long size = JsonMarshal.GetRawUtf8Value(written).Length;
        if (written.ValueKind == JsonValueKind.Array)
        {
            work.Items(written.GetArrayLength());
            var items = new List<PatchSlot>(written.GetArrayLength());
            foreach (var item in written.EnumerateArray()) items.Add(new(item, null));
            return new(null, items, size);
        }

        var count = written.GetPropertyCount();
        work.Fields(count);
        var fields = new OrderedDictionary<string, PatchSlot>(count, StringComparer.Ordinal);
        foreach (var field in written.EnumerateObject()) fields[field.Name] = new(field.Value, null);
        return new(fields, null, size);
    }

    /// <summary>From now on more than one place holds it.</summary>
    public PatchNode Share()
    {
        _shared = true;
        return this;
    }

    /// <summary>The node itself when one place holds it; else a copy of this level.</summary>
    public PatchNode Own(PatchWork work)
    {
        if (!_shared) return this;
        if (_items is not null)
        {
            work.Items(_items.Count);
            foreach (var item in _items) item.Open?.Share();
            return new(null, [.. _items], Size);
        }

        work.Fields(_fields!.Count);
        foreach (var field in _fields.Values) field.Open?.Share();
        return new(new OrderedDictionary<string, PatchSlot>(_fields, StringComparer.Ordinal), null, Size);
    }

    /// <summary>The value at a token.</summary>
    /// <exception cref="PatchFault">There is none.</exception>
    public PatchSlot this[string token] => _items is not null ? _items[Index(token, _items.Count - 1)]
        : _fields!.TryGetValue(token, out var value) ? value : throw new PatchFault($"Selector {token} is not a member of the object");

    /// <summary>Puts the same value, laid open, where it stands.</summary>
    public void Refresh(string token, PatchNode value)
    {
        if (_items is not null) _items[Index(token, _items.Count - 1)] = new(default, _shared ? value.Share() : value);
        else _fields![token] = new(default, _shared ? value.Share() : value);
    }

    /// <summary>Octets that the object grows by when the value is set at the token: a field that is there is replaced.</summary>
    public long GrowthOfSet(string token, PatchSlot value)
        => _items is null && !_fields!.ContainsKey(token) ? value.Size + SizeOfName(token) : value.Size - this[token].Size;

    /// <summary>Octets that the list grows by.</summary>
    public static long GrowthOfInsert(PatchSlot value) => value.Size + AroundItem;

    /// <summary>Sets a field, or replaces an item.</summary>
    public void Set(string token, PatchSlot value)
    {
        if (_items is not null) _items[Index(token, _items.Count - 1)] = value;
        else _fields![token] = value;
    }

    /// <summary>Puts an item into a list; `-` is its end.</summary>
    public void Insert(string token, PatchSlot value, PatchWork work)
    {
        var at = token == "-" ? _items!.Count : Index(token, _items!.Count);
        work.Move(_items.Count - at);
        _items.Insert(at, value);
    }

    /// <summary>Takes a value out, and tells how many octets go.</summary>
    public long Remove(string token, PatchWork work)
    {
        var size = this[token].Size;
        if (_items is not null)
        {
            var at = Index(token, _items.Count - 1);
            work.Move(_items.Count - at);
            _items.RemoveAt(at);
            return size + AroundItem;
        }

        var place = _fields!.IndexOf(token);
        work.Move(4 * (_fields.Count - place));
        _fields.RemoveAt(place);
        return size + SizeOfName(token);
    }

    /// <summary>Notes that something within changed.</summary>
    public void Changed(long growth)
    {
        Size += growth;
        _height = UnknownHeight;
    }

    /// <summary>Levels of objects and lists, this one counted.</summary>
    public int Height(PatchWork work)
    {
        if (_height != UnknownHeight) return _height;
        var deepest = 0;
        if (_items is not null)
        {
            work.Items(_items.Count);
            foreach (var item in _items) deepest = Math.Max(deepest, item.Height(work));
        }
        else
        {
            work.Fields(_fields!.Count);
            foreach (var field in _fields.Values) deepest = Math.Max(deepest, field.Height(work));
        }

        return _height = deepest + 1;
    }

    /// <summary>Equality by RFC 6902, section 4.6.</summary>
    public bool Equals(JsonElement other, PatchWork work)
    {
        if (_items is not null)
        {
            if (other.ValueKind != JsonValueKind.Array || other.GetArrayLength() != _items.Count) return false;
            work.Items(_items.Count);
            var at = 0;
            foreach (var item in other.EnumerateArray())
            {
                if (!_items[at++].Equals(item, work)) return false;
            }

            return true;
        }

        if (other.ValueKind != JsonValueKind.Object || other.GetPropertyCount() != _fields!.Count) return false;
        work.Fields(_fields.Count);
        foreach (var field in other.EnumerateObject())
        {
            if (!_fields.TryGetValue(field.Name, out var value) || !value.Equals(field.Value, work)) return false;
        }

        return true;
    }

    /// <summary>Writes the value.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (_items is not null)
        {
            writer.WriteStartArray();
            foreach (var item in _items) item.Write(writer);
            writer.WriteEndArray();
            return;
        }

        writer.WriteStartObject();
        foreach (var (name, value) in _fields!)
        {
            writer.WritePropertyName(name);
            value.Write(writer);
        }

        writer.WriteEndObject();
    }

    private static int Index(string token, int last)
    {
        if (token.Length is 0 or > 9 || !token.All(char.IsAsciiDigit) || (token.Length > 1 && token[0] == '0'))
            throw new PatchFault($"\"{token}\" is not an array index");
        var index = int.Parse(token, CultureInfo.InvariantCulture);
        return index <= last ? index : throw new PatchFault($"index {index} is past the end of the array");
    }

    private static long SizeOfName(string name)
        => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length + AroundField;
}
