using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Catalog;

/// <summary>Reservations are rows of their own: the catalog's grain hands them to their writer.</summary>
public sealed partial class CatalogGrain
{
    private static bool IsReservation(string prefix) => prefix == ReservationWriter.Kind;

    private static Reservation ReadReservation(JsonNode body, string type) => (Reservation)CatalogRules.Kinds[ReservationWriter.Kind].Read(body, type);

    private static async Task<Reply> ReservationAsync(Func<Task<CatalogAnswer>> change)
    {
        try
        {
            var answer = await change();
            return new Reply(answer.Status, answer.Document is null ? null : JsonSerializer.Serialize(answer.Document, answer.Document.GetType(), Json.Options), answer.Error) { Revision = answer.Revision };
        }
        catch (ApiException e)
        {
            return Reply.Fail(e.Error);
        }
    }

    private Task<Reply> MergeReservationsAsync(string changes) => ReservationAsync(() =>
    {
        var wanted = (JsonObject)Parse(ReservationWriter.Kind, "", changes);
        var written = wanted.Where(w => w.Value is not null).Select(w => (w.Key, Reservation: ReadReservation(w.Value!, "PUT"))).ToList();
        foreach (var (key, reservation) in written.Where(w => w.Key != w.Reservation.Key))
            throw new ApiException(ApiError.BadRequest(ReservationWriter.Kind, key, "PUT", $"Key change from {key} to {reservation.Key} not allowed"));
        return reservations.MergeAsync([.. written.Select(w => w.Reservation)], [.. wanted.Where(w => w.Value is null).Select(w => w.Key)]);
    });
}
