namespace Anvil.Cluster.Tests;

/// <summary>Tests that need the whole machine: they run one at a time, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "alone";
}
