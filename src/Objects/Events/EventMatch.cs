using Anvil.Contracts.Events;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Events;

/// <summary>Which events a pattern means.</summary>
public static class EventMatch
{
    /// <summary>True when an event is one of those.</summary>
    public static bool Matches(this EventPattern pattern, StoredEvent happened)
        => Holds(pattern.Type, happened.Type)
            && (Holds(pattern.Action, EventAction.Of(happened)) || (pattern.Action == "save" && EventAction.IsSave(happened)))
            && Holds(pattern.Key, happened.Key);

    private static bool Holds(string wanted, string value) => wanted == "*" || wanted == value;
}
