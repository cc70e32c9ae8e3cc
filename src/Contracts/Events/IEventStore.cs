using System.Globalization;
using Anvil.Provisioning.Jobs;

namespace Anvil.Contracts.Events;

/// <summary>A place in the stream of events.</summary>
/// <param name="Transaction">The transaction that wrote the last event read; 0 where the database has one writer.</param>
/// <param name="Id">The last event read.</param>
public readonly record struct EventPlace(long Transaction, long Id)
{
    /// <summary>Before the first.</summary>
    public static EventPlace Start => default;

    /// <summary>The place as clients are told it (`Seq`); its parts are the database's own.</summary>
    public string Seq => string.Create(CultureInfo.InvariantCulture, $"{Transaction}-{Id}");

    /// <summary>Reads what <see cref="Seq"/> wrote.</summary>
    public static EventPlace? Read(string seq)
        => seq.Split('-') is [var transaction, var id]
            && long.TryParse(transaction, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var second) ? new EventPlace(first, second) : null;

    /// <summary>True when this place is further on than another.</summary>
    public bool IsAfter(EventPlace other) => (Transaction, Id).CompareTo((other.Transaction, other.Id)) > 0;
}

/// <summary>An event as it is kept: what happened to which object.</summary>
public sealed record StoredEvent(EventPlace Place, DateTimeOffset Time, string Type, string Action, string Key, string Detail)
{
    /// <summary>Who did it: a user, a machine's uuid, or part of Anvil; "" where a version before this field wrote the event.</summary>
    public string Principal { get; init; } = "";

    /// <summary>
    /// True for one that somebody posted. Its detail is what was posted, as JSON; those of Anvil's own events are words, or nothing.
    /// </summary>
    public bool IsPosted => Detail.StartsWith('{');
}

/// <summary>
/// Reads the events that were written with machines and with the catalog, each in the transaction of its change, and those that were
/// posted.
/// </summary>
public interface IEventStore
{
    /// <summary>The end of the stream: what is written from now on comes after it.</summary>
    Task<EventPlace> EndAsync(CancellationToken cancellation);

    /// <summary>The next events after a place, in order; none is passed over.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace after, int most, CancellationToken cancellation);

    /// <summary>The first event that is kept; null when none is.</summary>
    Task<EventPlace?> OldestAsync(CancellationToken cancellation);

    /// <summary>Looks at the next events from a place, and gives those that are wanted, in the order of the search.</summary>
    Task<EventsFound> FindAsync(EventSearch search, CancellationToken cancellation);

    /// <summary>Writes an event that is no object's change; it is durable when the task ends.</summary>
    Task AppendAsync(MachineEvent told, CancellationToken cancellation);
}
