using System.Globalization;
using System.Text;
using System.Text.Json;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Objects.Access;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Verbs;

/// <summary>
/// Content packs (DRP's contents): the layers that objects come from, those that are uploaded among them. What a pack does to each object
/// is held to its requester's rights where it is carried out (<see cref="PackGrants"/>).
/// </summary>
public sealed class ContentVerbs(ObjectFloor floor, ICatalog catalog, GrainFinder grains, ChangeAllowance allowance,
    ChangeTrials trials, ParamKeys keys)
{
    private const string Kind = StoredPack.Kind;

    /// <summary>What DRP counts of its writable layer, whether or not there is any.</summary>
    private static readonly string[] Writable =
    [
        "bootenvs", "jobs", "leases", "machines", "params", "plugins", "preferences", "profiles", "reservations", "roles", "stages",
        "subnets", "tasks", "templates", "tenants", "users", "workflows",
    ];

    /// <summary>All layers, the highest first.</summary>
    /// <exception cref="ApiException">403.</exception>
    public async Task<ObjectAnswer> ListAsync(ObjectRequest request, CancellationToken cancellation)
    {
        request.Require(Kind, "list", "*");
        var current = catalog.Current;
        var all = new List<PackSummary>();
        foreach (var layer in PackLayers.All(current))
        {
            all.Add(layer.Name == PackLayers.Writable ? new PackSummary(layer, await WritableAsync(request, current, cancellation), [])
                : request.Principal.Reach.IsLimited ? new PackSummary(layer, Within(layer.Name, request, current), [])
                : PackSummary.Of(layer.Name, current) ?? PackSummary.OfBuiltIn(layer, current));
        }

        return ObjectAnswer.Of(all) with { Unavailable = Broken(current.Packs.Values) };
    }

    /// <summary>A layer with its objects, as far as the requester may see them: what is secure is sealed.</summary>
    /// <exception cref="ApiException">404; 403: no right to decode; 406: it is too large.</exception>
    public async Task<ObjectAnswer> GetAsync(string name, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        request.Require(Kind, "get", name);
        var current = catalog.Current;
        if (current.Packs.TryGetValue(name, out var pack))
        {
            var tag = TagOf(name, current);
            // What a tenant lets its user see of it changes with the tenant.
            if (!request.Principal.Reach.IsLimited && request.IfNoneMatch.IsGiven && request.IfNoneMatch.Has(tag))
                return new ObjectAnswer(304, null, tag);
            if (request.Reading is { } room) await room.TakeAsync(current.OctetsOf(Kind, name), cancellation);
            var objects = pack.Entries.Values.Where(e => IsWithin(e.Document, request)).Select(e => e.Fault.Length == 0 ? e.Document
                : e.Document with { Validated = false, Available = false, Errors = [e.Fault] });
            var elsewhere = request.Principal.Reach.IsLimited ? null : pack.Elsewhere;
            return new ObjectAnswer(200, Text(pack.About, objects, elsewhere, request), tag) { Unavailable = Broken([pack]) };
        }

        if (PackLayers.BuiltIn(name, current) is not { } layer)
            throw new ApiException(new ApiError(Kind, name, "GET", ["No such content store"], 404));
        List<Document> shown = name == PackLayers.Writable ? WrittenBy(request, current)
            : [.. PackLayers.EntriesOf(name, current).Select(e => e.Document).Where(d => IsWithin(d, request))];
        var octets = shown.Sum(RoughSize.Of);
        if (octets > ListBounds.PageLength)
            throw new ApiException(new ApiError(Kind, name, "GET", [$"{name} is too large to be shown whole: list its kinds"], 406));
        if (request.Reading is { } place) await place.TakeAsync(octets, cancellation);
        return new ObjectAnswer(200, Text(layer, shown, null, request));
    }

    /// <summary>Stores a pack that is not there yet; the answer is its summary.</summary>
    /// <exception cref="ApiException">400 with every fault of the body; 403, 409; 422 with every object that breaks a rule.</exception>
    public Task<ObjectAnswer> CreateAsync(ReadOnlyMemory<byte> body, ObjectRequest request, CancellationToken cancellation)
    {
        if (request.IfMatch.IsGiven)
            throw new ApiException(new ApiError(Kind, "", "POST", ["what is to be made has no version yet (If-Match)"], 412));
        var pack = Read(body, "", "POST");
        request.Require(Kind, "create", pack.Key);
        PackGrants.CheckReach(request.Principal, pack.Key);
        return StoreAsync(pack, isNew: true, request.AsTrial().Terms(), request, cancellation);
    }

    /// <summary>Puts a pack in the place of the one of its name; the answer is its summary.</summary>
    /// <exception cref="ApiException">As <see cref="CreateAsync"/>; 404, 412.</exception>
    public async Task<ObjectAnswer> ReplaceAsync(string name, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        request.Require(Kind, "update", name);
        PackGrants.CheckReach(request.Principal, name);
        var terms = await CheckedAsync(name, "PUT", request, cancellation);
        var pack = Read(body, name, "PUT");
        if (pack.Key != name)
            throw new ApiException(ApiError.BadRequest(Kind, name, "PUT", $"Cannot change name from {name} to {pack.Key}"));
        return await StoreAsync(pack, isNew: false, terms, request, cancellation);
    }

    /// <summary>Deletes an uploaded pack with its objects.</summary>
    /// <exception cref="ApiException">403, 404, 409 with what uses its objects, 412, 422 with the packs that build upon it.</exception>
    public async Task<ObjectAnswer> DeleteAsync(string name, ObjectRequest request, CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        request.Require(Kind, "delete", name);
        PackGrants.CheckReach(request.Principal, name);
        var terms = await CheckedAsync(name, "DELETE", request, cancellation);
        var removal = new PackRemoval(name, RightsOf(request), terms);
        allowance.Take(request.Principal, Kind, name);
        if (request.IsDryRun)
            return await TriedAsync(name, "DELETE", new CatalogTrial { RemovePack = removal }, _ => new ObjectAnswer(200, "{}"), request,
                cancellation);
        await CommitAsync(() => grains.Catalog.RemovePack(removal), cancellation);
        return ObjectAnswer.Empty;
    }

    private async Task<ObjectAnswer> StoreAsync(StoredPack pack, bool isNew, ChangeTerms terms, ObjectRequest request,
        CancellationToken cancellation)
    {
        using var step = AnvilDiagnostics.Step();
        var write = new PackWrite(pack, isNew, request.Flag("replaceWritable"), RightsOf(request), terms);
        allowance.Take(request.Principal, Kind, pack.Key);
        if (request.IsDryRun)
            return await TriedAsync(pack.Key, isNew ? "POST" : "PUT", new CatalogTrial { StorePack = write },
                current => Shown(pack, isNew, With(pack, current), request) with
                {
                    Tag = "",
                }, request, cancellation);
        return Shown(pack, isNew, await CommitAsync(() => grains.Catalog.StorePack(write), cancellation), request);
    }

    /// <summary>The catalog as it would be with a pack.</summary>
    private static CatalogSnapshot With(StoredPack pack, CatalogSnapshot current)
        => current.With(new CatalogDelta(current.Revision, [new CatalogEntry(pack, current.Revision)], [], IsWhole: false));

    /// <summary>The answer to who has stored a pack.</summary>
    private static ObjectAnswer Shown(StoredPack pack, bool isNew, CatalogSnapshot current, ObjectRequest request)
    {
        var status = isNew ? 201 : 200;
        if (!request.Principal.May(Kind, "get", pack.Key))
            return ObjectAnswer.Of(new Dictionary<string, object> { ["meta"] = new { pack.About.Name }, ["Partial"] = true }, status);
        // Who deleted it in between has had the last word.
        return PackSummary.Of(pack.Key, current) is { } summary
            ? ObjectAnswer.Of(summary, status) with { Tag = TagOf(pack.Key, current) } : new ObjectAnswer(status, null);
    }

    /// <summary>The answer to who tries a change, with what it would do.</summary>
    /// <param name="name">The pack.</param>
    /// <param name="type">Type of an error.</param>
    /// <param name="trial">The change.</param>
    /// <param name="answer">The answer as it would be, by the catalog as it is.</param>
    /// <param name="request">Who tries it.</param>
    /// <param name="cancellation">Ends it.</param>
    private async Task<ObjectAnswer> TriedAsync(string name, string type, CatalogTrial trial, Func<CatalogSnapshot, ObjectAnswer> answer,
        ObjectRequest request, CancellationToken cancellation)
    {
        ChangeTrials.RequirePerson(Kind, name, type, request);
        var tried = await trials.CatalogAsync(trial);
        if (tried.Answer.Error is { } error) throw new ApiException(error);
        var current = await catalog.AtLeastAsync(tried.Answer.Revision, cancellation);
        return (await floor.WouldAsync(tried.Consequences, null, request, cancellation)).In(answer(current));
    }

    private async Task<CatalogSnapshot> CommitAsync(Func<Task<CatalogAnswer>> change, CancellationToken cancellation)
    {
        var answer = await GrainCalls.ActAsync(change);
        if (answer.Error is { } error) throw new ApiException(error);
        return await catalog.AtLeastAsync(answer.Revision, cancellation);
    }

    /// <summary>The terms of a change of a pack, once its conditions hold.</summary>
    private async Task<ChangeTerms> CheckedAsync(string name, string type, ObjectRequest request, CancellationToken cancellation)
    {
        var current = catalog.Current;
        if (!current.Packs.ContainsKey(name)) current = await catalog.AtLeastAsync(long.MaxValue, cancellation);
        // One that comes meanwhile is not of the version that the condition asks for.
        if (!current.Packs.ContainsKey(name)) return request.AsTrial().Terms(request.IfMatch.IsGiven ? 0 : null);
        var found = new FoundObject(current.Find(new DocumentKey(Kind, name))!, TagOf(name, current), name)
        {
            Revision = current.RevisionOf(Kind, name),
        };
        ObjectFloor.CheckConditions(found, Kind, type, request);
        return request.AsTrial().TermsOf(found);
    }

    private static StoredPack Read(ReadOnlyMemory<byte> body, string name, string type)
    {
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest(Kind, name, type, "a content pack is needed"));
        return DocumentReader.Read<PackBody>(body.Span, Kind, type, name).ToStore();
    }

    /// <summary>All that the requester may do, whoever it is: what is carried out for it goes no further.</summary>
    private static Rights RightsOf(ObjectRequest request)
        => new() { Claims = request.Principal.Claims, Limits = request.Principal.Limits };

    private static string TagOf(string name, CatalogSnapshot current)
        => current.RevisionOf(Kind, name).ToString(CultureInfo.InvariantCulture);

    private static string Broken(IEnumerable<LoadedPack> packs)
        => string.Join(", ", packs.Where(p => p.Fault.Length > 0).Select(p => PrintableText.Of(p.About.Name)));

    /// <summary>What the API has written, of the kinds that the requester may list.</summary>
    private static List<Document> WrittenBy(ObjectRequest request, CatalogSnapshot current) =>
    [
        .. CatalogRules.Kinds.Keys.Order(StringComparer.Ordinal).Where(k => request.Principal.HasRight(k, "list", "*"))
            .SelectMany(k => current.OfKind(k).Values.Where(d => current.IsStored(new DocumentKey(k, d.Key)) && IsWithin(d, request))),
    ];

    /// <summary>How many objects of a layer are within the reach of who asks, by kind.</summary>
    private static SortedDictionary<string, int> Within(string layer, ObjectRequest request, CatalogSnapshot current)
    {
        var all = current.Packs.TryGetValue(layer, out var pack) ? pack.Entries.Values : PackLayers.EntriesOf(layer, current);
        return PackSummary.CountsOf(all.Where(e => IsWithin(e.Document, request)));
    }

    /// <summary>True for an object that the requester's tenants let it reach.</summary>
    private static bool IsWithin(Document document, ObjectRequest request) => request.Principal.Reaches(document.Prefix, document.Key);

    private async Task<SortedDictionary<string, int>> WritableAsync(ObjectRequest request, CatalogSnapshot current,
        CancellationToken cancellation)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var kind in Writable)
        {
            // How many there are is told to who may see which.
            if (!request.Principal.May(kind, "list", "*")) continue;
            counts[kind] = await CountAsync(kind == "preferences" ? "prefs" : kind, current, cancellation);
        }

        return counts;
    }

    private async Task<int> CountAsync(string kind, CatalogSnapshot current, CancellationToken cancellation)
    {
        if (CatalogRules.Stored.TryGetValue(kind, out var known) && !known.IsRows)
            return current.OfKind(kind).Keys.Count(k => current.IsStored(new DocumentKey(kind, k)));
        if (floor.Kinds.FirstOrDefault(k => k.Prefix == kind) is not { } rows) return 0;
        var page = await rows.ListAsync(new ListQuery(rows.Fields) { Limit = 0 }, cancellation);
        return (int)Math.Min(page.Total, int.MaxValue);
    }

    /// <summary>The JSON of a layer, each object as it may be shown.</summary>
    private string Text(ContentMeta about, IEnumerable<Document> objects,
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>>? elsewhere, ObjectRequest request)
    {
        var presenter = floor.Presenter(request);
        var view = ListParser.View(Kind, request.Query.Where(q => q.Key is "decode"));
        var sections = new SortedDictionary<string, IEnumerable<(string Key, Func<string> Text)>>(StringComparer.Ordinal);
        foreach (var kind in objects.GroupBy(d => d.Prefix))
            sections[kind.Key] = kind.OrderBy(d => d.Key, StringComparer.Ordinal)
                .Select(d => (d.Key, (Func<string>)(() => presenter.Text(d, view))));
        foreach (var (kind, section) in elsewhere ?? new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>())
            sections[kind] = section.Select(o => (o.Key, (Func<string>)(() => JsonSerializer.Serialize(
                PackSecrets.Closed(o.Value, kind, o.Key, catalog.Current, keys), Json.Options))));
        var text = new StringBuilder("{\"meta\":").Append(Json.Write(about)).Append(",\"sections\":{");
        var isFirst = true;
        foreach (var (kind, section) in sections)
        {
            text.Append(isFirst ? "" : ",").Append(Json.Write(kind)).Append(":{");
            text.AppendJoin(',', section.Select(o => $"{Json.Write(o.Key)}:{o.Text()}")).Append('}');
            isFirst = false;
        }

        return text.Append("}}").ToString();
    }
}
