using Anvil.Contracts.Memory;
using Anvil.Objects;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>What one export takes: the memory of a page from its beginning to its end, more for one row that is larger.</summary>
internal sealed class ExportShare(HttpContext http, string model) : IExportRoom
{
    private const long Page = (long)ObjectExport.PageOctets * MemoryBudgets.OfList;

    private readonly MemoryShare _share = http.Shared(http.Budgets().Lists);
    private MemoryShare? _place;
    private bool _mayBeShorter;
    private long _octets;

    /// <inheritdoc/>
    public async Task<IDisposable> BeginAsync(bool mayBeShorter, CancellationToken cancellation)
    {
        (_mayBeShorter, _octets) = (mayBeShorter, 0);
        if (_share.Octets == 0) await TakeAsync(Page, cancellation);
        _share.Shrink(Page);
        return _place = await http.ReadPlaceAsync(model);
    }

    /// <inheritdoc/>
    public void Grow(long octets)
    {
        _octets += octets;
        if (_octets <= ObjectExport.PageOctets) return;
        var wanted = _octets * MemoryBudgets.OfList;
        if (_mayBeShorter || (wanted > _share.Octets && !_share.TryGrow(wanted - _share.Octets))) throw new LargeListException();
    }

    /// <inheritdoc/>
    public void Take(long octets)
    {
        _octets = 0;
        Grow(octets);
    }

    /// <inheritdoc/>
    public async Task MakeRoomAsync(CancellationToken cancellation)
    {
        if (_mayBeShorter) throw new LargeListException();
        _place?.Shrink(0);
        // Who has some does not wait for others who do: it is taken anew, as a whole.
        _share.Shrink(0);
        _octets = 0;
        await TakeAsync((long)ListBounds.PageLength * MemoryBudgets.OfList, cancellation);
        if (_place is not null && !await _place.TakeAsync(1, ReadPlaces.Patience, cancellation))
            throw ApiMemory.Full(model, http.Request.Method, "lists");
    }

    /// <inheritdoc/>
    public void Close()
    {
        // The next page takes it again.
    }

    private async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        if (!await _share.TakeAsync(octets, MemoryBudgets.Patience, cancellation))
            throw ApiMemory.Full(model, http.Request.Method, "lists and large objects");
    }
}
