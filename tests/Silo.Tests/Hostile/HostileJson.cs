using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Bodies as nobody should send them, made from good ones.</summary>
internal static class HostileJson
{
    /// <summary>JSON values, and what is none, that may stand where another was.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "0.5", "1e999", "-1e999", "1e-999", "123456789012345678901234567890", "2147483648",
        "-2147483649", "NaN", "01",
        "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\u202Ecba\\u202C\"", "\"\\ud83d\\ude00\"",
        "\"\\uffff\"",
        "\"../../etc/passwd\"", "\"/etc/passwd\"", "\"{{\"", "\"{{.Machine.Nope}}\"", "\"{{range}}\"", "\"{{template \\\"nope\\\"}}\"",
        "\"{{define \\\"x\\\"}}\"",
        "\"{{printf \\\"%1000000d\\\" 1}}\"", "\"a/b\"", "\"a\\\\b\"", "\"a%2fb\"", "\"%41\"", "\"..\"", "\".\"", "\"*\"", "\"a?b#c\"",
        "\"Name:x\"", "\"'; drop table x; --\"",
        "\"255.255.255.255\"", "\"0.0.0.0\"", "\"0.0.0.0/0\"", "\"10.0.0.0/33\"", "\"999.1.1.1\"", "\"::1\"", "\"00:00:00:00:00:00\"",
        "\"ff:ff:ff:ff:ff:ff\"",
        "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"{00000000-0000-0000-0000-000000000000}\"",
        "\"(a+)+$\"", "\"[\"", "\"line\\r\\nline\"",
        "[]", "{}", "[null]", "[[]]", "[{}]", "[\"\"]", "[\"a\",\"a\"]", "{\"a\":null}", "{\"\":\"\"}",
        "{\"a\":{\"b\":[1,{\"c\":null}]}}", "{\"\\u0000\":1}", "{\"a\":1,\"a\":2}",
        "{\"$ref\":\"#\"}", "{\"type\":\"nope\"}", "{\"pattern\":\"^(a+)+$\"}", "{\"Code\":300,\"Value\":\"x\"}",
        "[{\"Code\":3,\"Value\":null}]", "[{\"Name\":null}]",
    ];

    private static readonly string[] Pointers =
    [
        "", "/", "//", "/-", "no-slash", "/~2", "/~", "/Meta/a~1b", "/Meta/-", "/Tasks/-", "/Tasks/0", "/Tasks/99999999999",
        "/Tasks/-1", "/Params/a", "/Params", "/Name", "/Uuid",
        "/ID", "/Nope", "/Errors/-", "/Available", "/ReadOnly", "/PasswordHash", "/Secret", "/CurrentTask", "/State", "/Boot/Phase",
        "/Options/0/Value", "/\\u0000", "/Meta/\\ud800",
    ];

    private static readonly string[] Verbs = ["add", "remove", "replace", "move", "copy", "test", "add", "replace", "nope", "", "ADD"];

    private static readonly string[] Texts = [.. Values.Where(v => v[0] == '"')];

    /// <summary>Some value where another was: mostly of the same type, so that it comes past the reader of bodies.</summary>
    private static string Value(Random random, JsonNode? old) => (old?.GetValueKind(), random.Next(3)) switch
    {
        (JsonValueKind.String, > 0) => Texts[random.Next(Texts.Length)],
        (JsonValueKind.Number, > 0) => random.Next(-1, 5000).ToString(CultureInfo.InvariantCulture),
        (JsonValueKind.True or JsonValueKind.False, > 0) => random.Next(2) == 0 ? "true" : "false",
        (JsonValueKind.Array, 1) => $"[{Texts[random.Next(Texts.Length)]}]",
        (JsonValueKind.Object, 1) => $"{{{Texts[random.Next(Texts.Length)]}:{Texts[random.Next(Texts.Length)]}}}",
        _ => Value(random),
    };

    /// <summary>Some value.</summary>
    public static string Value(Random random) => random.Next(40) switch
    {
        0 => Text(new string('x', random.Next(2) == 0 ? 300 : 100_000)),
        1 => Nested(random.Next(2) == 0 ? 30 : 3000),
        2 => "[" + string.Join(',', Enumerable.Range(0, 5000)) + "]",
        3 => "{" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"k{i}\":{i}")) + "}",
        4 => Text(string.Concat(Enumerable.Repeat("{{if 1}}", 400))),
        5 => new string('9', random.Next(2) == 0 ? 400 : 2000),
        _ => Values[random.Next(Values.Length)],
    };

    /// <summary>
    /// A good object with some of its fields replaced, removed, doubled, renamed, and others added; now and then no JSON at all.
    /// </summary>
    public static byte[] Object(Random random, JsonObject good)
    {
        var raws = new List<string>();
        var tree = (JsonObject)good.DeepClone();
        for (var changes = random.Next(0, 3); changes > 0; changes--) Change(random, tree, raws);
        var text = new StringBuilder(tree.ToJsonString());
        for (var i = 0; i < raws.Count; i++) text.Replace($"\"@raw{i}@\"", raws[i]);
        return Spoil(random, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>A JSON Patch of a good object.</summary>
    public static byte[] Patch(Random random, JsonObject good)
    {
        var slots = Slots(good).ToList();
        (string Pointer, JsonNode? Old) Place()
        {
            if (random.Next(4) == 0) return ($"\"{Pointers[random.Next(Pointers.Length)]}\"", null);
            var (owner, name) = slots[random.Next(slots.Count)];
            var above = owner.GetPath().TrimStart('$').Replace('[', '.').Replace("]", "", StringComparison.Ordinal).Replace('.', '/');
            return (Text($"{above}/{name}"), owner[name]);
        }

        var operations = Enumerable.Range(0, random.Next(4) == 0 ? random.Next(2, 5) : 1).Select(_ =>
        {
            var (pointer, old) = Place();
            var verb = random.Next(2) == 0 ? "replace" : Verbs[random.Next(Verbs.Length)];
            List<string> parts = [$"\"op\":{Text(verb)}", $"\"path\":{(random.Next(40) == 0 ? Value(random) : pointer)}"];
            if (random.Next(20) > 0) parts.Add($"\"value\":{Value(random, old)}");
            var from = random.Next(20) == 0 ? Value(random) : Place().Pointer;
            if (verb is "move" or "copy" || random.Next(20) == 0) parts.Add($"\"from\":{from}");
            if (random.Next(40) == 0) parts.RemoveAt(random.Next(parts.Count));
            return random.Next(60) == 0 ? Value(random) : "{" + string.Join(',', parts) + "}";
        });
        return Spoil(random, Encoding.UTF8.GetBytes(random.Next(40) == 0 ? Value(random) : $"[{string.Join(',', operations)}]"));
    }

    private static void Change(Random random, JsonObject tree, List<string> raws)
    {
        var slots = Slots(tree).ToList();
        if (slots.Count == 0) return;
        // Free texts and maps are where most is accepted, and so stored.
        var free = slots.Where(s => s.Owner != tree || s.Name is "Name" or "ID" or "Description" or "Documentation" or "Contents")
            .ToList();
        var (owner, name) = random.Next(2) == 0 && free.Count > 0 ? free[random.Next(free.Count)] : slots[random.Next(slots.Count)];
        string Raw(string raw)
        {
            raws.Add(raw);
            return $"@raw{raws.Count - 1}@";
        }

        var value = Value(random, owner[name]);
        switch (random.Next(20))
        {
            case 0: owner.Remove(name); break;
            case 1: owner[name] = Raw($"{value},{Text(name)}:{Value(random)}"); break;
            case 2: owner["Nope"] = Raw(value); break;
            case 3: (owner[name], owner[name.ToUpperInvariant()]) = (null, Raw(value)); break;
            case 4: owner[Values[random.Next(Values.Length)].Trim('"')] = Raw(value); break;
            case 5: owner[name] = Raw($"[{value}]"); break;
            case 6: owner[name] = Raw($"{{\"a\":{value}}}"); break;
            default: owner[name] = Raw(value); break;
        }
    }

    private static byte[] Spoil(Random random, byte[] body) => random.Next(40) switch
    {
        0 => Fuzz.Mutate(random, body),
        1 => body[..random.Next(body.Length + 1)],
        2 when random.Next(3) == 0 => [0xEF, 0xBB, 0xBF, .. body],
        3 when random.Next(3) == 0 => [.. body, .. body],
        4 when random.Next(3) == 0 => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body)),
        _ => body,
    };

    private static IEnumerable<(JsonObject Owner, string Name)> Slots(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Slots(p.Value).Prepend((o, p.Key))),
        JsonArray a => a.SelectMany(Slots),
        _ => [],
    };

    private static string Nested(int depth)
        => string.Concat(Enumerable.Repeat("{\"a\":[", depth)) + Text("deep") + string.Concat(Enumerable.Repeat("]}", depth));

    private static string Text(string text) => JsonValue.Create(text).ToJsonString();
}
