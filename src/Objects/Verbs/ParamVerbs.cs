using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects.Verbs;

/// <summary>
/// The params of an object that has some (DRP's params calls): read as they are or aggregated, set, patched and removed one by one or all.
/// </summary>
public sealed class ParamVerbs(ObjectFloor floor, ICatalog catalog, ParamKeys keys)
{
    /// <summary>Words of all values: which, from which layers, opened or not.</summary>
    public static VerbWords AllWords { get; } = new("aggregate", "compose", "decode", "params");

    /// <summary>Words of one value.</summary>
    public static VerbWords OneWords { get; } = new("aggregate", "compose", "decode");

    /// <summary>The kinds whose objects have params.</summary>
    public IEnumerable<string> Kinds
        => floor.Kinds.Where(k => typeof(IParamHolder).IsAssignableFrom(k.Document)).Select(k => k.Prefix);

    /// <summary>The key by which a client seals values for an object itself (DRP: pubkey), in base 64.</summary>
    public async Task<ObjectAnswer> PublicKeyAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        var found = await floor.RequireAsync(prefix, text, "updateSecure", "GET", request, cancellation);
        return ObjectAnswer.Of(keys.PublicKey(prefix, found.Document.Key).ToString());
    }

    /// <summary>
    /// All values: the object's own, or with `aggregate` those of a machine's layers, too; with `compose` those of all layers as one.
    /// </summary>
    public async Task<ObjectAnswer> GetAllAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        var found = await floor.RequireAsync(prefix, text, "get", "GET", request, cancellation);
        var presenter = floor.Presenter(request);
        // Without names there is no selection, as in lists.
        var names = ListParser.View(prefix, request.Query.Where(q => q.Key == "params")).Params;
        bool IsAsked(string name) => names?.Contains(name) != false;
        if (!request.Flag("aggregate") || found.Document is not Machine machine)
            return ObjectAnswer.Of(presenter.Values(prefix, found.Document.Key,
                Presenter.ParamsOf(found.Document)!.Where(p => IsAsked(p.Key)).ToDictionary(StringComparer.Ordinal),
                request.Flag("decode")));
        return ObjectAnswer.Of(LayeredParams.Of(machine, catalog.Current, presenter, IsAsked, request));
    }

    /// <summary>
    /// One value, null where there is none; with `aggregate` from a machine's layers, down to the schema's default, with `compose` from
    /// all.
    /// </summary>
    public async Task<ObjectAnswer> GetAsync(string prefix, string text, string name, ObjectRequest request,
        CancellationToken cancellation)
    {
        var found = await floor.RequireAsync(prefix, text, "get", "GET", request, cancellation);
        var presenter = floor.Presenter(request);
        if (request.Flag("aggregate") && found.Document is Machine machine)
        {
            return new ObjectAnswer(200, LayeredParams.Of(name, machine, catalog.Current, presenter, request)?.GetRawText() ?? "null");
        }

        return Presenter.ParamsOf(found.Document)!.TryGetValue(name, out var value)
            ? new ObjectAnswer(200, presenter.Value(prefix, found.Document.Key, name, value, request.Flag("decode")).GetRawText())
                : new ObjectAnswer(200, "null");
    }

    /// <summary>Replaces all values by those of a body.</summary>
    public Task<ObjectAnswer> SetAllAsync(string prefix, string text, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
        => ChangeAsync(prefix, text, "POST", _ => new JsonArray(Operation("replace", "/Params", Value(prefix, body, "POST"))), request,
            after => after, cancellation);

    /// <summary>Sets one value.</summary>
    public Task<ObjectAnswer> SetAsync(string prefix, string text, string name, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
        => ChangeAsync(prefix, text, "POST",
            _ => new JsonArray(Operation("add", $"/Params/{JsonPatch.Escape(name)}", Value(prefix, body, "POST"))), request,
            after => after[name], cancellation);

    /// <summary>Patches the values (RFC 6902); pointers begin at the values.</summary>
    public Task<ObjectAnswer> PatchAsync(string prefix, string text, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
        => ChangeAsync(prefix, text, "PATCH", _ => Prefixed(prefix, Value(prefix, body, "PATCH")), request, after => after, cancellation,
            isAllWritten: false);

    /// <summary>Removes one value; the answer is the value as it was.</summary>
    public async Task<ObjectAnswer> RemoveAsync(string prefix, string text, string name, ObjectRequest request,
        CancellationToken cancellation)
    {
        var old = "null";
        await ChangeAsync(prefix, text, "DELETE", found =>
        {
            if (!Presenter.ParamsOf(found.Document)!.TryGetValue(name, out var value))
                throw new ApiException(ApiError.NotFound("params", name, "DELETE"));
            if (request.Principal.HasRight(prefix, "get", found.Specific))
                old = floor.Presenter(request).Value(prefix, found.Document.Key, name, value, decode: false).GetRawText();
            return new JsonArray(Operation("remove", $"/Params/{JsonPatch.Escape(name)}", null));
        }, request, _ => 0, cancellation);
        return new ObjectAnswer(200, old);
    }

    private async Task<ObjectAnswer> ChangeAsync<T>(
        string prefix, string text, string type, Func<FoundObject, JsonArray> patch, ObjectRequest request,
        Func<IReadOnlyDictionary<string, JsonElement>, T> answer, CancellationToken cancellation, bool isAllWritten = true)
    {
        var found = await ObjectFloor.HeldAsync(
            () => floor.RequireAsync(prefix, text, "update:/Params", type, request, cancellation), request, cancellation);
        var changed = await floor.PatchAsync(floor.Kind(prefix), found, Json.Element(patch(found)), request, cancellation);
        // A failed change of params is reported as a conflict (DRP).
        if (changed.Error is { } error)
            throw new ApiException(error with { Type = type, Code = error.Code is 422 or 406 ? 409 : error.Code });
        var after = floor.Presenter(request).Values(prefix, changed.Document!.Key, Presenter.ParamsOf(changed.Document)!, decode: false);
        // Who may only write is told no more than what it wrote.
        if (!isAllWritten && !request.Principal.HasRight(prefix, "get", found.Specific))
            return new ObjectAnswer(200, "{}") { Tag = changed.Tag };
        return ObjectAnswer.Of(answer(after)) with { Tag = changed.Tag };
    }

    /// <summary>A patch of params as one of the object.</summary>
    private static JsonArray Prefixed(string prefix, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
            throw new ApiException(ApiError.BadRequest(prefix, "", "PATCH", "a JSON patch is an array of operations (RFC 6902)"));
        PatchPaths.Prefix(operations, "/Params");
        return operations;
    }

    private static JsonNode? Value(string prefix, ReadOnlyMemory<byte> body, string type)
        => JsonSerializer.SerializeToNode(body.IsEmpty
            ? throw new ApiException(ApiError.BadRequest(prefix, "", type, "a body is needed"))
                : JsonText.Read(body.Span, prefix, "", type));

    private static JsonObject Operation(string op, string path, JsonNode? value)
        => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
