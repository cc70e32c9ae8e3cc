using Anvil.Contracts.Events;

namespace Anvil.Objects.Events;

/// <summary>Names of what happened, as the API tells them.</summary>
public static class EventAction
{
    /// <summary>
    /// create, delete, or update for everything between (DRP's actions; a boot, a job and a deadline are updates of the machine); what was
    /// posted has the action that it was posted with.
    /// </summary>
    public static string Of(StoredEvent happened)
        => happened.IsPosted || happened.Action is "create" or "delete" ? happened.Action : "update";

    /// <summary>True for a change that leaves an object there (DRP's `save`).</summary>
    public static bool IsSave(StoredEvent happened) => !happened.IsPosted && happened.Action != "delete";
}
