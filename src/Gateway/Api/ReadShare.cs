using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The memory of one object that is read, until its client has the last octet of it.</summary>
internal sealed class ReadShare : IObjectMemory
{
    private readonly HttpContext _http;
    private MemoryShare? _share;
    private long _octets;

    private ReadShare(HttpContext http) => _http = http;

    /// <summary>The memory of a request's object.</summary>
    public static ReadShare Of(HttpContext http)
    {
        if (http.Items[typeof(ReadShare)] is ReadShare known) return known;
        var made = new ReadShare(http);
        http.Items[typeof(ReadShare)] = made;
        return made;
    }

    /// <inheritdoc/>
    public bool TryTake(long octets)
    {
        if (octets <= MemoryBudgets.Small || octets <= _octets) return true;
        if (!Share.TryGrow((octets * MemoryBudgets.OfList) - Share.Octets)) return false;
        _octets = octets;
        return true;
    }

    /// <inheritdoc/>
    public async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        if (TryTake(octets)) return;
        // Who has some does not wait for others who do: it is taken anew, as a whole.
        Share.Shrink(0);
        if (!await Share.TakeAsync(octets * MemoryBudgets.OfList, MemoryBudgets.Patience, cancellation))
            throw ApiMemory.Full("", _http.Request.Method, "lists and large objects");
        _octets = octets;
    }

    private MemoryShare Share => _share ??= _http.Shared(_http.Budgets().Lists);
}
