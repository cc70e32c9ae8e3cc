namespace Anvil.Contracts.Files;

/// <summary>What this edge makes of ISOs.</summary>
public interface IExplosions
{
    /// <summary>How far it is with each of them.</summary>
    IReadOnlyList<ExplosionReport> Reports { get; }
}
