namespace Anvil.Contracts.Placement;

/// <summary>
/// Tells whether all silos of the cluster know something (<see cref="SiloTraits"/>), which those of the version before may not.
/// </summary>
public interface IEverySilo
{
    /// <summary>True when all have the trait; false also while one has not told yet what it is.</summary>
    bool Has(string trait);
}
