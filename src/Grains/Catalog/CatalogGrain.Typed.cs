using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Catalog;

/// <summary>The typed calls of the catalog's grain.</summary>
public sealed partial class CatalogGrain
{
    /// <inheritdoc/>
    public async Task<CatalogAnswer> Make(CatalogWrite write) => write.Document is Reservation reservation ? await reservations.MakeAsync(reservation) : Typed(write.Prefix, await Create(write.Prefix, Text(write.Document)));

    /// <inheritdoc/>
    public async Task<CatalogAnswer> Replace(CatalogWrite write)
        => write.Document is Reservation reservation ? await reservations.ReplaceAsync(write.Key, reservation, write.Terms) : Typed(write.Prefix, await Put(write.Prefix, write.Key, Text(write.Document)));

    /// <inheritdoc/>
    public async Task<CatalogAnswer> Amend(CatalogPatch patch)
        => IsReservation(patch.Prefix) ? await reservations.AmendAsync(patch.Key, patch.Operations, patch.Terms) : Typed(patch.Prefix, await Patch(patch.Prefix, patch.Key, patch.Operations));

    /// <inheritdoc/>
    public async Task<CatalogAnswer> Remove(CatalogRemoval removal)
        => IsReservation(removal.Prefix) ? await reservations.RemoveAsync(removal.Key, removal.Terms) : Typed(removal.Prefix, await Delete(removal.Prefix, removal.Key));

    /// <inheritdoc/>
    public async Task<CatalogAnswer> MergeAll(CatalogMerge merge)
    {
        if (IsReservation(merge.Prefix)) return await reservations.MergeAsync([.. merge.Written.Cast<Reservation>()], merge.Removed);
        var changes = new JsonObject();
        foreach (var key in merge.Removed) changes[key] = null;
        foreach (var document in merge.Written) changes[document.Key] = JsonNode.Parse(Text(document));
        var reply = await Merge(merge.Prefix, changes.ToJsonString(Json.Options));
        return new CatalogAnswer(reply.Status, null, reply.Error, reply.Revision);
    }

    /// <inheritdoc/>
    public async Task<CatalogAnswer> WritePrefs(PrefsWrite prefs)
    {
        var reply = await SetPrefs(Json.Write(prefs.Values));
        return new CatalogAnswer(reply.Status, null, reply.Error, reply.Revision);
    }

    private static string Text(Document document) => JsonSerializer.Serialize(document, document.GetType(), Json.Options);

    private static CatalogAnswer Typed(string prefix, Reply reply)
        => new(reply.Status, reply.Body is null ? null : CatalogRules.Kinds[prefix].Read(JsonNode.Parse(reply.Body)!, "READ"), reply.Error, reply.Revision);
}
