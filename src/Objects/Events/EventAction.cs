using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>Names of what happened, as the API tells them.</summary>
public static class EventAction
{
    /// <summary>
    /// create, delete, or update for everything between (DRP's actions; a boot, a job and a deadline are updates of the machine).
    /// </summary>
    public static string Of(StoredEvent happened) => happened.Action is "create" or "delete" ? happened.Action : "update";
}
