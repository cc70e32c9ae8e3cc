namespace Anvil.Provisioning.Lists;

/// <summary>
/// The memory that a list may take. A small one takes none; a large one is begun again when there is room for the longest there may be.
/// </summary>
public interface IListMemory
{
    /// <summary>Tells of documents that were read.</summary>
    /// <param name="octets">Octets more than before.</param>
    /// <exception cref="LargeListException">It is larger than what takes none, and has no room yet.</exception>
    void Grow(long octets);

    /// <summary>Tells of all that an answer takes, where that is known at once.</summary>
    /// <param name="octets">Octets of what is held together.</param>
    /// <exception cref="LargeListException">There is no room yet.</exception>
    void Take(long octets);

    /// <summary>Waits for room: for what was told, or for the longest list; it is read from its beginning then.</summary>
    /// <exception cref="Documents.ApiException">503: there was none for too long.</exception>
    Task MakeRoomAsync(CancellationToken cancellation);

    /// <summary>It is read whole: what it does not take is given back.</summary>
    void Close();
}
