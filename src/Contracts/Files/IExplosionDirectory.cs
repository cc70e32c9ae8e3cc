namespace Anvil.Contracts.Files;

/// <summary>What all edges make of ISOs.</summary>
public interface IExplosionDirectory
{
    /// <summary>What the living edges say; one that does not answer in time is left out. It never fails.</summary>
    Task<IReadOnlyList<EdgeExplosion>> ReportsAsync(CancellationToken cancellation);
}

/// <summary>How far one edge is with an ISO.</summary>
/// <param name="Edge">The edge, by an address that machines know it by.</param>
/// <param name="Report">How far it is.</param>
public sealed record EdgeExplosion(string Edge, ExplosionReport Report);
