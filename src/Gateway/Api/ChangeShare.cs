using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The memory of one change, from its body to the last octet of its answer.</summary>
internal sealed class ChangeShare : IObjectMemory
{
    private readonly HttpContext _http;
    private MemoryShare? _share;

    private ChangeShare(HttpContext http) => _http = http;

    /// <summary>The memory of a request's change.</summary>
    public static ChangeShare Of(HttpContext http)
    {
        if (http.Items[typeof(ChangeShare)] is ChangeShare known) return known;
        var made = new ChangeShare(http);
        http.Items[typeof(ChangeShare)] = made;
        return made;
    }

    /// <inheritdoc/>
    public bool TryTake(long octets)
    {
        var wanted = octets * MemoryBudgets.OfChange;
        if (octets <= MemoryBudgets.Small || wanted <= Share.Octets) return true;
        return Share.TryGrow(wanted - Share.Octets);
    }

    /// <inheritdoc/>
    public async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        if (TryTake(octets)) return;
        // Who has some does not wait for others who do: it is taken anew, as a whole.
        Share.Shrink(0);
        if (!await Share.TakeAsync(octets * MemoryBudgets.OfChange, MemoryBudgets.Patience, cancellation))
            throw ApiMemory.Full("", _http.Request.Method, "changes of large objects");
    }

    private MemoryShare Share => _share ??= _http.Shared(_http.Budgets().Changes);
}
