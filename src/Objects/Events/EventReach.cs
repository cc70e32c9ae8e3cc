using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Access;

namespace Anvil.Objects.Events;

/// <summary>
/// Whether an event of what follows a machine (jobs, reservations) is within a reach: the object is asked for its machine, so that of one
/// that is gone nothing is told.
/// </summary>
public sealed class EventReach(IMachineQueries machines, IReservationStore reservations)
{
    /// <summary>True when a listener that has the right, and whose tenants limit machines, may hear of an event.</summary>
    /// <param name="principal">The listener, with what it reaches now.</param>
    /// <param name="happened">The event.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<bool> MayHearAsync(Principal principal, StoredEvent happened, CancellationToken cancellation)
        => principal.MayHear(happened) || (MayFollow(principal, happened)
            && await MachineOfAsync(happened, cancellation) is { } machine && principal.Reach.Holds("machines", machine));

    /// <summary>True where the event's object has to be asked: by its key alone nobody can say.</summary>
    public static bool MayFollow(Principal principal, StoredEvent happened)
        => principal.Reach.Limits(happened.Type) && Reach.Follows(happened.Type)
            && principal.HasRight(happened.Type, "get", happened.Key);

    private async Task<string?> MachineOfAsync(StoredEvent happened, CancellationToken cancellation) => happened.Type switch
    {
        "jobs" => (await machines.FindJobAsync(happened.Key, cancellation))?.Machine,
        "reservations" => LeaseObjects.TryAddress(happened.Key, out var address)
            && await reservations.FindAsync(address, cancellation) is { } reservation
                ? await machines.UuidOfMacAsync(reservation.Token, cancellation) : null,
        _ => null,
    };
}
