using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Lists;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Placement;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Grains.Catalog;

/// <summary>Writes the catalog: one change at a time, each checked against the newest revision and refused if another writer was quicker.</summary>
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[CorePlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class CatalogGrain(ICatalogStore store, CatalogCache cache, IMachineQueries machines, IReservationStore reserved, ReservationWriter reservations) : Grain, ICatalogGrain
{
    private const int Attempts = 5;
    private const int MostUsersNamed = 20;

    /// <inheritdoc/>
    public Task<Reply> Create(string prefix, string body) => IsReservation(prefix) ? ReservationAsync(() => reservations.MakeAsync(ReadReservation(Parse(prefix, "", body), "POST"))) : ChangeAsync(prefix, "POST", catalog =>
    {
        var kind = KindOf(prefix);
        var document = kind.Fill(kind.Read(Parse(prefix, "", body), "POST"));
        if (document.Key.Length == 0) throw new ApiException(ApiError.BadRequest(prefix, "", "CREATE", "Empty key not allowed"));
        if (catalog.OfKind(prefix).ContainsKey(document.Key)) throw new ApiException(ApiError.Conflict(prefix, document.Key, "CREATE", "already exists"));
        return Checked(kind, document, null, catalog);
    }, 201);

    /// <inheritdoc/>
    public Task<Reply> Put(string prefix, string key, string body) => IsReservation(prefix) ? ReservationAsync(() => reservations.ReplaceAsync(key, ReadReservation(Parse(prefix, key, body), "PUT"), null)) : ChangeAsync(prefix, "PUT", catalog =>
    {
        var kind = KindOf(prefix);
        var old = Existing(catalog, prefix, key, "PUT");
        return Changed(kind, old, kind.Read(Parse(prefix, key, body), "PUT"), catalog, "PUT");
    });

    /// <inheritdoc/>
    public Task<Reply> Patch(string prefix, string key, string patch) => IsReservation(prefix) ? ReservationAsync(() => reservations.AmendAsync(key, patch, null)) : ChangeAsync(prefix, "PATCH", catalog =>
    {
        var kind = KindOf(prefix);
        var old = Existing(catalog, prefix, key, "PATCH");
        var node = JsonPatch.Apply(JsonSerializer.SerializeToNode(old, kind.Type, Json.Options)!, Json.Read<JsonElement>(patch), prefix, key);
        return Changed(kind, old, ReadPatched(kind, node, key), catalog, "PATCH");
    });

    /// <inheritdoc/>
    public async Task<Reply> Delete(string prefix, string key)
    {
        if (IsReservation(prefix)) return await ReservationAsync(() => reservations.RemoveAsync(key, null));
        var users = new List<string>();
        if (prefix == "subnets") users.AddRange((await reserved.ScopedToAsync(key, MostUsersNamed, CancellationToken.None)).Select(r => $"reservations:{r.Addr} still uses {key}"));
        if (prefix is "bootenvs" or "stages" or "workflows" or "profiles" or "tasks")
        {
            var (field, fieldKind) = prefix switch
            {
                "bootenvs" => ("BootEnv", FieldKind.Text),
                "stages" => ("Stage", FieldKind.Text),
                "workflows" => ("Workflow", FieldKind.Text),
                "profiles" => ("Profiles", FieldKind.List),
                _ => ("Tasks", FieldKind.List),
            };
            var filter = ListFilter.Where(field, fieldKind, key) with { Limit = MostUsersNamed };
            users.AddRange((await machines.ListAsync(filter, CancellationToken.None)).Select(m => $"machines:{m.Uuid} still uses {key}"));
        }

        return await ChangeAsync(prefix, "DELETE", catalog =>
        {
            var old = Existing(catalog, prefix, key, "DELETE");
            var all = users.Concat(CatalogRules.UsersOf(prefix, key, catalog)).ToList();
            if (all.Count > 0) throw new ApiException(ApiError.Conflict(prefix, key, "StillInUseError", all));
            return (old, [new CatalogChange(prefix, key, null)]);
        });
    }

    /// <inheritdoc/>
    public Task<Reply> Merge(string prefix, string changes) => IsReservation(prefix) ? MergeReservationsAsync(changes) : ChangeAsync(prefix, "PUT", catalog =>
    {
        var kind = KindOf(prefix);
        var wanted = (JsonObject)Parse(prefix, "", changes);
        var deleted = wanted.Where(w => w.Value is null && catalog.OfKind(prefix).ContainsKey(w.Key)).Select(w => Existing(catalog, prefix, w.Key, "DELETE")).ToList();
        // What goes no longer stands in the way of what comes.
        var rest = deleted.Count == 0 ? catalog : catalog.Without(deleted);
        List<CatalogChange> all = [.. deleted.Select(d => new CatalogChange(prefix, d.Key, null))];
        var problems = new List<string>();
        foreach (var (key, body) in wanted.Where(w => w.Value is not null))
        {
            var document = kind.Fill(kind.Read(body!, "PUT"));
            if (document.Key != key) throw new ApiException(ApiError.BadRequest(prefix, key, "PUT", $"Key change from {key} to {document.Key} not allowed"));
            try
            {
                all.AddRange(Checked(kind, document, rest.OfKind(prefix).GetValueOrDefault(key), rest).Changes);
            }
            catch (ApiException e)
            {
                problems.AddRange(e.Error.Messages.Select(m => $"{key}: {m}"));
            }
        }

        if (problems.Count > 0) throw new ApiException(ApiError.Invalid(prefix, "", problems));
        return (new Pref { Name = prefix }, all);
    });

    /// <inheritdoc/>
    public Task<Reply> SetPrefs(string body) => ChangeAsync("prefs", "POST", catalog =>
    {
        var wanted = Read<Dictionary<string, string>>(body, "prefs");
        var problems = wanted.Select(p => Prefs.Problem(p.Key, p.Value ?? "", catalog)).OfType<string>().ToList();
        if (problems.Count > 0) throw new ApiException(new ApiError("prefs", "", "POST", problems, 400));
        return (new Pref { Name = "prefs" }, wanted.Select(p => new CatalogChange("prefs", p.Key, new Pref { Name = p.Key, Val = p.Value })).ToList());
    }, 201);

    private async Task<Reply> ChangeAsync(string prefix, string type, Func<CatalogSnapshot, (Document Answer, IReadOnlyList<CatalogChange> Changes)> change, int status = 200)
    {
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var (revision, documents) = await store.ReadAsync(CancellationToken.None);
                var catalog = cache.Snapshot(revision, documents);
                var (answer, changes) = change(catalog);
                if (await store.WriteAsync(revision, changes, CancellationToken.None) is not { } written) continue;
                var fresh = await cache.AtLeastAsync(written, CancellationToken.None);
                var body = prefix == "prefs" ? Json.Write(fresh.Prefs.All)
                    : JsonSerializer.Serialize(fresh.OfKind(prefix).GetValueOrDefault(answer.Key, answer), answer.GetType(), Json.Options);
                return Reply.Ok(body, status) with { Revision = written };
            }

            return Reply.Fail(ApiError.Conflict(prefix, "", type, "the catalog is being changed by others; try again"));
        }
        catch (ApiException e)
        {
            return Reply.Fail(e.Error);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return Reply.Fail(new ApiError(prefix, "", type, ["the database cannot be written; read the object before trying again"], 503));
        }
    }

    private static (Document Answer, IReadOnlyList<CatalogChange> Changes) Changed(CatalogKind kind, Document old, Document wanted, CatalogSnapshot catalog, string type)
    {
        if (wanted.Key != old.Key) throw new ApiException(ApiError.BadRequest(kind.Prefix, old.Key, type, $"Key change from {old.Key} to {wanted.Key} not allowed"));
        return Checked(kind, kind.Fill(wanted), old, catalog);
    }

    private static (Document Answer, IReadOnlyList<CatalogChange> Changes) Checked(CatalogKind kind, Document document, Document? old, CatalogSnapshot catalog)
    {
        document = document with { ReadOnly = false, Bundle = "", Validated = true, Available = true, Errors = [] };
        var problems = kind.Problems(document, old, catalog).ToList();
        if (problems.Count > 0) throw new ApiException(ApiError.Invalid(kind.Prefix, document.Key, problems));
        return (document, [new CatalogChange(kind.Prefix, document.Key, document) { IsNew = old is null }]);
    }

    private static Document Existing(CatalogSnapshot catalog, string prefix, string key, string type)
    {
        if (!catalog.OfKind(prefix).TryGetValue(key, out var old)) throw new ApiException(ApiError.NotFound(prefix, key, type));
        if (old.ReadOnly) throw new ApiException(ApiError.BadRequest(prefix, key, type, $"{key} is read-only: it belongs to content pack {old.Bundle}"));
        return old;
    }

    private static CatalogKind KindOf(string prefix)
        => CatalogRules.Kinds.TryGetValue(prefix, out var kind) ? kind : throw new ApiException(ApiError.NotFound(prefix, ""));

    private static Document ReadPatched(CatalogKind kind, JsonNode node, string key)
    {
        try
        {
            return kind.Read(node, "PATCH");
        }
        catch (ApiException e)
        {
            throw new ApiException(e.Error with { Key = key, Code = 406 });
        }
    }

    private static JsonNode Parse(string prefix, string key, string body)
    {
        try
        {
            return JsonNode.Parse(body, null, new JsonDocumentOptions { MaxDepth = Json.MaxDepth }) as JsonObject ?? throw new JsonException("an object is needed");
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest(prefix, key, "POST", "Invalid JSON: " + e.Message));
        }
    }

    private static T Read<T>(string body, string prefix)
    {
        try
        {
            return Json.Read<T>(body);
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest(prefix, "", "POST", "Invalid JSON: " + e.Message));
        }
    }
}
