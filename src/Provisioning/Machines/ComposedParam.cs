using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Machines;

/// <summary>
/// A param's values in all of a machine's layers as one (`compose` of DRP v4): of maps each member from the highest layer that has it,
/// maps within them alike; of arrays all elements, those of higher layers first. What is of another type than the highest is passed over.
/// </summary>
public static class ComposedParam
{
    /// <summary>Octets of the values of all layers together.</summary>
    public const int MostOctets = 8 << 20;

    /// <summary>Composes values, of which there is one at least.</summary>
    /// <param name="name">The param's name.</param>
    /// <param name="values">The values, that of the highest layer first.</param>
    /// <exception cref="ApiException">422: together they have too many octets.</exception>
    public static JsonElement Of(string name, IReadOnlyList<JsonElement> values)
    {
        var first = values[0];
        if (values.Count == 1 || first.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) return first;
        var alike = values.Where(v => v.ValueKind == first.ValueKind).ToList();
        if (alike.Sum(v => (long)v.GetRawText().Length) > MostOctets)
            throw new ApiException(ApiError.Invalid("params", name, $"composed, {name} has more than {MostOctets} octets"));
        if (first.ValueKind == JsonValueKind.Array)
            return JsonSerializer.SerializeToElement(alike.SelectMany(v => v.EnumerateArray()).ToList());
        var whole = JsonObject.Create(first)!;
        foreach (var lower in alike.Skip(1)) Fill(whole, JsonObject.Create(lower)!);
        return JsonSerializer.SerializeToElement(whole);
    }

    private static void Fill(JsonObject whole, JsonObject lower)
    {
        foreach (var (name, value) in lower)
        {
            if (!whole.TryGetPropertyValue(name, out var held)) whole[name] = value?.DeepClone();
            else if (held is JsonObject map && value is JsonObject below) Fill(map, below);
        }
    }
}
