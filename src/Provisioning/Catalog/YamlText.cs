using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Provisioning.Documents;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Anvil.Provisioning.Catalog;

/// <summary>
/// Reads YAML as JSON, event by event: one document, plain scalars by the core schema (YAML 1.2 section 10.3), numbers with their digits.
/// An alias is what its anchor holds, and is counted as often as it stands there; keys are texts and unique; a tag is one of the core
/// schema's, and never a type to be made.
/// </summary>
internal sealed partial class YamlText
{
    /// <summary>Most values that a text may come to, keys counted and aliases written out.</summary>
    public const int MostValues = 250_000;

    private const string Core = "tag:yaml.org,2002:";
    private const int LongestShown = 60;
    private readonly Parser _events;
    private readonly Dictionary<AnchorName, Anchored> _anchors = [];
    private int _values;
    private long _characters;

    private readonly List<string>? _notes;
    private string _key = "";

    private YamlText(string text, List<string>? notes) => (_events, _notes) = (new Parser(new StringReader(text)), notes);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="notes">
    /// Gets the keys that stand twice in a map, of which the last counts, as in DRP (null: they are refused), and the scalars that are
    /// another value there.
    /// </param>
    /// <exception cref="FormatException">It is no YAML, is empty, or goes beyond a bound.</exception>
    public static JsonNode Read(string text, List<string>? notes = null)
    {
        try
        {
            return new YamlText(text, notes).Document() ?? throw new FormatException("the file is empty");
        }
        catch (Exception e) when (e is YamlException or ArgumentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private JsonNode? Document()
    {
        _events.Consume<StreamStart>();
        if (_events.Accept<StreamEnd>(out _)) return null;
        _events.Consume<DocumentStart>();
        var (value, _) = Value(1);
        _events.Consume<DocumentEnd>();
        return _events.Accept<StreamEnd>(out _) ? value : throw new FormatException("the file holds more than one document");
    }

    /// <summary>The next value, and how many levels of lists and objects it has.</summary>
    private (JsonNode? Value, int Height) Value(int depth)
    {
        if (_events.TryConsume<AnchorAlias>(out var alias)) return Alias(alias, depth);
        var (values, characters) = (_values, _characters);
        var anchor = _events.Current is NodeEvent node ? node.Anchor : AnchorName.Empty;
        var (value, height) = _events.TryConsume<Scalar>(out var scalar) ? (Scalar(scalar), 0) : Collection(depth);
        if (!anchor.IsEmpty) _anchors[anchor] = new Anchored(value, height, _values - values, _characters - characters);
        return (value, height);
    }

    /// <summary>What an alias stands for is charged before it is copied.</summary>
    private (JsonNode? Value, int Height) Alias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchored))
            throw new FormatException(
                $"line {alias.Start.Line}: there is nothing yet that the alias {Short(alias.Value.Value)} could mean");
        Charge(anchored.Values, anchored.Characters);
        if (depth + anchored.Height - 1 > JsonLimits.Depth) throw TooDeep();
        return (anchored.Value?.DeepClone(), anchored.Height);
    }

    private (JsonNode Value, int Height) Collection(int depth)
    {
        if (depth > JsonLimits.Depth) throw TooDeep();
        Charge(1, 0);
        var height = 0;
        if (_events.TryConsume<SequenceStart>(out var sequence))
        {
            Check(sequence.Tag, "seq", sequence.Start);
            var list = new JsonArray();
            while (!_events.TryConsume<SequenceEnd>(out _))
            {
                var (item, below) = Value(depth + 1);
                list.Add(item);
                height = Math.Max(height, below);
            }

            return (list, height + 1);
        }

        var mapping = _events.Consume<MappingStart>();
        Check(mapping.Tag, "map", mapping.Start);
        var map = new JsonObject();
        while (!_events.TryConsume<MappingEnd>(out _))
        {
            var key = _events.TryConsume<Scalar>(out var name) ? name : throw new FormatException(
                $"line {_events.Current?.Start.Line}: a key has to be a text");
            Charge(1, key.Value.Length);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
                throw new FormatException($"line {key.Start.Line}: merge keys (<<) are not taken: write the fields out");
            _key = key.Value;
            var (value, below) = Value(depth + 1);
            if (!map.TryAdd(key.Value, value))
            {
                var twice = $"line {key.Start.Line}: {Short(key.Value)} is there twice";
                if (_notes is null) throw new FormatException(twice);
                Note($"{twice}: the last one counts");
                map[key.Value] = value;
            }

            height = Math.Max(height, below);
        }

        return (map, height + 1);
    }

    private JsonValue? Scalar(Scalar scalar)
    {
        Charge(1, scalar.Value.Length);
        var isPlain = scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true };
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
            isPlain = Check(scalar.Tag, ["str", "int", "float", "bool", "null"], scalar.Start) != "str";
        if (!isPlain) return JsonValue.Create(scalar.Value);
        var value = Plain(scalar.Value);
        if (_notes is not null) Compare(scalar, value);
        return value;
    }

    /// <summary>Notes a scalar that readers of YAML 1.1 take for another value: whoever wrote it for them meant that.</summary>
    private void Compare(Scalar scalar, JsonValue? value)
    {
        var (other, number) = (OlderYaml.InDrp(scalar.Value), OlderYaml.OfBase60(scalar.Value));
        if (other is null && number is null) return;
        var json = value?.ToJsonString() ?? "";
        if (other == json) return;
        Note($"line {scalar.Start.Line}: {Short(_key)}: {Short(scalar.Value)} is {(json.StartsWith('"') ? "a text" : json)} here, "
            + (other is not null ? $"and {other} in DRP (YAML 1.1): write {other}, or quote it"
                : $"as in DRP, and {number} to other readers of YAML 1.1: quote it"));
    }

    private void Note(string note)
    {
        if (_notes!.Count < JsonLimits.Problems) _notes.Add(note);
    }

    private static JsonValue? Plain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL": return null;
            case "true" or "True" or "TRUE": return JsonValue.Create(true);
            case "false" or "False" or "FALSE": return JsonValue.Create(false);
        }

        if (Hexadecimal().IsMatch(text)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number >= 0)
            return JsonValue.Create(number);
        if (text.Length > JsonLimits.NumberOctets || Number().Match(text) is not { Success: true } parts) return JsonValue.Create(text);
        var (whole, fraction) = (parts.Groups["whole"].Value.TrimStart('0'), parts.Groups["fraction"].Value);
        var json = (text[0] == '-' ? "-" : "") + (whole.Length > 0 ? whole : "0") + (fraction.Length > 0 ? "." + fraction : "")
            + parts.Groups["exponent"].Value;
        // A number that no double can hold is the text that it is written as: JSON has no place for it.
        return double.IsFinite(double.Parse(json, CultureInfo.InvariantCulture))
            ? JsonNode.Parse(json)!.AsValue() : JsonValue.Create(text);
    }

    private void Charge(int values, long characters)
    {
        _values += values;
        _characters += characters;
        if (_values > MostValues) throw new FormatException($"the file comes to more than {MostValues} values, aliases written out");
        if (_characters > JsonLimits.Octets)
            throw new FormatException($"the file comes to more than {JsonLimits.Octets} characters, aliases written out");
    }

    private static void Check(TagName tag, string wanted, Mark at) => Check(tag, [wanted], at);

    /// <summary>The name of a tag of the core schema; "" when there is none.</summary>
    private static string Check(TagName tag, ReadOnlySpan<string> wanted, Mark at)
    {
        if (tag.IsEmpty || tag.IsNonSpecific) return "";
        foreach (var name in wanted)
        {
            if (tag.Value == Core + name) return name;
        }

        throw new FormatException($"line {at.Line}: the tag {Short(tag.Value)} is not taken here");
    }

    private static FormatException TooDeep() => new($"the file is nested more than {JsonLimits.Depth} levels deep");

    private static string Short(string text) => text.Length <= LongestShown ? text : text[..LongestShown] + "…";

    [GeneratedRegex("^0x[0-9a-fA-F]{1,16}$", RegexOptions.CultureInvariant)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^[-+]?((?<whole>[0-9]+)(\.(?<fraction>[0-9]*))?|\.(?<fraction>[0-9]+))(?<exponent>[eE][-+]?[0-9]+)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Number();

    /// <summary>What an anchor stands before.</summary>
    /// <param name="Value">The value.</param>
    /// <param name="Height">Its levels of lists and objects.</param>
    /// <param name="Values">What it counts, each time.</param>
    /// <param name="Characters">Its characters, each time.</param>
    private sealed record Anchored(JsonNode? Value, int Height, int Values, long Characters);
}
