using System.Runtime.CompilerServices;
using Anvil.Contracts.Events;
using Anvil.Objects.Memory;

namespace Anvil.Objects.Events;

/// <summary>
/// Every event from a place on, first from the log, then as it happens: none is left out, none comes twice, and whichever silo is asked
/// has the same ones in the same order. Who falls behind what may wait for it reads the log again.
/// </summary>
public sealed class EventFollower(EventStream stream, IEventStore events, ReadPlaces places)
{
    /// <summary>Events that are read at once: one may have 32 KiB, and they are held until the client has taken the last.</summary>
    private const int Batch = 32;

    /// <summary>Follows until it is cancelled.</summary>
    /// <param name="from">The place; the event there is not among them.</param>
    /// <param name="requester">Whose share of the places of those who read it takes while it reads the log.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    public async IAsyncEnumerable<StoredEvent> FollowAsync(EventPlace from, string requester,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var place = from;
        while (true)
        {
            // Most of it while nothing waits yet.
            IReadOnlyList<StoredEvent> batch;
            do
            {
                batch = await ReadAsync(place, requester, cancellation);
                foreach (var happened in batch)
                {
                    yield return happened;
                    place = happened.Place;
                }
            }
            while (batch.Count == Batch);

            using var listener = await stream.ListenAsync(cancellation);
            while (true)
            {
                batch = await ReadAsync(place, requester, cancellation);
                // Those behind where the listener begins come from there.
                var between = batch.TakeWhile(e => !e.Place.IsAfter(listener.From)).ToList();
                foreach (var happened in between)
                {
                    yield return happened;
                    place = happened.Place;
                }

                if (between.Count < Batch) break;
            }

            await foreach (var happened in listener.Events.ReadAllAsync(cancellation))
            {
                yield return happened;
                place = happened.Place;
            }
        }
    }

    /// <summary>Reads the log with a place among those that read much of the database: it waits until there is one.</summary>
    private async Task<IReadOnlyList<StoredEvent>> ReadAsync(EventPlace from, string requester, CancellationToken cancellation)
    {
        using var place = places.Open(requester);
        while (!await place.TakeAsync(1, ReadPlaces.Patience, cancellation))
        {
            // Whoever follows has time.
        }

        return await events.ReadAsync(from, Batch, cancellation);
    }
}
