using System.Text.Json.Nodes;

namespace Anvil.Provisioning.Lists;

/// <summary>What of each row is shown. What is left out sets `Partial`.</summary>
public sealed record ListView
{
    /// <summary>Parts to leave empty: Meta, Params.</summary>
    public IReadOnlySet<string> Slim { get; init; } = new HashSet<string>();

    /// <summary>The only params to show; null for all.</summary>
    public IReadOnlySet<string>? Params { get; init; }

    /// <summary>The only fields to show; null for all.</summary>
    public FieldSelection? Fields { get; init; }

    /// <summary>Show secure params in clear, where the caller has the right to.</summary>
    public bool Decode { get; init; }

    /// <summary>True when rows are shown as they are.</summary>
    public bool IsWhole => Slim.Count == 0 && Params is null && Fields is null;

    /// <summary>Leaves out of a row what is not to be shown.</summary>
    public void Trim(JsonObject row)
    {
        TrimParts(row);
        Fields?.Trim(row);
    }

    private void TrimParts(JsonObject row)
    {
        foreach (var part in Slim.Where(row.ContainsKey))
        {
            row[part] = new JsonObject();
            row["Partial"] = true;
        }

        if (Params is null || row["Params"] is not JsonObject values) return;
        foreach (var name in values.Select(p => p.Key).Where(k => !Params.Contains(k)).ToList()) values.Remove(name);
        row["Partial"] = true;
    }
}
