namespace Anvil.Objects.Memory;

/// <summary>
/// The memory that a change takes: for the larger of its body and of the object that it changes, which is read, changed, written and
/// answered whole, however small the body is.
/// </summary>
public interface IChangeMemory
{
    /// <summary>Takes it for an object of so many octets where there is room at once; an object that is small takes nothing.</summary>
    bool TryTake(long octets);

    /// <summary>Stands in line for it.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">503: there was no room for too long.</exception>
    Task TakeAsync(long octets, CancellationToken cancellation);
}
