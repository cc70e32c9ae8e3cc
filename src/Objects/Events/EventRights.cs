using Anvil.Contracts.Events;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Events;

/// <summary>Who may hear of what happens: whoever may read the object.</summary>
public static class EventRights
{
    /// <summary>The type of events that tell of preferences.</summary>
    private const string Prefs = "prefs";

    /// <summary>
    /// True when somebody may hear of an event. Of what follows a machine (<see cref="Reach.Follows"/>) nobody does whose tenant limits
    /// machines: the event tells no machine.
    /// </summary>
    public static bool MayHear(this Principal principal, StoredEvent happened)
        => happened.Type == Prefs ? PrefVerbs.MayRead(principal) : principal.May(happened.Type, "get", happened.Key);
}
