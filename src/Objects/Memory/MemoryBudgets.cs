using Anvil.Contracts.Memory;

namespace Anvil.Objects.Memory;

/// <summary>
/// What large requests may take of a silo's memory, by what they do. Small ones (<see cref="Small"/>) take nothing: how many there are at
/// once is bounded by connections. Bodies are waited for by the network, lists are read by it: neither holds up what is being changed.
/// </summary>
/// <param name="available">Memory that the process may have, in octets (of its container, where that has a limit).</param>
/// <param name="time">The clock of those who wait.</param>
public sealed class MemoryBudgets(long available, TimeProvider time)
{
    /// <summary>Octets of a body or list that count for nothing.</summary>
    public const int Small = 64 << 10;

    /// <summary>Octets that a change takes for each of its body: it is read, checked, kept, written and shown.</summary>
    public const int OfChange = 30;

    /// <summary>Octets that a list takes for each of its documents.</summary>
    public const int OfList = 4;

    /// <summary>How long a request stands in line.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Bodies while they come in: a sixteenth, 96 to 512 MiB.</summary>
    public MemoryBudget Bodies { get; } = new(Math.Clamp(available / 16, 96L << 20, 512L << 20), time);

    /// <summary>Changes whose bodies are in: a quarter, 512 MiB to 4 GiB.</summary>
    public MemoryBudget Changes { get; } = new(Math.Clamp(available / 4, 512L << 20, 4L << 30), time);

    /// <summary>Lists from the database to the last octet that the client takes: a sixth, 256 MiB to 2 GiB.</summary>
    public MemoryBudget Lists { get; } = new(Math.Clamp(available / 6, 256L << 20, 2L << 30), time);
}
