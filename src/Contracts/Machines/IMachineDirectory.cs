namespace Anvil.Contracts.Machines;

/// <summary>Tells every living edge of a machine's change, so that it holds for the next packet.</summary>
public interface IMachineDirectory
{
    /// <summary>How old an edge's view of the machines may be; one whose view may be older asks the machine's grain. One second.</summary>
    static TimeSpan OldestView { get; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns when each living edge has acknowledged the change, or <see cref="OldestView"/> has passed since: an edge that has not
    /// acknowledged has found the change in the database by then, or knows that its view is old. It never fails.
    /// </summary>
    /// <param name="change">What was written; it is durable.</param>
    Task PublishAsync(MachineNews change);
}
