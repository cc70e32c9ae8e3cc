using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Kinds;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Events;

/// <summary>Events as text, with the objects that they tell of: the same for all who may see them.</summary>
public sealed class EventObjects(ObjectFloor floor, IMachineQueries machines, IReservationStore reservations, ICatalog catalog)
{
    /// <summary>
    /// An event as JSON, UTF-8, with the object as it is now: null when it is gone, or is no business of listeners (users, preferences);
    /// of a content pack its summary (DRP). Secure params are sealed.
    /// </summary>
    public async Task<byte[]> TextAsync(StoredEvent happened, CancellationToken cancellation)
        => happened.IsPosted ? EventJson.Of(happened)
            : EventJson.Of(happened, happened.Type == StoredPack.Kind ? Json.Write(PackSummary.Of(happened.Key, catalog.Current))
                : await FindAsync(happened, cancellation) is { } document ? floor.SealedText(document) : "null");

    private async Task<Document?> FindAsync(StoredEvent happened, CancellationToken cancellation) => happened.Type switch
    {
        "users" or "prefs" => null,
        "machines" => await machines.FindAsync(happened.Key, cancellation),
        "jobs" => await machines.FindJobAsync(happened.Key, cancellation),
        "reservations" =>
            LeaseObjects.TryAddress(happened.Key, out var address) ? await reservations.FindAsync(address, cancellation) : null,
        _ => catalog.Current.OfKind(happened.Type).GetValueOrDefault(happened.Key),
    };
}
