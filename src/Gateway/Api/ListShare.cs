using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The memory of one list, or of one large object, until its client has the last octet of it.</summary>
internal sealed class ListShare(HttpContext http, MemoryShare share, MemoryShare? place) : IListMemory
{
    /// <summary>What the longest list takes.</summary>
    private const long Longest = (long)ListBounds.PageLength * MemoryBudgets.OfList;

    private long _octets;
    private long _told;

    /// <inheritdoc/>
    public void Grow(long octets)
    {
        _octets += octets;
        if (_octets <= MemoryBudgets.Small || share.Octets > 0) return;
        // Where there is room at once nothing is read twice.
        if (!share.TryGrow(Longest)) throw new LargeListException();
    }

    /// <inheritdoc/>
    public void Take(long octets)
    {
        (_octets, _told) = (octets, octets);
        if (octets <= MemoryBudgets.Small || octets * MemoryBudgets.OfList <= share.Octets) return;
        if (!share.TryGrow((octets * MemoryBudgets.OfList) - share.Octets)) throw new LargeListException();
    }

    /// <inheritdoc/>
    public async Task MakeRoomAsync(CancellationToken cancellation)
    {
        place?.Shrink(0);
        // Who has some does not wait for others who do: it is taken anew, as a whole.
        share.Shrink(0);
        await TakeAsync(_told > 0 ? _told : ListBounds.PageLength, cancellation);
        if (place is not null && !await place.TakeAsync(1, ReadPlaces.Patience, cancellation))
            throw ApiMemory.Full("", http.Request.Method, "lists");
    }

    /// <inheritdoc/>
    public void Close() => share.Shrink(_octets * MemoryBudgets.OfList);

    /// <summary>Waits for room for so many octets.</summary>
    /// <exception cref="Provisioning.Documents.ApiException">503: there was none for too long.</exception>
    private async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        _octets = 0;
        if (!await share.TakeAsync(octets * MemoryBudgets.OfList, MemoryBudgets.Patience, cancellation))
            throw ApiMemory.Full("", http.Request.Method, "lists and large objects");
    }
}
