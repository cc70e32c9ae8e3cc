namespace Anvil.Contracts;

/// <summary>Tells what was the matter with the database when something failed, and remembers what stops writes.</summary>
public interface IDatabaseFaults
{
    /// <summary>What was the matter; null when the exception does not come from the database or from a disk.</summary>
    DatabaseFault? Of(Exception exception);
}
