namespace Anvil.Provisioning.Catalog;

/// <summary>Entries of task lists that are no tasks.</summary>
public static class TaskEntries
{
    /// <summary>
    /// Back to the machine itself (DRP v4). Tasks run there alone, so that it changes nothing; with the name of a context behind it an
    /// entry asks for what is not served.
    /// </summary>
    public const string OwnContext = "context:";
}
