using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Lists;

/// <summary>
/// An event that somebody posts (DRP's Event). When it was, and whose it is, is known to who takes it: what a body says of that is passed
/// over, so that nobody writes in another's name.
/// </summary>
public sealed record PostedEvent
{
    /// <summary>Octets of a body; many may wait for who listens.</summary>
    public const int Octets = 16 << 10;

    /// <summary>Characters of a type, of an action, and of a key.</summary>
    public const int Longest = 255;

    /// <summary>What who posts it says; passed over.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What it is about: no kind that Anvil tells of itself.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>What happened.</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>To which.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>What who posts it says; passed over.</summary>
    public string Principal { get; init => field = value ?? ""; } = "";

    /// <summary>Any JSON.</summary>
    public JsonElement Object { get; init; }

    /// <summary>Any JSON.</summary>
    public JsonElement Original { get; init; }

    /// <summary>What is wrong with it.</summary>
    /// <param name="own">Types of events that are told by Anvil alone.</param>
    public IEnumerable<string> Problems(IReadOnlySet<string> own)
    {
        foreach (var (name, text) in new[] { (nameof(Type), Type), (nameof(Action), Action) })
        {
            if (text.Length is 0 or > Longest || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                yield return $"{name} is 1 to {Longest} letters (a to z), digits, dashes and underscores";
        }

        if (Key.Length is 0 or > Longest || !CodePoints.IsStorable(Key) || Key.Any(char.IsControl))
            yield return $"Key has 1 to {Longest} characters, and no control characters";
        if (own.Contains(Type)) yield return $"events of type {Type} tell what was done, and are not posted";
    }

    /// <summary>What is kept of it beside its type, action and key, as JSON.</summary>
    public string Kept()
        => new JsonObject { [nameof(Object)] = Node(Object), [nameof(Original)] = Node(Original) }.ToJsonString(Json.Options);

    private static JsonNode? Node(JsonElement value)
        => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : JsonNode.Parse(value.GetRawText());
}
