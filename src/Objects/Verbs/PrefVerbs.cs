using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Objects.Access;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>The preferences of the whole system, without those that are secrets.</summary>
public sealed class PrefVerbs(ICatalog catalog, GrainFinder grains, ChangeAllowance allowance)
{
    /// <summary>The scope of all rights on preferences, and on hearing of them.</summary>
    private const string Scope = "preferences";

    /// <summary>True for who may read preferences.</summary>
    public static bool MayRead(Principal principal) => principal.May(Scope, "list", "*");

    /// <summary>All preferences, set or default; those whose stored value cannot be used are named.</summary>
    public ObjectAnswer Get(ObjectRequest request)
    {
        request.Require(Scope, "list", "*");
        return Shown(catalog.Current.Prefs);
    }

    /// <summary>Sets some, all or none; the answer is all of them.</summary>
    /// <exception cref="ApiException">400 with every problem; 403, also for whom a tenant limits.</exception>
    public async Task<ObjectAnswer> SetAsync(ReadOnlyMemory<byte> body, ObjectRequest request, CancellationToken cancellation)
    {
        request.Require(Scope, "post", "*");
        if (!GrantRules.MaySetPreferences(request.Principal))
            throw new ApiException(new ApiError(Scope, "", "AUTH",
                [$"Cannot access {request.Place}", "Requires: to be limited by no tenant, as preferences are the whole system's"], 403));
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest("prefs", "", "POST", "an object is needed"));
        var values = DocumentReader.ReadMap(body.Span, "prefs", "POST");
        allowance.Take(request.Principal, "prefs", "*", values.Count);
        var answer = await GrainCalls.ActAsync(
            () => grains.Catalog.WritePrefs(new PrefsWrite(values, request.Terms())));
        if (answer.Error is { } error) throw new ApiException(error);
        var all = Public((await catalog.AtLeastAsync(answer.Revision, cancellation)).Prefs);
        return ObjectAnswer.Of(MayRead(request.Principal) ? all
            : all.Where(p => values.ContainsKey(p.Key)).ToDictionary(StringComparer.Ordinal), 201);
    }

    private static ObjectAnswer Shown(Prefs prefs) => ObjectAnswer.Of(Public(prefs)) with
    {
        Unavailable = string.Join(", ", prefs.Broken.Keys.Order(StringComparer.Ordinal)),
    };

    private static Dictionary<string, string> Public(Prefs prefs)
        => prefs.All.Where(p => !Prefs.IsSecret(p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
}
