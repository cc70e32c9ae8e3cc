using Anvil.Contracts.Catalog;
using Anvil.Contracts.Retention;
using Anvil.Provisioning.Catalog;

namespace Anvil.Objects.Verbs;

/// <summary>What is kept of what only grows, and what was dropped of it so far.</summary>
public sealed class RetentionVerbs(ICatalog catalog, IRetentionStore store)
{
    /// <summary>A line for each: the bounds, how many were dropped, and up to when.</summary>
    public async Task<ObjectAnswer> ListAsync(ObjectRequest request, CancellationToken cancellation)
    {
        request.Require("preferences", "list", "*");
        var totals = (await store.TotalsAsync(cancellation)).ToDictionary(t => t.What, StringComparer.Ordinal);
        return ObjectAnswer.Of(RetentionRules.Of(catalog.Current.Prefs).Select(b =>
        {
            var total = totals.GetValueOrDefault(b.What);
            return new
            {
                b.What,
                Days = (int)b.Age.TotalDays,
                Most = b.Most == long.MaxValue ? (long?)null : b.Most,
                b.Prefs,
                Trimmed = total?.Rows ?? 0,
                TrimmedUpTo = total?.UpTo,
            };
        }).ToList());
    }
}
