using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Objects.Access;
using Anvil.Objects.Trials;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Objects.Verbs;

/// <summary>The preferences of the whole system, without those that are secrets.</summary>
public sealed class PrefVerbs(ICatalog catalog, GrainFinder grains, ChangeAllowance allowance, ChangeTrials trials)
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
        var all = Public(request.IsDryRun ? await TryAsync(values, request, cancellation)
            : await SetAsync(values, request, cancellation));
        return ObjectAnswer.Of(MayRead(request.Principal) ? all
            : all.Where(p => values.ContainsKey(p.Key)).ToDictionary(StringComparer.Ordinal), 201);
    }

    private async Task<Prefs> SetAsync(IReadOnlyDictionary<string, string> values, ObjectRequest request, CancellationToken cancellation)
    {
        var answer = await GrainCalls.ActAsync(
            () => grains.Catalog.WritePrefs(new PrefsWrite(values, request.Terms())));
        if (answer.Error is { } error) throw new ApiException(error);
        return (await catalog.AtLeastAsync(answer.Revision, cancellation)).Prefs;
    }

    /// <summary>The preferences as they would be.</summary>
    private async Task<Prefs> TryAsync(IReadOnlyDictionary<string, string> values, ObjectRequest request, CancellationToken cancellation)
    {
        ChangeTrials.RequirePerson("prefs", "", "POST", request);
        var tried = await trials.CatalogAsync(new CatalogTrial { WritePrefs = new PrefsWrite(values, request.AsTrial().Terms()) });
        if (tried.Answer.Error is { } error) throw new ApiException(error);
        var stored = (await catalog.AtLeastAsync(tried.Answer.Revision, cancellation)).OfKind("prefs").Values.Cast<Pref>();
        return Prefs.Of([.. stored.Where(p => !values.ContainsKey(p.Name)), .. values.Select(v => Pref.Of(v.Key, v.Value))]);
    }

    private static ObjectAnswer Shown(Prefs prefs) => ObjectAnswer.Of(Public(prefs)) with
    {
        Unavailable = string.Join(", ", prefs.Broken.Keys.Order(StringComparer.Ordinal)),
    };

    private static Dictionary<string, string> Public(Prefs prefs)
        => prefs.All.Where(p => !Prefs.IsSecret(p.Key)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
}
