using Anvil.Provisioning.Boot;

namespace Anvil.Contracts.Catalog;

/// <summary>Which boot files lie at the edges.</summary>
public interface IBootFileDirectory
{
    /// <summary>Most paths that are asked for at once; beyond, nothing is said of a file.</summary>
    const int MostPaths = 10_000;

    /// <summary>
    /// What the living edges say of some paths below their file roots. An edge that does not answer in time is not counted; it never
    /// fails.
    /// </summary>
    Task<MissingFiles> MissingAsync(IReadOnlyCollection<string> paths, CancellationToken cancellation);
}
