using Anvil.Contracts.Memory;

namespace Anvil.Objects.Memory;

/// <summary>
/// Places of requests that read much of the database: fewer than it reads at once, so that what the silo itself asks has its own, and half
/// of them for one requester.
/// </summary>
/// <param name="atOnce">What the database reads at once.</param>
/// <param name="time">The clock of those who wait.</param>
public sealed class ReadPlaces(int atOnce, TimeProvider time)
{
    /// <summary>How long a request stands in line.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryBudget _places = new(Math.Max(2, atOnce - Math.Max(1, atOnce / 5)), time);

    /// <summary>Places that are taken.</summary>
    public long Taken => _places.Taken;

    /// <summary>What a requester will take a place by.</summary>
    public MemoryShare Open(string who) => _places.Open(who);
}
