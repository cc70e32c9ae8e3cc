using System.Text.Json;

namespace Anvil.Provisioning.Documents;

/// <summary>
/// A document under a patch: each operation is refused before it takes memory when the document would outgrow <see cref="JsonLimits"/>.
/// </summary>
internal sealed class PatchedDocument(JsonElement written)
{
    private readonly PatchWork _work = new();
    private PatchSlot _root = new(written, null);
    private bool _gone;

    /// <summary>Carries one operation out.</summary>
    /// <exception cref="PatchFault">It cannot be; the document is of no more use.</exception>
    public void Apply(JsonElement operation)
    {
        if (operation.ValueKind != JsonValueKind.Object) throw new PatchFault("an operation is an object");
        var path = Tokens(operation, "path");
        switch (Text(operation, "op"))
        {
            case "add":
                Add(path, Value(operation));
                return;
            case "remove":
                Remove(path);
                return;
            case "replace":
                Replace(path, Value(operation));
                return;
            case "move":
                Move(Tokens(operation, "from"), path);
                return;
            case "copy":
                Add(path, Shared(Tokens(operation, "from")));
                return;
            case "test":
                if (!Find(path).Equals(Value(operation).Written, _work)) throw new PatchFault("Test op failed.");
                return;
            case var op: throw new PatchFault($"Invalid op {op}");
        }
    }

    /// <summary>Writes the document; false when the patch removed it.</summary>
    public bool Write(Utf8JsonWriter writer)
    {
        if (_gone) return false;
        _root.Write(writer);
        return true;
    }

    private static string? Text(JsonElement operation, string name)
        => operation.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static PatchSlot Value(JsonElement operation)
        => operation.TryGetProperty("value", out var value) ? new(value, null) : throw new PatchFault("the operation needs a value");

    private static string[] Tokens(JsonElement operation, string name)
    {
        var pointer = Text(operation, name)
            ?? throw new PatchFault(name == "path" ? "an operation needs a path" : $"{Text(operation, "op")} needs {name}");
        if (pointer.Length == 0) return [];
        if (pointer.Length > PatchLimits.PointerLength)
            throw new PatchFault($"a JSON pointer has at most {PatchLimits.PointerLength} characters");
        if (pointer[0] != '/') throw new PatchFault($"\"{pointer}\" is not a JSON pointer");
        // RFC 6901 section 3: a tilde is followed by 0 or 1.
        for (var at = pointer.IndexOf('~', StringComparison.Ordinal); at >= 0; at = pointer.IndexOf('~', at + 1))
        {
            if (at + 1 == pointer.Length || pointer[at + 1] is not ('0' or '1'))
                throw new PatchFault($"\"{pointer}\" is not a JSON pointer: ~ is followed by 0 or 1");
        }

        string[] tokens =
            [.. pointer[1..].Split('/')
                .Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        return tokens.Length <= JsonLimits.Depth ? tokens : throw new PatchFault($"a JSON pointer has at most {JsonLimits.Depth} levels");
    }

    /// <summary>The value at a path, for looking at.</summary>
    private PatchSlot Find(ReadOnlySpan<string> path)
    {
        if (_gone) throw new PatchFault("the patch has removed the whole object");
        if (path.Length == 0) return _root;
        var node = Root(path[0]);
        for (var i = 0; i < path.Length - 1; i++)
        {
            var child = node[path[i]];
            if (child.Open is null)
            {
                child = new(default, Lay(child, path[i + 1]));
                node.Refresh(path[i], child.Open!);
            }

            node = child.Open!;
        }

        return node[path[^1]];
    }

    /// <summary>The objects and lists down to the one that holds the path's last token, each held by this document alone.</summary>
    private List<PatchNode> Own(ReadOnlySpan<string> path)
    {
        if (_gone) throw new PatchFault("the patch has removed the whole object");
        var node = Root(path[0]).Own(_work);
        _root = new(default, node);
        var line = new List<PatchNode> { node };
        for (var i = 0; i < path.Length - 1; i++)
        {
            var child = node[path[i]];
            var next = (child.Open ?? Lay(child, path[i + 1])).Own(_work);
            if (!ReferenceEquals(next, child.Open)) node.Set(path[i], new(default, next));
            line.Add(node = next);
        }

        return line;
    }

    private PatchNode Root(string token)
    {
        if (_root.Open is null) _root = new(default, Lay(_root, token));
        return _root.Open!;
    }

    private PatchNode Lay(PatchSlot slot, string token)
        => slot.Holds ? PatchNode.Lay(slot.Written, _work)
            : throw new PatchFault($"Selector {token} does not point into an object or array");

    private PatchSlot Shared(string[] from)
    {
        var value = Find(from);
        value.Open?.Share();
        return value;
    }

    private void Add(string[] path, PatchSlot value)
    {
        if (path.Length == 0)
        {
            Whole(value);
            return;
        }

        var line = Own(path);
        var owner = line[^1];
        var growth = owner.IsList ? PatchNode.GrowthOfInsert(value) : owner.GrowthOfSet(path[^1], value);
        Allow(growth, path.Length, value);
        if (owner.IsList) owner.Insert(path[^1], value, _work);
        else owner.Set(path[^1], value);
        foreach (var node in line) node.Changed(growth);
    }

    private void Replace(string[] path, PatchSlot value)
    {
        Find(path);
        if (path.Length == 0)
        {
            Whole(value);
            return;
        }

        var line = Own(path);
        var growth = line[^1].GrowthOfSet(path[^1], value);
        Allow(growth, path.Length, value);
        line[^1].Set(path[^1], value);
        foreach (var node in line) node.Changed(growth);
    }

    private void Remove(string[] path)
    {
        Find(path);
        if (path.Length == 0)
        {
            _gone = true;
            return;
        }

        var line = Own(path);
        var gone = line[^1].Remove(path[^1], _work);
        foreach (var node in line) node.Changed(-gone);
    }

    private void Move(string[] from, string[] path)
    {
        if (path.Length > from.Length && path.AsSpan(0, from.Length).SequenceEqual(from))
            throw new PatchFault("cannot move a value into itself");
        var value = Find(from);
        if (path.AsSpan().SequenceEqual(from)) return;
        Remove(from);
        Add(path, value);
    }

    private void Whole(PatchSlot value)
    {
        _root = value;
        _gone = false;
        Allow(0, 0, value);
    }

    private void Allow(long growth, int depth, PatchSlot value)
    {
        if (_root.Size + growth > JsonLimits.Octets) throw new PatchFault($"the object would have more than {JsonLimits.Octets} octets");
        if (value.Holds && depth + value.Height(_work) > JsonLimits.Depth)
            throw new PatchFault($"the object would be nested more than {JsonLimits.Depth} levels deep");
    }
}
