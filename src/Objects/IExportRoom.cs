using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>What an export takes of a silo: memory for one page at a time, and a place among those that read while it reads one.</summary>
public interface IExportRoom : IListMemory
{
    /// <summary>Begins to read a page; what is given is disposed when it is read.</summary>
    /// <param name="mayBeShorter">
    /// A page that is too large is read again with fewer rows: <see cref="LargeListException"/> goes to who asked for it.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="Provisioning.Documents.ApiException">503: there was no room for too long.</exception>
    Task<IDisposable> BeginAsync(bool mayBeShorter, CancellationToken cancellation);
}
