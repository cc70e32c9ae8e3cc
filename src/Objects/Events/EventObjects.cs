using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Events;

/// <summary>The objects that events tell of, as a listener may see them.</summary>
public sealed class EventObjects(ObjectFloor floor, IMachineQueries machines, IReservationStore reservations, ICatalog catalog)
{
    /// <summary>The object as it is now; null when it is gone, or is no business of listeners (users, preferences).</summary>
    public async Task<JsonObject?> OfAsync(StoredEvent happened, ObjectRequest listener, CancellationToken cancellation)
    {
        if (happened.Type is "users" or "prefs") return null;
        Document? document = happened.Type switch
        {
            "machines" => await machines.FindAsync(happened.Key, cancellation),
            "jobs" => await machines.FindJobAsync(happened.Key, cancellation),
            "reservations" =>
                LeaseObjects.TryAddress(happened.Key, out var address) ? await reservations.FindAsync(address, cancellation) : null,
            _ => catalog.Current.OfKind(happened.Type).GetValueOrDefault(happened.Key),
        };
        return document is null ? null : floor.Row(document, listener);
    }
}
