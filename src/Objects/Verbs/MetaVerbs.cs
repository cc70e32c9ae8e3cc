using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>The labels of an object alone (DRP's meta calls): read, and patched by pointers that begin at the labels.</summary>
public sealed class MetaVerbs(ObjectFloor floor)
{
    /// <summary>All labels.</summary>
    /// <exception cref="ApiException">404.</exception>
    public async Task<ObjectAnswer> GetAsync(string prefix, string text, ObjectRequest request, CancellationToken cancellation)
    {
        var found = await floor.RequireAsync(prefix, text, "get", "GET", request, cancellation);
        return request.IfNoneMatch.IsGiven && request.IfNoneMatch.Has(found.Tag) ? new ObjectAnswer(304, null, found.Tag)
            : ObjectAnswer.Of(found.Document.Meta) with { Tag = found.Tag };
    }

    /// <summary>Patches them (RFC 6902); the answer is all of them, for who may read them.</summary>
    /// <exception cref="ApiException">400, 403, 404, 409 with the line that failed, 412, 422.</exception>
    public async Task<ObjectAnswer> PatchAsync(string prefix, string text, ReadOnlyMemory<byte> body, ObjectRequest request,
        CancellationToken cancellation)
    {
        var found = await ObjectFloor.HeldAsync(
            () => floor.RequireAsync(prefix, text, "update:/Meta", "PATCH", request, cancellation), request, cancellation);
        var patch = Json.Element(Prefixed(body));
        var changed = await floor.PatchAsync(floor.Kind(prefix), found, patch, request, cancellation);
        if (changed.Error is { } error) throw new ApiException(error with { Code = error.Code == 406 ? 409 : error.Code });
        var isShown = request.Principal.HasRight(prefix, "get", found.Specific);
        return ObjectAnswer.Of(isShown ? changed.Document!.Meta : new Dictionary<string, string>()) with { Tag = changed.Tag };
    }

    private static JsonArray Prefixed(ReadOnlyMemory<byte> body)
    {
        var patch = body.IsEmpty ? null : JsonSerializer.SerializeToNode(JsonText.Read(body.Span, "", "", "PATCH"));
        if (patch is not JsonArray operations)
            throw new ApiException(ApiError.BadRequest("", "", "PATCH", "a JSON patch is an array of operations (RFC 6902)"));
        PatchPaths.Prefix(operations, "/Meta");
        return operations;
    }
}
