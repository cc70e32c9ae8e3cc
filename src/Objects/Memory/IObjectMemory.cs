namespace Anvil.Objects.Memory;

/// <summary>
/// The memory that one object takes: of a change, for the larger of its body and of the object that it changes, which is read, changed,
/// written and answered whole, however small the body is; of a read, until the client has the last octet of it.
/// </summary>
public interface IObjectMemory
{
    /// <summary>Takes it for an object of so many octets where there is room at once; an object that is small takes nothing.</summary>
    bool TryTake(long octets);

    /// <summary>Stands in line for it.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">503: there was no room for too long.</exception>
    Task TakeAsync(long octets, CancellationToken cancellation);
}
