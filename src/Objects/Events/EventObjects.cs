using System.Text.Json;
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
    private static readonly JsonWriterOptions Writer = new() { Encoder = Json.Options.Encoder };

    /// <summary>
    /// An event as JSON, UTF-8, with the object as it is now: null when it is gone, or is no business of listeners (users, preferences);
    /// of a content pack its summary (DRP). Secure params are sealed.
    /// </summary>
    public async Task<byte[]> TextAsync(StoredEvent happened, CancellationToken cancellation)
    {
        var text = happened.Type == StoredPack.Kind ? Json.Write(PackSummary.Of(happened.Key, catalog.Current))
            : await FindAsync(happened, cancellation) is { } document ? floor.SealedText(document) : "null";
        using var stream = new MemoryStream(text.Length + 512);
        await using (var json = new Utf8JsonWriter(stream, Writer))
        {
            json.WriteStartObject();
            json.WritePropertyName("Time");
            JsonSerializer.Serialize(json, happened.Time, Json.Options);
            json.WriteString("Type", happened.Type);
            json.WriteString("Action", EventAction.Of(happened));
            json.WriteString("Key", happened.Key);
            json.WriteString("Principal", happened.Principal);
            json.WritePropertyName("Object");
            json.WriteRawValue(text, skipInputValidation: true);
            json.WriteNull("Original");
            json.WriteString("Detail", happened.Detail);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

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
