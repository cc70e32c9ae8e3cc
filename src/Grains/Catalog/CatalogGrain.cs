using System.Text.Json;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Machines;
using Anvil.Grains.Placement;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Writes the catalog: one change at a time, each decided upon this silo's snapshot, and refused by the store if that was not the newest;
/// then it is decided
/// again upon the newest one. When a write is answered, every silo that could be reached has it.
/// Reservations, which no snapshot holds, are handed to their own writer.
/// </summary>
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[CorePlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class CatalogGrain(
    ICatalogStore store, CatalogCache cache, IMachineQueries machines, CatalogAnnouncer announcer, IReservationStore reserved,
    ReservationWriter reservations, MachineMover mover,
    ParamKeys keys, IDatabaseFaults faults, EverySilo everySilo)
    : Grain, ICatalogGrain
{
    private const int Attempts = 5;
    private const int MostUsersNamed = 20;

    /// <summary>Documents that are sealed in one write: others' writes go between.</summary>
    private const int MostSealed = 100;

    /// <inheritdoc/>
    public Task<CatalogAnswer> Make(CatalogWrite write) => MakeAsync(write, null);

    private Task<CatalogAnswer> MakeAsync(CatalogWrite write, TriedChange? tried) => IsReservation(write.Prefix)
        ? reservations.MakeAsync((Reservation)write.Document, write.Terms, tried)
        : ChangeAsync(write.Prefix, "POST", write.Terms, catalog =>
        {
            var kind = KindOf(write.Prefix);
            RequireKind(write.Prefix, write.Document.Key, "POST");
            var document = kind.Fill(write.Document);
            if (document.Key.Length == 0) throw new ApiException(ApiError.BadRequest(write.Prefix, "", "CREATE", "Empty key not allowed"));
            if (kind.Holder(document.Key, catalog) is { } holder)
                throw new ApiException(ApiError.Conflict(write.Prefix, document.Key, "CREATE",
                    holder == document.Key ? "already exists" : $"already exists as {holder}: names that differ in case alone are one"));
            return Checked(kind, document, null, catalog, write.Terms.Actor);
        }, 201, tried);

    /// <inheritdoc/>
    public Task<CatalogAnswer> Replace(CatalogWrite write) => ReplaceAsync(write, null);

    private Task<CatalogAnswer> ReplaceAsync(CatalogWrite write, TriedChange? tried) => IsReservation(write.Prefix)
        ? reservations.ReplaceAsync(write.Key, (Reservation)write.Document, write.Terms, tried)
        : ChangeAsync(write.Prefix, "PUT", write.Terms, catalog =>
        {
            var kind = KindOf(write.Prefix);
            var old = Existing(catalog, write.Prefix, write.Key, "PUT", write.Terms);
            return Changed(kind, old, write.Document, catalog, "PUT", write.Terms.Actor);
        }, tried: tried);

    /// <inheritdoc/>
    public Task<CatalogAnswer> Amend(CatalogPatch patch) => AmendAsync(patch, null);

    private Task<CatalogAnswer> AmendAsync(CatalogPatch patch, TriedChange? tried) => IsReservation(patch.Prefix)
        ? reservations.AmendAsync(patch.Key, patch.Operations, patch.Terms, tried)
        : ChangeAsync(patch.Prefix, "PATCH", patch.Terms, catalog =>
        {
            var kind = KindOf(patch.Prefix);
            var old = Existing(catalog, patch.Prefix, patch.Key, "PATCH", patch.Terms);
            if (!old.Validated)
                throw new ApiException(ApiError.Conflict(patch.Prefix, patch.Key, "PATCH", [.. old.Errors, "replace or delete it"]));
            var operations = Read(patch.Operations, patch.Prefix, patch.Key);
            JsonPatch.CheckReads(operations, kind.WriteOnly, patch.Prefix, patch.Key);
            var shown = SecureValues.Sealed(kind.Shown(old), catalog, keys);
            var text = JsonPatch.ApplyToText(JsonSerializer.SerializeToElement(shown, kind.Type, Json.Options), operations, patch.Prefix,
                patch.Key);
            return Changed(kind, old, (Document)DocumentReader.ReadPatched(text, kind.Type, patch.Prefix, patch.Key), catalog, "PATCH",
                patch.Terms.Actor);
        }, tried: tried);

    /// <inheritdoc/>
    public Task<CatalogAnswer> Remove(CatalogRemoval removal) => RemoveAsync(removal, null);

    private async Task<CatalogAnswer> RemoveAsync(CatalogRemoval removal, TriedChange? tried)
    {
        if (IsReservation(removal.Prefix)) return await reservations.RemoveAsync(removal.Key, removal.Terms, tried);
        return await ChangeAsync(removal.Prefix, "DELETE", removal.Terms, async catalog =>
        {
            var old = Existing(catalog, removal.Prefix, removal.Key, "DELETE", removal.Terms);
            RequireMayDelete(removal.Terms.Actor, old, catalog);
            var by = removal.Terms.Actor.Chooser(catalog);
            var all = KeptBy(KindOf(removal.Prefix), old, removal.Key, by, catalog).ToList();
            // Machines are asked last of all: on a large site that takes its time, and all other writes wait for this one.
            if (all.Count == 0) all = await OthersUsingAsync(removal.Prefix, removal.Key, by);
            if (all.Count > 0) throw new ApiException(KindOf(removal.Prefix).StillUsed(removal.Key, all));
            return new Decision(removal.Key, old, [new CatalogChange(removal.Prefix, removal.Key, null), .. More(old, null, "", catalog)]);
        }, tried: tried);
    }

    /// <inheritdoc/>
    public async Task<CatalogAnswer> MergeAll(CatalogMerge merge)
    {
        if (IsReservation(merge.Prefix))
            return await reservations.MergeAsync([.. merge.Written.Cast<Reservation>()], merge.Removed, merge.Terms);
        return await ChangeAsync(merge.Prefix, "PUT", merge.Terms, async catalog =>
        {
            RequireKind(merge.Prefix, "", "PUT");
            var decision = Merged(merge, [], catalog);
            var users = new List<string>();
            foreach (var key in decision.Changes.Where(c => c.Document is null).Select(c => c.Key))
                users.AddRange((await OthersUsingAsync(merge.Prefix, key, merge.Terms.Actor.Chooser(catalog))).Select(u => $"{key}: {u}"));
            return users.Count == 0 ? decision : Merged(merge, users, catalog);
        });
    }

    /// <inheritdoc/>
    public Task<CatalogAnswer> MoveMachines(MachineMoves moves) => mover.MoveAsync(moves);

    /// <inheritdoc/>
    public Task<CatalogAnswer> WritePrefs(PrefsWrite prefs) => WritePrefsAsync(prefs, null);

    private Task<CatalogAnswer> WritePrefsAsync(PrefsWrite prefs, TriedChange? tried)
        => ChangeAsync("prefs", "POST", prefs.Terms, catalog =>
    {
        var kind = CatalogRules.Stored["prefs"];
        var problems = prefs.Values.SelectMany(p => kind.Problems(Pref.Of(p.Key, p.Value), null, catalog)).ToList();
        if (problems.Count > 0) throw new ApiException(new ApiError("prefs", "", "POST", problems, 400));
        return new Decision("", null,
            [.. prefs.Values.Select(
                p => new CatalogChange("prefs", p.Key, Pref.Of(p.Key, p.Value)) { IsNew = catalog.RevisionOf("prefs", p.Key) == 0 })]);
    }, 201, tried);

    /// <inheritdoc/>
    public Task<CatalogAnswer> Revoke(TokenRevocation revocation) => ChangeAsync("users", "DELETE", revocation.Terms, catalog =>
    {
        RequireAccess("users", revocation.User, "DELETE");
        var user = (User)Existing(catalog, "users", revocation.User, "DELETE", revocation.Terms);
        if (!user.Validated) throw new ApiException(ApiError.Conflict("users", user.Name, "DELETE", [.. user.Errors]));
        var after = user.Without(revocation.Token, revocation.Ends, revocation.Now) with { Available = true, Errors = [] };
        return new Decision(user.Name, null, [new CatalogChange("users", user.Name, after)]);
    });

    /// <inheritdoc/>
    public Task<CatalogAnswer> Leave(MemberGone gone) => ChangeAsync("tenants", "PATCH", gone.Terms,
        catalog => new Decision("", null, [.. Leaving([new DocumentKey(gone.Prefix, gone.Key)], catalog)]));

    /// <inheritdoc/>
    public Task<CatalogAnswer> Seal()
        => ChangeAsync("", "SEAL", new ChangeTerms(new Actor(SecureValues.Sealer, false, false)), async catalog =>
        {
            var inClear = SecureValues.InClear(catalog);
            // One that does not fit once it is sealed keeps no other in clear.
            var changes = inClear.Where(d => d is not StoredPack)
                .Select(d => Sealed(new CatalogChange(d.Prefix, d.Key, d with { Available = true, Errors = [] }), catalog))
                .Where(c => DocumentSize.Of(c.Document!) <= JsonLimits.Octets).Take(MostSealed).ToList();
            if (changes.Count == 0) changes = await SealedPackAsync(catalog);
            if (changes.Count > 0) return new Decision("", null, changes);
            // What stands in the way of a change may be of yesterday: then this is asked again upon what is newest.
            throw new ApiException(inClear.FirstOrDefault() is { } large
                ? ApiError.Invalid(large.Prefix, large.Key,
                    $"{large.Prefix}/{large.Key}: sealed it would have more than {JsonLimits.Octets} octets; "
                        + "it stays in clear until it has fewer")
                : ApiError.NotFound("", "", "SEAL"));
        });

    private Task<CatalogAnswer> ChangeAsync(string prefix, string type, ChangeTerms terms, Func<CatalogSnapshot, Decision> decide,
        int status = 200, TriedChange? tried = null)
        => ChangeAsync(prefix, type, terms, catalog => Task.FromResult(decide(catalog)), status, tried);

    /// <summary>Makes a change, or says what it would come to.</summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="type">Type of an error.</param>
    /// <param name="terms">Who asks, and on which condition.</param>
    /// <param name="decide">What is to be written, upon a snapshot.</param>
    /// <param name="status">HTTP status of a good answer.</param>
    /// <param name="tried">Takes what would be written, in the place of the store; null: it is written.</param>
    private async Task<CatalogAnswer> ChangeAsync(string prefix, string type, ChangeTerms terms,
        Func<CatalogSnapshot, Task<Decision>> decide, int status = 200, TriedChange? tried = null)
    {
        using var step = AnvilDiagnostics.Step();
        try
        {
            var catalog = cache.Current;
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                Decision decision;
                try
                {
                    decision = await decide(catalog);
                }
                catch (ApiException)
                {
                    // What refuses the change may be gone already.
                    var newest = await cache.RefreshAsync(CancellationToken.None);
                    if (newest.Revision == catalog.Revision) throw;
                    catalog = newest;
                    continue;
                }

                var snapshot = catalog;
                List<CatalogChange> changes = [.. decision.Changes.Select(c => Sealed(c, snapshot)).Where(c => !IsThere(c, snapshot))];
                if (changes.Count == 0)
                {
                    // What is there already may have changed since.
                    catalog = await cache.RefreshAsync(CancellationToken.None);
                    if (catalog.Revision != snapshot.Revision) continue;
                    return new CatalogAnswer(status, decision.Old ?? catalog.OfKind(prefix).GetValueOrDefault(decision.Key), null,
                        catalog.Revision);
                }

                if (type != "SEAL") CatalogBounds.Check([.. changes.Select(c => (new DocumentKey(c.Prefix, c.Key), c.Document))], catalog);
                if (tried?.Take(catalog, changes) is { } after)
                    return new CatalogAnswer(status, decision.Old ?? after.OfKind(prefix).GetValueOrDefault(decision.Key), null,
                        catalog.Revision);
                if (await store.WriteAsync(catalog.Revision, changes, terms.Actor.Name, CancellationToken.None) is not { } written)
                {
                    catalog = await cache.RefreshAsync(CancellationToken.None);
                    continue;
                }

                var told = announcer.TellAsync(written);
                var fresh = await cache.AtLeastAsync(written, CancellationToken.None);
                await told;
                return new CatalogAnswer(status, decision.Old ?? fresh.OfKind(prefix).GetValueOrDefault(decision.Key), null, written);
            }

            return Refused(ApiError.Conflict(prefix, "", type, "the catalog is being changed by others; try again"));
        }
        catch (ApiException e)
        {
            return Refused(e.Error);
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            var fault = faults.Of(e) ?? DatabaseFault.Away;
            return Refused(new ApiError(prefix, "", type, [fault.With("read the object before trying again")], fault.Status));
        }
    }

    /// <summary>True for a document that is stored already as it is to be: that is no change, and no event.</summary>
    private static bool IsThere(CatalogChange change, CatalogSnapshot catalog)
        => change is { IsNew: false, Document: { } wanted } and { Document: not StoredPack }
            && catalog.RevisionOf(change.Prefix, change.Key) > 0
            && catalog.OfKind(change.Prefix).GetValueOrDefault(change.Key) is { Validated: true } stored
            && Text(stored with { Available = true, Errors = [] }) == Text(wanted);

    private static string Text(Document document) => JsonSerializer.Serialize(document, document.GetType(), Json.Options);

    /// <summary>Secure params are stored sealed, whoever wrote them, and a patch sees them sealed.</summary>
    private CatalogChange Sealed(CatalogChange change, CatalogSnapshot catalog)
        => change.Document is null ? change : change with { Document = SecureValues.Sealed(change.Document, catalog, keys) };

    private static Decision Merged(CatalogMerge merge, List<string> users, CatalogSnapshot catalog)
    {
        var kind = KindOf(merge.Prefix);
        var problems = new List<string>(users);
        var changes = new List<CatalogChange>();
        foreach (var key in merge.Removed.Where(k => catalog.OfKind(merge.Prefix).ContainsKey(k)))
        {
            var old = Existing(catalog, merge.Prefix, key, "DELETE", merge.Terms);
            RequireMayDelete(merge.Terms.Actor, old, catalog);
            problems.AddRange(KeptBy(kind, old, key, merge.Terms.Actor.Chooser(catalog), catalog).Select(p => $"{key}: {p}"));
            changes.Add(new CatalogChange(merge.Prefix, key, null));
        }

        List<DocumentKey> gone = [.. changes.Select(c => new DocumentKey(c.Prefix, c.Key))];
        changes.AddRange(Leaving(gone, catalog));
        // What goes no longer stands in the way of what comes, and what has come does.
        var rest = catalog.With(new CatalogDelta(catalog.Revision, [], gone, IsWhole: false));
        foreach (var wanted in merge.Written)
        {
            try
            {
                var old = rest.OfKind(merge.Prefix).ContainsKey(wanted.Key)
                    // A condition is about the first: the others come with it.
                    ? Existing(rest, merge.Prefix, wanted.Key, "PUT",
                        ReferenceEquals(wanted, merge.Written[0]) ? merge.Terms : merge.Terms with { IfRevision = null })
                    : null;
                var document = kind.Fill(old is { Validated: true } ? kind.Keep(wanted, old) : wanted);
                var change = Checked(kind, document, old, rest, merge.Terms.Actor).Changes[0];
                changes.Add(change);
                rest = rest.With(new CatalogDelta(rest.Revision, [new CatalogEntry(change.Document!, rest.Revision)], [], IsWhole: false));
            }
            catch (ApiException e) when (e.Error.Code != 412)
            {
                problems.AddRange(e.Error.Messages.Select(m => $"{wanted.Key}: {m}"));
            }
        }

        return problems.Count == 0 ? new Decision("", null, changes)
            : throw new ApiException(ApiError.Invalid(merge.Prefix, "", problems));
    }

    private static Decision Changed(CatalogKind kind, Document old, Document wanted, CatalogSnapshot catalog, string type, Actor actor)
    {
        if (wanted.Key != old.Key)
            throw new ApiException(
                ApiError.BadRequest(kind.Prefix, old.Key, type, $"Key change from {old.Key} to {wanted.Key} not allowed"));
        return Checked(kind, kind.Fill(old.Validated ? kind.Keep(wanted, old) : wanted), old, catalog, actor);
    }

    /// <summary>
    /// The change to a document, once it keeps its kind's rules. One that could not be read was nothing that rules could go by.
    /// </summary>
    private static Decision Checked(CatalogKind kind, Document document, Document? old, CatalogSnapshot catalog, Actor actor)
    {
        var known = old is { Validated: true } ? old : null;
        var by = actor.Chooser(catalog);
        document = kind.Settle(kind.Owned(kind.Signed(document, known, by), known, actor.AsSigner()), catalog) with
        {
            ReadOnly = false,
            Bundle = "",
            Validated = true,
            Available = true,
            Errors = [],
        };
        var problems = kind.Problems(document, known, catalog).ToList();
        if (problems.Count > 0) throw new ApiException(ApiError.Invalid(kind.Prefix, document.Key, problems));
        var user = actor.IsMachine ? "" : actor.Name;
        ReachRules.Check(user, known, document, catalog);
        TaskGrants.Check(by, known, document, catalog);
        // What could not be read gave something, too.
        if (!GrantRules.MayGive(by, old, document, catalog))
            throw new ApiException(new ApiError(kind.Prefix, document.Key, "AUTH",
                ["Requires: every right that it gives, or gave, as the change comes to"], 403));
        return new Decision(document.Key, null, [new CatalogChange(kind.Prefix, document.Key, document) { IsNew = old is null },
            .. More(old, document, user, catalog)]);
    }

    /// <summary>Refuses who may not delete a document as it is by now: it may give more than when that was asked before.</summary>
    /// <exception cref="ApiException">403.</exception>
    private static void RequireMayDelete(Actor actor, Document old, CatalogSnapshot catalog)
    {
        if (actor.Chooser(catalog) is { } by && !GrantRules.MayDelete(by, old, catalog))
            throw new ApiException(new ApiError(old.Prefix, old.Key, "AUTH",
                ["Requires: every right that it gives, or keeps from somebody, as it is by now"], 403));
    }

    /// <summary>Refuses what silos of the version before would go against: they know no roles, tenants and revoked tokens.</summary>
    /// <exception cref="ApiException">503.</exception>
    private void RequireAccess(string prefix, string key, string type) => Require(SiloTraits.Access, prefix, key, type,
        "without roles, tenants and revoked tokens", " (a token of a user also ends by another Secret of the user)");

    /// <summary>Refuses what a silo of the version before does not know.</summary>
    /// <exception cref="ApiException">503.</exception>
    private void Require(string trait, string prefix, string key, string type, string without, string more = "")
    {
        if (!everySilo.Has(trait))
            throw new ApiException(new ApiError(prefix, key, type,
                [$"a silo of this cluster is of a version {without}, or has not told its version yet: ask again when all silos are "
                    + $"upgraded{more}"], 503));
    }

    /// <summary>Refuses a document of a kind that silos of the version before would go against, or pass over.</summary>
    /// <exception cref="ApiException">503.</exception>
    private void RequireKind(string prefix, string key, string type)
    {
        if (prefix is "roles" or "tenants") RequireAccess(prefix, key, type);
        if (prefix == Webhook.Kind) Require(SiloTraits.Webhooks, prefix, key, type, "without webhooks");
        if (prefix is UploadedFile.Kind or UploadedIso.Kind) Require(SiloTraits.Files, prefix, key, type, $"without {prefix}");
    }

    /// <summary>What changes together with a document, as it is stored.</summary>
    private static IEnumerable<CatalogChange> More(Document? before, Document? after, string user, CatalogSnapshot catalog)
        => AsStored(AccessConsequences.Of(before, after, user, catalog));

    /// <summary>The tenants without what goes, as they are stored.</summary>
    private static IEnumerable<CatalogChange> Leaving(IReadOnlyCollection<DocumentKey> gone, CatalogSnapshot catalog)
        => AsStored(AccessConsequences.Leaving(gone, catalog));

    private static IEnumerable<CatalogChange> AsStored(IEnumerable<Document> documents)
        => documents.Select(d => new CatalogChange(d.Prefix, d.Key, d with { Available = true, Errors = [] }));

    private static Document Existing(CatalogSnapshot catalog, string prefix, string key, string type, ChangeTerms terms)
    {
        if (!catalog.OfKind(prefix).TryGetValue(key, out var old)) throw new ApiException(ApiError.NotFound(prefix, key, type));
        if (old.ReadOnly)
            throw new ApiException(ApiError.BadRequest("", "", type, $"{key} is read-only: it belongs to content pack {old.Bundle}"));
        var revision = catalog.RevisionOf(prefix, key);
        if (terms.IfRevision is { } wanted && wanted != revision)
            throw new ApiException(
                new ApiError(prefix, key, type, [$"{key} has revision {revision}, not {wanted}: it was changed since it was read"], 412));
        return old;
    }

    private static IEnumerable<string> KeptBy(CatalogKind kind, Document old, string key, Principal? by, CatalogSnapshot catalog)
    {
        var told = catalog.Uses(kind.Prefix, key, user => IsTold(user, by)).Take(MostUsersNamed).ToList();
        var more = catalog.CountUsers(kind.Prefix, key) - told.Count;
        return kind.Stays(old, catalog).Concat(told)
            .Concat(more > 0 ? [$"{more}{(told.Count > 0 ? " more" : "")} objects still use {key}"] : []);
    }

    /// <summary>What uses something is named to who may know of it; that it is used, to everybody.</summary>
    private static bool IsTold(DocumentKey user, Principal? by)
        => by is null || ((by.HasRight(user.Prefix, "list", "*") || by.HasRight(user.Prefix, "get", user.Key))
            && by.Reaches(user.Prefix, user.Key));

    /// <summary>What uses a document and is in no snapshot: machines, and reservations that hold only within a subnet.</summary>
    private async Task<List<string>> OthersUsingAsync(string prefix, string key, Principal? by)
    {
        var users = new List<string>();
        foreach (var (fields, references, readAsync) in Rows)
        {
            foreach (var reference in references.Where(r => r.To == prefix))
            {
                var query = reference.UsersOf(fields, key) with { Limit = MostUsersNamed };
                users.AddRange((await readAsync(query)).Select(d => UseOf(reference, d, key, by)));
            }
        }

        return [.. users.Distinct(StringComparer.Ordinal)];
    }

    private static string UseOf(Reference reference, Document user, string key, Principal? by)
        => IsTold(new DocumentKey(user.Prefix, user.Key), by) ? reference.UseOf(user, key) : $"{user.Prefix} still use {key}";

    /// <summary>What is rows of a table, with where it names documents of the catalog.</summary>
    private IEnumerable<(FieldTable Fields, IReadOnlyList<Reference> References, Func<ListQuery, Task<IReadOnlyList<Document>>> ReadAsync)>
        Rows =>
    [
        (CatalogRules.Kinds[ReservationWriter.Kind].Fields, CatalogRules.Kinds[ReservationWriter.Kind].References,
            async query => (await reserved.PageAsync(query, CancellationToken.None)).Rows),
        (MachineFields.Table, MachineReferences.All, async query => await machines.ListAsync(query, CancellationToken.None)),
    ];

    private static bool IsReservation(string prefix) => prefix == ReservationWriter.Kind;

    private static CatalogKind KindOf(string prefix)
        => prefix is not ("prefs" or StoredPack.Kind) && CatalogRules.Stored.TryGetValue(prefix, out var kind) ? kind
            : throw new ApiException(ApiError.NotFound(prefix, ""));

    private static CatalogAnswer Refused(ApiError error) => new(error.Code, null, error, 0);

    private static JsonElement Read(string operations, string prefix, string key)
        => JsonText.Read(System.Text.Encoding.UTF8.GetBytes(operations), prefix, key, "PATCH");

    /// <summary>What a change comes to.</summary>
    /// <param name="Key">The document that is answered; "" for none.</param>
    /// <param name="Old">The document as it was, where that is the answer.</param>
    /// <param name="Changes">What is written.</param>
    private sealed record Decision(string Key, Document? Old, IReadOnlyList<CatalogChange> Changes);
}
