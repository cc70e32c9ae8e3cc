using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Access;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Events;

/// <summary>
/// Who may hear of an event now. Of what follows a machine (jobs, reservations) the object is asked for its machine, so that of one that
/// is gone nothing is told; and what a tenant has changes with what its users make.
/// </summary>
public sealed class EventReach(
    IMachineQueries machines, IReservationStore reservations, ICatalog catalog, AccessService access, EventStream stream)
{
    private readonly Lock _gate = new();
    private EventPlace _covered = EventPlace.Start;
    private Task? _reading;

    /// <summary>True when somebody may hear of an event.</summary>
    /// <param name="principal">The listener, as it was let in.</param>
    /// <param name="happened">The event.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="System.Data.Common.DbException">The database does not answer.</exception>
    public async Task<bool> MayHearAsync(Principal principal, StoredEvent happened, CancellationToken cancellation)
    {
        var now = access.Now(principal);
        if (now.MayHear(happened)) return true;
        if (MayFollow(now, happened))
            return await MachineOfAsync(happened, cancellation) is { } machine && now.Reach.Holds("machines", machine);
        if (!IsMade(now, happened)) return false;
        // What somebody makes is its tenant's by the same write, which the log of events may tell sooner than the catalog's feed.
        await CoverAsync(happened.Place, cancellation);
        return access.Now(principal).MayHear(happened);
    }

    /// <summary>
    /// Waits until the catalog is as new as an event: it is read once for all who wait, and for all events that were read.
    /// </summary>
    private async Task CoverAsync(EventPlace place, CancellationToken cancellation)
    {
        while (true)
        {
            Task reading;
            lock (_gate)
            {
                if (!place.IsAfter(_covered)) return;
                var upTo = stream.Last is { } last && last.Place.IsAfter(place) ? last.Place : place;
                reading = _reading ??= ReadAsync(upTo);
            }

            await reading.WaitAsync(cancellation);
        }
    }

    private async Task ReadAsync(EventPlace upTo)
    {
        // What happens under the lock that it was begun under is to be short.
        await Task.Yield();
        var isRead = false;
        try
        {
            await catalog.AtLeastAsync(long.MaxValue, CancellationToken.None);
            isRead = true;
        }
        finally
        {
            lock (_gate)
            {
                _reading = null;
                if (isRead && upTo.IsAfter(_covered)) _covered = upTo;
            }
        }
    }

    /// <summary>True when somebody may hear of an event as far as its key says, now.</summary>
    /// <param name="principal">The listener, as it was let in.</param>
    /// <param name="happened">The event.</param>
    public bool MayByKey(Principal principal, StoredEvent happened)
    {
        var now = access.Now(principal);
        return now.MayHear(happened) || MayFollow(now, happened);
    }

    /// <summary>True when nothing that is in memory says that somebody may not hear of an event.</summary>
    /// <param name="principal">The listener, as it was let in.</param>
    /// <param name="happened">The event.</param>
    public bool Might(Principal principal, StoredEvent happened)
        => MayByKey(principal, happened) || IsMade(access.Now(principal), happened);

    /// <summary>True where the event's object has to be asked: by its key alone nobody can say.</summary>
    public static bool MayFollow(Principal principal, StoredEvent happened)
        => principal.Reach.Limits(happened.Type) && Reach.Follows(happened.Type)
            && principal.HasRight(happened.Type, "get", happened.Key);

    /// <summary>True for what came to be, and would be somebody's but for its tenant.</summary>
    private static bool IsMade(Principal now, StoredEvent happened)
        => happened.Action == "create" && now.Reach.IsLimited && now.HasRight(happened.Type, "get", happened.Key);

    private async Task<string?> MachineOfAsync(StoredEvent happened, CancellationToken cancellation) => happened.Type switch
    {
        "jobs" => (await machines.FindJobAsync(happened.Key, cancellation))?.Machine,
        "reservations" => LeaseObjects.TryAddress(happened.Key, out var address)
            && await reservations.FindAsync(address, cancellation) is { } reservation
                ? await machines.UuidOfMacAsync(reservation.Token, cancellation) : null,
        _ => null,
    };
}
