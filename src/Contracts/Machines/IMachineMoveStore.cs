using Anvil.Contracts.Catalog;

namespace Anvil.Contracts.Machines;

/// <summary>Stores states of several machines together with documents of the catalog, in one transaction.</summary>
public interface IMachineMoveStore
{
    /// <summary>Writes all, or nothing where the catalog or one of the machines has changed since.</summary>
    /// <param name="expectedRevision">The catalog's revision that the changes were decided upon.</param>
    /// <param name="changes">Changes of documents; none: the catalog's revision stays.</param>
    /// <param name="principal">Who asked, for the events.</param>
    /// <param name="rows">The machines' states.</param>
    /// <param name="cancellation">Ends it before it is written.</param>
    /// <exception cref="StaleMachineException">A machine was changed since its state was prepared.</exception>
    Task<long?> WriteAsync(long expectedRevision, IReadOnlyList<CatalogChange> changes, string principal, IReadOnlyList<MachineRow> rows,
        CancellationToken cancellation);
}

/// <summary>A machine's state to be stored.</summary>
/// <param name="Uuid">The machine.</param>
/// <param name="Key">Key of its grain.</param>
/// <param name="Name">Name that it gets.</param>
/// <param name="State">The state, as it is stored.</param>
/// <param name="Version">Version of the row that it takes the place of; null where there is none.</param>
public sealed record MachineRow(string Uuid, string Key, string Name, byte[] State, long? Version);

/// <summary>A machine was changed since its state was prepared.</summary>
public sealed class StaleMachineException(string uuid) : Exception($"machine {uuid} was changed meanwhile");
