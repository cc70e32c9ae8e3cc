namespace Anvil.Contracts.Memory;

/// <summary>What one request has taken of a budget; given back whole when it is disposed. For one thread at a time.</summary>
public sealed class MemoryShare : IDisposable
{
    private readonly MemoryBudget _budget;
    private readonly string _who;
    private bool _over;

    internal MemoryShare(MemoryBudget budget, string who) => (_budget, _who) = (budget, who);

    /// <summary>Octets that it has.</summary>
    public long Octets { get; private set; }

    /// <summary>Takes more, without waiting: who has some must not wait for others who do.</summary>
    /// <param name="octets">Octets more.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryGrow(long octets)
    {
        if (octets <= 0) return true;
        if (_over || !_budget.TryTake(_who, octets)) return false;
        Octets += octets;
        return true;
    }

    /// <summary>Takes what it needs, in line with others. It has nothing so far.</summary>
    /// <param name="octets">Octets.</param>
    /// <param name="patience">How long to stand in line.</param>
    /// <param name="cancellation">Nobody waits for it any more.</param>
    /// <returns>False when there was no room, or the line is full.</returns>
    /// <exception cref="InvalidOperationException">It has some already.</exception>
    public async Task<bool> TakeAsync(long octets, TimeSpan patience, CancellationToken cancellation)
    {
        if (Octets > 0) throw new InvalidOperationException("who has a share does not wait for another");
        if (_over || !await _budget.TakeAsync(_who, octets, patience, cancellation)) return false;
        Octets = octets;
        return true;
    }

    /// <summary>Gives back what it has beyond so many octets.</summary>
    public void Shrink(long octets)
    {
        if (_over || Octets <= octets) return;
        _budget.GiveBack(_who, Octets - octets);
        Octets = octets;
    }

    /// <summary>Gives back what it has.</summary>
    public void Dispose()
    {
        if (_over) return;
        _over = true;
        if (Octets > 0) _budget.GiveBack(_who, Octets);
    }
}
