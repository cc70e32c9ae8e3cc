namespace Anvil.Contracts.Events;

/// <summary>A place in the stream of events.</summary>
/// <param name="Transaction">The transaction that wrote the last event read; 0 where the database has one writer.</param>
/// <param name="Id">The last event read.</param>
public readonly record struct EventPlace(long Transaction, long Id)
{
    /// <summary>True when this place is further on than another.</summary>
    public bool IsAfter(EventPlace other) => (Transaction, Id).CompareTo((other.Transaction, other.Id)) > 0;
}

/// <summary>An event as it is kept: what happened to which object.</summary>
public sealed record StoredEvent(EventPlace Place, DateTimeOffset Time, string Type, string Action, string Key, string Detail)
{
    /// <summary>Who did it: a user, a machine's uuid, or part of Anvil; "" where a version before this field wrote the event.</summary>
    public string Principal { get; init; } = "";
}

/// <summary>Reads the events that were written with machines and with the catalog, each in the transaction of its change.</summary>
public interface IEventStore
{
    /// <summary>The end of the stream: what is written from now on comes after it.</summary>
    Task<EventPlace> EndAsync(CancellationToken cancellation);

    /// <summary>The next events after a place, in order; none is passed over.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation);
}
