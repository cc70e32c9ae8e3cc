using System.Text.Json;

namespace Anvil.Provisioning.Catalog.Schemas;

/// <summary>What one keyword of a schema says of a value.</summary>
internal delegate bool SchemaRule(SchemaRun run, JsonElement value, SchemaPlace place);

/// <summary>A compiled schema: the rules of its keywords.</summary>
internal sealed class SchemaNode
{
    /// <summary>The rules; all of them must hold.</summary>
    public List<SchemaRule> Rules { get; } = [];

    /// <summary>Schemas that look at the same value: a ring of them would never end.</summary>
    public List<SchemaNode> Beside { get; } = [];

    /// <summary>Whether a value keeps every rule. While nobody asks why, the first that is broken is enough.</summary>
    public bool Check(SchemaRun run, JsonElement value, SchemaPlace place)
    {
        var fits = true;
        foreach (var rule in Rules)
        {
            if (rule(run, value, place)) continue;
            fits = false;
            if (run.IsQuiet) break;
        }

        return fits;
    }
}
