namespace Anvil.Provisioning.Lists;

/// <summary>What a listener wants to hear of: type, action and key, each `*` for all (DRP's `register`).</summary>
public sealed record EventPattern(string Type, string Action, string Key)
{
    /// <summary>Reads `type.action.key`; the key may hold dots. Null when a part is missing.</summary>
    public static EventPattern? Parse(string text)
    {
        var parts = text.Split('.', 3);
        return parts.Length == 3 && parts.All(p => p.Length > 0) ? new EventPattern(parts[0], parts[1], parts[2]) : null;
    }
}
