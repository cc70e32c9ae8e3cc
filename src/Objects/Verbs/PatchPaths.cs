using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Objects.Verbs;

/// <summary>Patches of a part of an object, made patches of the object.</summary>
internal static class PatchPaths
{
    /// <summary>Puts a pointer before those of all operations.</summary>
    /// <param name="operations">The patch; it is changed.</param>
    /// <param name="pointer">Where the part stands in the object.</param>
    public static void Prefix(JsonArray operations, string pointer)
    {
        foreach (var operation in operations.OfType<JsonObject>())
        {
            foreach (var field in (string[])["path", "from"])
            {
                if (operation[field]?.GetValueKind() == JsonValueKind.String)
                    operation[field] = pointer + operation[field]!.GetValue<string>();
            }
        }
    }
}
