using Anvil.Contracts.Memory;
using Anvil.Objects.Memory;
using Microsoft.AspNetCore.Http;

namespace Anvil.Gateway.Api;

/// <summary>The memory of one object that a request reads or changes, until its client has the last octet of the answer.</summary>
internal sealed class ObjectShare : IObjectMemory
{
    private readonly HttpContext _http;
    private readonly MemoryBudget _budget;
    private readonly int _times;
    private readonly string _what;
    private MemoryShare? _share;

    private ObjectShare(HttpContext http, MemoryBudget budget, int times, string what)
        => (_http, _budget, _times, _what) = (http, budget, times, what);

    /// <summary>The memory of a request's change, from its body on.</summary>
    public static ObjectShare OfChange(HttpContext http)
        => Of(http, http.Budgets().Changes, MemoryBudgets.OfChange, "changes of large objects");

    /// <summary>The memory of the object that a request reads.</summary>
    public static ObjectShare OfRead(HttpContext http)
        => Of(http, http.Budgets().Lists, MemoryBudgets.OfList, "lists and large objects");

    /// <inheritdoc/>
    public bool TryTake(long octets)
    {
        var wanted = octets * _times;
        if (octets <= MemoryBudgets.Small || wanted <= Share.Octets) return true;
        return Share.TryGrow(wanted - Share.Octets);
    }

    /// <inheritdoc/>
    public async Task TakeAsync(long octets, CancellationToken cancellation)
    {
        if (TryTake(octets)) return;
        // Who has some does not wait for others who do: it is taken anew, as a whole.
        Share.Shrink(0);
        if (!await Share.TakeAsync(octets * _times, MemoryBudgets.Patience, cancellation))
            throw ApiMemory.Full("", _http.Request.Method, _what);
    }

    private MemoryShare Share => _share ??= _http.Shared(_budget);

    private static ObjectShare Of(HttpContext http, MemoryBudget budget, int times, string what)
    {
        if (http.Items[budget] is ObjectShare known) return known;
        var made = new ObjectShare(http, budget, times, what);
        http.Items[budget] = made;
        return made;
    }
}
