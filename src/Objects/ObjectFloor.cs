using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Objects.Access;
using Anvil.Objects.Memory;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects;

/// <summary>
/// The verbs that every kind has, for every face: rights are checked here, bodies are read here, and what may be shown is decided here.
/// Deny by
/// default: a verb that no right covers is refused, down to the pointers that a patch writes.
/// </summary>
public sealed class ObjectFloor
{
    private readonly Dictionary<string, IObjectKind> _kinds;
    private readonly ICatalog _catalog;
    private readonly ParamKeys _secrets;
    private readonly ChangeAllowance _allowance;

    /// <summary>The floor over some kinds.</summary>
    public ObjectFloor(IEnumerable<IObjectKind> kinds, ICatalog catalog, ParamKeys secrets, ChangeAllowance allowance)
    {
        _allowance = allowance;
        _kinds = kinds.ToDictionary(k => k.Prefix, StringComparer.Ordinal);
        _catalog = catalog;
        _secrets = secrets;
    }

    /// <summary>All kinds.</summary>
    public IReadOnlyCollection<IObjectKind> Kinds => _kinds.Values;

    /// <summary>A kind.</summary>
    /// <exception cref="ApiException">404: there is none of this name.</exception>
    public IObjectKind Kind(string prefix)
        => _kinds.TryGetValue(prefix, out var kind) ? kind : throw new ApiException(ApiError.NotFound(prefix, ""));

    /// <summary>A page of a kind's objects; empty for who may list none (DRP).</summary>
    /// <exception cref="ApiException">406: the query is not understood.</exception>
    public async Task<ObjectList> ListAsync(string prefix, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        if (!request.Principal.HasRight(prefix, "list", "*")) return ObjectList.Nothing;
        // What is never shown is no field either: a filter would find it out.
        if (request.Query.Concat(request.Query.GetValueOrDefault("sort", []).Select(f => KeyValuePair.Create(f, request.Query["sort"])))
            .FirstOrDefault(q => kind.Hidden.Contains(q.Key)).Key is { } hidden)
            throw new ApiException(new ApiError(prefix, "", "GET", [$"Filter not found: {hidden}"], 406));
        var query = ListParser.Query(kind.Fields, request.Query, ParamUses.Of(_catalog.Current));
        var isShownAll = kind.OfPeople.Count == 0 || request.Principal.Kind == PrincipalKind.User;
        if (!isShownAll && query.Conditions.Select(c => c.Field).Concat(query.Sort).FirstOrDefault(f => kind.OfPeople.Contains(f.Name)) is
            { } told) throw new ApiException(new ApiError(prefix, "", "GET", [$"Filter not found: {told.Name}"], 406));
        var view = ListParser.View(prefix, request.Query) with
        {
            Fields = FieldSelection.Read(kind.Fields, kind.Document, kind.Hidden, request.Query.GetValueOrDefault(ListParser.Fields, [])),
        };
        if (request.Principal.Reach is { } reach && reach.Limits(prefix))
        {
            if (kind.Within(reach) is not { } scope) return ObjectList.Nothing;
            query = query with { Among = scope };
        }

        // Where a page ends, its last row tells where the next one begins; else counting is enough.
        if (request.CountsAlone && query is { Limit: int.MaxValue, After: null } && !view.Decode)
        {
            var counts = await kind.ListAsync(query with { Limit = 0 }, cancellation);
            return new ObjectList((int)Math.Clamp(counts.Filtered - query.Offset, 0, int.MaxValue), [], counts.Total, counts.Filtered,
                null);
        }

        var presenter = Presenter(request);
        query = query with { Memory = request.Memory, Counts = !request.RowsAlone };
        if (isShownAll && view is { IsWhole: true, Decode: false } && kind.Stored is { } read)
        {
            var stored = await PageAsync(q => read(q, cancellation), query, cancellation);
            return new ObjectList(stored.Rows.Count, stored.Rows.Select(r => presenter.Text(r, view)), stored.Total, stored.Filtered,
                stored.Next);
        }

        var page = await PageAsync(q => kind.ListAsync(q, cancellation), query, cancellation);
        // Who may not open what is secure is told so before the first row: all are texts by then.
        if (view.Decode && query.Memory is { } memory) await HoldAsync(memory, page.Rows.Sum(RoughSize.Of), cancellation);
        var rows = page.Rows.Select(d => presenter.Text(kind.Seen(d, request.Principal), view));
        return new ObjectList(page.Rows.Count, view.Decode ? [.. rows] : rows, page.Total, page.Filtered, page.Next);
    }

    /// <summary>One object; 304 while it has a version that the requester knows.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<ObjectAnswer> GetAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        var found = await RequireAsync(kind, text, ["get"], "GET", request, cancellation);
        if (request.Reading is { } room && !IsKnown(found))
        {
            var octets = RoughSize.Of(found.Document);
            if (!room.TryTake(octets))
            {
                // Who waits for room holds no object, and who has it waits for no change.
                found = null;
                await room.TakeAsync(octets, cancellation);
                found = await RequireAsync(kind, text, ["get"], "GET", request with { Wait = null }, cancellation);
            }
        }

        // With its layers' params it becomes another without a change of its own: it has no version then.
        if (request.Flag(LayeredParams.Aggregate) && found.Document is Machine machine) return ShowLayered(machine, request);
        return IsKnown(found) ? new ObjectAnswer(304, null, found.Tag) : Show(200, found.Document, found.Tag, request);

        bool IsKnown(FoundObject one)
            => !request.Flag(LayeredParams.Aggregate) && request.IfNoneMatch.IsGiven && request.IfNoneMatch.Has(one.Tag);
    }

    /// <summary>The object that a path names, for who has a right on it.</summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="text">Key or index.</param>
    /// <param name="action">The right.</param>
    /// <param name="type">The error's type, mostly HTTP's method.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ApiException">403, 404.</exception>
    public Task<FoundObject> RequireAsync(string prefix, string text, string action, string type, ObjectRequest request,
        CancellationToken cancellation)
        => RequireAsync(Kind(prefix), text, [action], type, request, cancellation);

    /// <summary>Makes an object from a body.</summary>
    /// <exception cref="ApiException">400 with every fault of the body; 403, 409, 422.</exception>
    public async Task<ObjectAnswer> CreateAsync(string prefix, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        if (request.IfMatch.IsGiven)
            throw new ApiException(new ApiError(prefix, "", "POST", ["what is to be made has no version yet (If-Match)"], 412));
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest(prefix, "", "POST", "an object is needed"));
        var document = (Document)DocumentReader.Read(body.Span, kind.Document, prefix, "POST");
        CheckAddresses(kind, document, null, "POST");
        await RequireNewAsync(kind, document, request, cancellation);
        RequireMayWrite(null, document, request);
        _allowance.Take(request.Principal, prefix, kind.OwnerOfNew(document));
        return await AnswerAsync(await Changes(kind, document.Key, "POST", request).CreateAsync(document, request, cancellation), request,
            cancellation);
    }

    /// <summary>Replaces an object by a body.</summary>
    /// <exception cref="ApiException">400 with every fault of the body; 403, 404, 412, 422.</exception>
    public async Task<ObjectAnswer> ReplaceAsync(string prefix, string text, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        var found = await HeldAsync(() => RequireAsync(kind, text, ["update"], "PUT", request, cancellation), request, cancellation);
        CheckConditions(found, prefix, "PUT", request);
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest(prefix, found.Document.Key, "PUT", "a body is needed"));
        var document = (Document)DocumentReader.Read(body.Span, kind.Document, prefix, "PUT", found.Document.Key);
        CheckAddresses(kind, document, found.Document, "PUT");
        RequireMayWrite(found.Document, document, request);
        _allowance.Take(request.Principal, prefix, found.Specific);
        return await AnswerAsync(await Changes(kind, found.Document.Key, "PUT", request).ReplaceAsync(found, document, request,
            cancellation), request, cancellation);
    }

    /// <summary>Patches an object (RFC 6902). Each pointer that is written needs the right to update it.</summary>
    /// <exception cref="ApiException">400, 403, 404, 409 with the line that failed, 412, 422.</exception>
    public async Task<ObjectAnswer> PatchAsync(string prefix, string text, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        var patch = body.IsEmpty ? default : JsonText.Read(body.Span, prefix, "", "PATCH");
        var found = await HeldAsync(() => RequireAsync(kind, text, ActionsOf(patch), "PATCH", request, cancellation), request,
            cancellation);
        return await AnswerAsync(await PatchAsync(kind, found, patch, request, cancellation), request, cancellation);
    }

    /// <summary>Patches an object that was found, for verbs that make the patch themselves; rights are checked for each pointer.</summary>
    internal async Task<ChangedObject> PatchAsync(IObjectKind kind, FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
    {
        var actions = ActionsOf(patch);
        if (actions.FirstOrDefault(a => !request.Principal.HasRight(kind.Prefix, a, found.Specific)) is { } missing)
            throw request.Refusal(kind.Prefix, missing, found.Specific, isHidden: actions is ["get"]);
        CheckConditions(found, kind.Prefix, "PATCH", request);
        if (patch.ValueKind == JsonValueKind.Undefined)
            throw new ApiException(ApiError.BadRequest(kind.Prefix, found.Document.Key, "PATCH", "a body is needed"));
        if (!GrantRules.MayPatch(request.Principal, found.Document, JsonPatch.WrittenPaths(patch), _catalog.Current))
            throw Ungranted(kind.Prefix, found.Document.Key, request);
        _allowance.Take(request.Principal, kind.Prefix, found.Specific);
        return await Changes(kind, found.Document.Key, "PATCH", request).PatchAsync(found, patch, request, cancellation);
    }

    /// <summary>Deletes an object; the answer is the object as it was.</summary>
    /// <exception cref="ApiException">403, 404, 409 with what still uses it, 412.</exception>
    public async Task<ObjectAnswer> DeleteAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var kind = Kind(prefix);
        var found = await HeldAsync(() => RequireAsync(kind, text, ["delete"], "DELETE", request, cancellation), request, cancellation);
        if (!GrantRules.MayDelete(request.Principal, found.Document, _catalog.Current))
            throw Ungranted(prefix, found.Document.Key, request);
        CheckConditions(found, prefix, "DELETE", request);
        _allowance.Take(request.Principal, prefix, found.Specific);
        var deleted = await Changes(kind, found.Document.Key, "DELETE", request).DeleteAsync(found, request, cancellation);
        return await AnswerAsync(deleted with { Tag = "" }, request, cancellation);
    }

    /// <summary>The JSON text of a document as everybody may see it who has the right to read it: what is secure is sealed.</summary>
    public string SealedText(Document document)
        => Presenter(Principal.Nobody).Text(
            // Machines are among those who read it.
            document is Machine machine ? MachineRules.Undoubted(machine) : document, new ListView());

    /// <summary>As <see cref="Answer"/>; of a change that was tried with what it would do.</summary>
    /// <exception cref="ApiException">The change was refused, or would be.</exception>
    internal async Task<ObjectAnswer> AnswerAsync(ChangedObject changed, ObjectRequest request, CancellationToken cancellation)
    {
        var answer = Answer(changed, request);
        if (!request.IsDryRun) return answer;
        DocumentKey? own = changed.Document is { } document ? new DocumentKey(document.Prefix, document.Key) : null;
        return (await WouldAsync(changed.Would ?? Consequences.None, own, request, cancellation)).In(answer);
    }

    /// <summary>What a change that was tried would do, as who tries it may know.</summary>
    internal Task<WouldChange> WouldAsync(Consequences would, DocumentKey? own, ObjectRequest request, CancellationToken cancellation)
        => WouldChange.OfAsync(would, own, _kinds.GetValueOrDefault("machines"), request.Principal, cancellation);

    /// <summary>
    /// What carries a change out: the kind itself, or what tries its changes. A kind whose changes cannot be tried changes nothing for who
    /// asks for that.
    /// </summary>
    /// <exception cref="ApiException">400: it cannot be tried, or not by who asks.</exception>
    private static IObjectChanges Changes(IObjectKind kind, string key, string type, ObjectRequest request)
    {
        if (!request.IsDryRun) return kind;
        ChangeTrials.RequirePerson(kind.Prefix, key, type, request);
        return kind.Trial
            ?? throw new ApiException(ApiError.BadRequest(kind.Prefix, key, type, $"changes of {kind.Prefix} cannot be tried (dry-run)"));
    }

    /// <summary>
    /// An error becomes an exception; everything else is shown to who may read it. Who may only write is told the object's key.
    /// </summary>
    /// <exception cref="ApiException">The change was refused.</exception>
    internal ObjectAnswer Answer(ChangedObject changed, ObjectRequest request)
    {
        if (changed.Error is { } error) throw new ApiException(error);
        if (changed.Document is not { } document) return new ObjectAnswer(changed.Status, null, changed.Tag);
        var kind = Kind(document.Prefix);
        // It was reached already, or is its maker's tenant's.
        if (request.Principal.HasRight(kind.Prefix, "get", kind.SpecificOf(document, request)))
            return Show(changed.Status, document, changed.Tag, request);
        return kind.Told(document, request) is { } told ? Show(changed.Status, told, changed.Tag, request)
            : new ObjectAnswer(changed.Status, Presenter(request).KeyText(document, kind.Fields), changed.Tag);
    }

    /// <summary>An object that is to be changed, once there is room for what that takes. Who waits for room holds no object.</summary>
    /// <exception cref="ApiException">503: there was no room for too long.</exception>
    internal static async Task<FoundObject> HeldAsync(Func<Task<FoundObject>> find, ObjectRequest request, CancellationToken cancellation)
    {
        if (request.Room is not { } room) return await find();
        long octets;
        {
            var found = await find();
            octets = RoughSize.AtMost(found.Document);
            // Most are small, and need not be written once more to be measured.
            if (octets > MemoryBudgets.Small) octets = DocumentSize.Of(found.Document);
            if (room.TryTake(octets)) return found;
        }

        await room.TakeAsync(octets, cancellation);
        return await find();
    }

    private static async Task HoldAsync(IListMemory memory, long octets, CancellationToken cancellation)
    {
        try
        {
            memory.Take(octets);
        }
        catch (LargeListException)
        {
            await memory.MakeRoomAsync(cancellation);
        }
    }

    private static async Task<ListPage<T>> PageAsync<T>(Func<ListQuery, Task<ListPage<T>>> read, ListQuery query,
        CancellationToken cancellation)
    {
        ListPage<T> page;
        try
        {
            page = await read(query);
        }
        catch (LargeListException) when (query.Memory is not null)
        {
            await query.Memory.MakeRoomAsync(cancellation);
            page = await read(query);
        }

        query.Memory?.Close();
        return page;
    }

    /// <summary>
    /// The rights that a patch needs: to each pointer that it writes, and to read where it looks at what is there: a test tells whether it
    /// holds, and what is copied or moved is seen where it comes to be. One without operations tells that the object is there.
    /// </summary>
    private static IReadOnlyList<string> ActionsOf(JsonElement patch)
    {
        var pointers = JsonPatch.WrittenPaths(patch).Distinct(StringComparer.Ordinal).Select(p => $"update:{p}").ToList();
        return pointers.Count == 0 ? ["get"] : JsonPatch.Reads(patch) ? [.. pointers, "get"] : pointers;
    }

    /// <summary>
    /// Looks up nothing but what the requester may reach: a refusal is the same, and takes as long, whether the object is there or not.
    /// </summary>
    private async Task<FoundObject> RequireAsync(IObjectKind kind, string text, IReadOnlyList<string> actions, string type,
        ObjectRequest request, CancellationToken cancellation)
    {
        if (request.Principal.Kind == PrincipalKind.Machine && actions is ["get"] && MachineUses.Kinds.Contains(kind.Prefix))
            request = await WithUsesAsync(kind.Prefix, request, cancellation);
        var principal = request.Principal;
        bool May(string specific) => actions.All(a => principal.HasRight(kind.Prefix, a, specific));
        if (principal.Reach.Limits(kind.Prefix)) return await RequireWithinAsync(kind, text, actions, type, May, request, cancellation);
        if (May("*"))
            return await kind.FindAsync(text, request, cancellation) ?? throw new ApiException(ApiError.NotFound(kind.Prefix, text, type));
        var owners = principal.Named(kind.Prefix).Where(May).ToList();
        if (owners.Count > 0 && await kind.FindAmongAsync(text, owners, request, cancellation) is { } found) return found;
        if (owners.Contains(text, StringComparer.Ordinal)) throw new ApiException(ApiError.NotFound(kind.Prefix, text, type));
        throw request.Refusal(kind.Prefix, actions.FirstOrDefault(a => !principal.HasRight(kind.Prefix, a, text)) ?? actions[0], text,
            isHidden: actions is ["get"]);
    }

    /// <summary>Refuses a body with an address that is none. As in DRP it is one that cannot be read, and so of no object yet.</summary>
    private static void CheckAddresses(IObjectKind kind, Document document, Document? old, string type)
    {
        if (WrittenAddresses.Problems(kind.Fields, document, old).ToList() is { Count: > 0 } problems)
            throw new ApiException(new ApiError("", "", type, problems, 400));
    }

    /// <summary>
    /// As for everybody, of what a tenant leaves its user. What is beyond is not there for it, whatever it asks for (DRP): 404; the right
    /// is looked at first, so that 403 says nothing either.
    /// </summary>
    private async Task<FoundObject> RequireWithinAsync(IObjectKind kind, string text, IReadOnlyList<string> actions, string type,
        Func<string, bool> may, ObjectRequest request, CancellationToken cancellation)
    {
        var principal = request.Principal;
        var isOwnUser = kind.Prefix == "users" && principal.Kind == PrincipalKind.User;
        if (!may("*") && !principal.Named(kind.Prefix).Any(may))
            throw request.Refusal(kind.Prefix, actions.FirstOrDefault(a => !principal.HasRight(kind.Prefix, a, text)) ?? actions[0], text,
                isHidden: actions is ["get"]);
        var found = isOwnUser && await kind.FindAmongAsync(text, [principal.Name], request, cancellation) is { } own ? own
            : await kind.FindWithinAsync(text, principal.Reach, request, cancellation);
        if (found is null || !may(found.Specific)) throw new ApiException(ApiError.NotFound(kind.Prefix, text, type));
        if (request.Wait is null) return found;
        // It may have left the reach while somebody waited for its next version.
        var now = _catalog.Current.ReachOf(principal.Name);
        return !now.Limits(kind.Prefix)
            || await kind.FindWithinAsync(text, now, request with { Wait = null }, cancellation) is not null
            ? found : throw new ApiException(ApiError.NotFound(kind.Prefix, text, type));
    }

    /// <summary>Refuses who may not give what a document gives; what is too much to be looked at is refused before.</summary>
    /// <exception cref="ApiException">403; 422.</exception>
    private void RequireMayWrite(Document? old, Document document, ObjectRequest request)
    {
        var beyond = document switch
        {
            Role role => Roles.Beyond(role),
            TaskDefinition task => ContentBounds.Beyond(task),
            _ => [],
        };
        if (beyond.Count > 0) throw new ApiException(ApiError.Invalid(document.Prefix, document.Key, beyond));
        if (!GrantRules.MayWrite(request.Principal, old, document, _catalog.Current))
            throw Ungranted(document.Prefix, document.Key, request);
    }

    /// <summary>Refuses who may not make an object.</summary>
    /// <exception cref="ApiException">403; 404: what it would belong to is beyond the reach.</exception>
    private static async Task RequireNewAsync(IObjectKind kind, Document document, ObjectRequest request, CancellationToken cancellation)
    {
        var owner = kind.OwnerOfNew(document);
        if (!request.Principal.HasRight(kind.Prefix, "create", owner)) throw request.Refusal(kind.Prefix, "create", owner);
        if (request.Principal.Reach is { } reach && reach.Limits(kind.Prefix) && !await kind.MayMakeAsync(document, reach, cancellation))
            throw new ApiException(new ApiError(kind.Prefix, owner, "AUTH",
                [$"Cannot access {request.Place}", "Requires: a machine of your tenant that it belongs to"], 403));
    }

    /// <summary>The request of a machine, with the right to read what of a kind it uses.</summary>
    private async Task<ObjectRequest> WithUsesAsync(string prefix, ObjectRequest request, CancellationToken cancellation)
    {
        var own = await Kind("machines").FindAsync(request.Principal.Name, request with { Wait = null }, cancellation);
        if (own?.Document is not Machine machine) return request;
        var job = machine.CurrentJob.Length == 0 ? null
            : (await Kind("jobs").FindAsync(machine.CurrentJob, request with { Wait = null }, cancellation))?.Document as Job;
        var rights = MachineUses.RightsOn(prefix, machine, job, _catalog.Current);
        return request with { Principal = request.Principal with { Claims = [.. request.Principal.Claims, .. rights] } };
    }

    private static ApiException Ungranted(string prefix, string key, ObjectRequest request)
        => new(new ApiError(prefix, key, "AUTH",
            [$"Cannot access {request.Place}", prefix == "params"
                ? "Requires: machines getSecure *, profiles getSecure *, stages getSecure *, as the param is Secure (params getSecure "
                    + "where its schema has a default)"
                : "Requires: every right that it gives, or gave (Roles, ExtraRoles, ExtraClaims)"], 403));

    /// <summary>Refuses a change whose conditions what was found does not fulfil (RFC 9110 section 13.1).</summary>
    /// <exception cref="ApiException">412.</exception>
    internal static void CheckConditions(FoundObject found, string prefix, string type, ObjectRequest request)
    {
        if (!request.IfMatch.Allows(found.Tag))
            throw new ApiException(new ApiError(prefix, found.Document.Key, type, ["the object has changed since (If-Match)"], 412));
        if (request.IfNoneMatch.IsGiven && request.IfNoneMatch.Has(found.Tag))
            throw new ApiException(
                new ApiError(prefix, found.Document.Key, type, ["the object is there, or has this version (If-None-Match)"], 412));
    }

    /// <summary>What decides what a requester sees.</summary>
    internal Presenter Presenter(ObjectRequest request) => Presenter(request.Principal, request.Opened);

    private Presenter Presenter(Principal principal, OpenedSecrets? opened = null)
        => new(_catalog.Current, _secrets, principal, d => _kinds.TryGetValue(d.Prefix, out var kind) ? kind.Shown(d) : d, opened);

    private ObjectAnswer Show(int status, Document document, string tag, ObjectRequest request)
    {
        var view = View(document, request);
        return new ObjectAnswer(status, Presenter(request).Text(document, view), tag)
        {
            HoldsSecret = view.Decode || document is Job { Token.Length: > 0 },
        };
    }

    private ObjectAnswer ShowLayered(Machine machine, ObjectRequest request)
    {
        var (view, presenter) = (View(machine, request), Presenter(request));
        var row = presenter.Row(machine, view);
        if (row.ContainsKey("Params") && !view.Slim.Contains("Params"))
            row["Params"] = JsonSerializer.SerializeToNode(
                LayeredParams.Of(machine, _catalog.Current, presenter, name => view.Params?.Contains(name) != false, request));
        return new ObjectAnswer(200, row.ToJsonString(Json.Options)) { HoldsSecret = view.Decode };
    }

    private static ListView View(Document document, ObjectRequest request)
        => ListParser.View(document.Prefix, request.Query.Where(q => q.Key is "slim" or "params" or "decode"));
}
