using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>What a listener wants to hear of: type, action and key, each `*` for all (DRP's `register`).</summary>
public sealed record EventPattern(string Type, string Action, string Key)
{
    /// <summary>Reads `type.action.key`; the key may hold dots. Null when a part is missing.</summary>
    public static EventPattern? Parse(string text)
    {
        var parts = text.Split('.', 3);
        return parts.Length == 3 && parts.All(p => p.Length > 0) ? new EventPattern(parts[0], parts[1], parts[2]) : null;
    }

    /// <summary>True when an event is one of those.</summary>
    public bool Matches(StoredEvent happened)
        => Holds(Type, happened.Type) && (Holds(Action, EventAction.Of(happened)) || (Action == "save" && EventAction.IsSave(happened)))
            && Holds(Key, happened.Key);

    private static bool Holds(string wanted, string value) => wanted == "*" || wanted == value;
}
