namespace Anvil.Contracts.Events;

/// <summary>Which events are wanted, as far as the database can tell them apart. A list that is null stands for all.</summary>
public sealed record EventSearch
{
    /// <summary>The place from which on, itself not included; null for the beginning (backwards: the end).</summary>
    public EventPlace? From { get; init; }

    /// <summary>The newest first.</summary>
    public bool Backwards { get; init; }

    /// <summary>Types.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>Keys.</summary>
    public IReadOnlyCollection<string>? Keys { get; init; }

    /// <summary>Who did it.</summary>
    public IReadOnlyCollection<string>? Principals { get; init; }

    /// <summary>None that is older; null for no bound.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>None that is as old or newer; null for no bound.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>So many are looked at.</summary>
    public int Scan { get; init; } = 50_000;

    /// <summary>So many are given.</summary>
    public int Most { get; init; } = 500;
}

/// <summary>What a search found.</summary>
/// <param name="Events">The events.</param>
/// <param name="Reached">How far was looked; null when there is nothing beyond.</param>
public sealed record EventsFound(IReadOnlyList<StoredEvent> Events, EventPlace? Reached);
