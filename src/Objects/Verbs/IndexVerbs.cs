using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Verbs;

/// <summary>What lists can be filtered and sorted by (DRP's indexes), made of the fields that the list language goes by.</summary>
public sealed class IndexVerbs(ObjectFloor floor, ICatalog catalog)
{
    private const int LongestShown = 128;

    /// <summary>The fields of every kind that the requester may list.</summary>
    /// <exception cref="ApiException">403: there is none, and it may not know which kinds there are.</exception>
    public ObjectAnswer All(ObjectRequest request)
    {
        var kinds = floor.Kinds.Where(k => May(request, k.Prefix)).ToList();
        if (kinds.Count == 0) request.Require("objects", "list", "*");
        return ObjectAnswer.Of(kinds.OrderBy(k => k.Prefix, StringComparer.Ordinal)
            .ToDictionary(k => k.Prefix, k => Fields(k, request.Principal)));
    }

    /// <summary>The fields of a kind.</summary>
    /// <exception cref="ApiException">404: there is no such kind for the requester.</exception>
    public ObjectAnswer Of(string prefix, ObjectRequest request)
        => ObjectAnswer.Of(Fields(Kind(prefix, prefix, request), request.Principal));

    /// <summary>One field of a kind, or one of its params.</summary>
    /// <exception cref="ApiException">404: there is no such kind or field for the requester.</exception>
    public ObjectAnswer Of(string prefix, string name, ObjectRequest request)
    {
        var kind = Kind(prefix, $"{prefix}/{name}", request);
        if (!IsShown(kind, name, request.Principal) || !kind.Fields.TryFind(name, ParamUses.Of(catalog.Current), out var field))
            throw NotFound($"{prefix}/{name}");
        return ObjectAnswer.Of(FieldDescription.Of(field));
    }

    private static bool May(ObjectRequest request, string prefix)
        => request.Principal.HasRight(prefix, "list", "*") || request.Principal.May("objects", "list", "*");

    private static bool IsShown(IObjectKind kind, string field, Principal principal)
        => !kind.Hidden.Contains(field) && (principal.Kind == PrincipalKind.User || !kind.OfPeople.Contains(field));

    private static SortedDictionary<string, FieldDescription> Fields(IObjectKind kind, Principal principal)
        => new(kind.Fields.Fields.Where(f => IsShown(kind, f.Key, principal))
            .ToDictionary(f => f.Key, f => FieldDescription.Of(f.Value)), StringComparer.Ordinal);

    private IObjectKind Kind(string prefix, string place, ObjectRequest request)
        => floor.Kinds.FirstOrDefault(k => k.Prefix == prefix && May(request, prefix)) ?? throw NotFound(place);

    private static ApiException NotFound(string place)
        => new(new ApiError("", "", "GET", [$"index get: not found: {ShortText.Of(place, LongestShown)}"], 404));
}
