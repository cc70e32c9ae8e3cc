using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Logging;

namespace Anvil.Objects.Access;

/// <summary>
/// Keeps machines among the members of tenants: what the catalog does of its own documents in the same step, and cannot do of those that
/// it does not hold. A machine is made before it is its tenant's, so that nobody reaches one of others by naming it.
/// </summary>
public sealed partial class TenantMembers(ICatalog catalog, GrainFinder grains, ILogger<TenantMembers> logger)
{
    /// <summary>Why a tenant's user may make no more of a kind; null when it may.</summary>
    public ApiError? Full(string prefix, ObjectRequest request)
        => request.Principal.Reach.TenantsFor(prefix).Select(t => catalog.Current.Tenants.GetValueOrDefault(t))
            .FirstOrDefault(t => t?.Members.Values.Sum(m => m.Count) >= Tenant.MostMembers) is { } full
            ? ApiError.Invalid(prefix, "", $"tenant {full.Name} has {Tenant.MostMembers} members, and may have no more") : null;

    /// <summary>Puts what a tenant's user has made among the members of its tenant.</summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="request">Who made it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Why it is not among them; null when all is well.</returns>
    public async Task<ApiError?> AddAsync(string prefix, string key, ObjectRequest request, CancellationToken cancellation)
    {
        if (request.Principal.Kind != PrincipalKind.User) return null;
        foreach (var tenant in request.Principal.Reach.TenantsFor(prefix))
        {
            var operation = new JsonObject { ["op"] = "add", ["path"] = $"/Members/{prefix}/-", ["value"] = key };
            var answer = await GrainCalls.ActAsync(() => grains.Catalog.Amend(new CatalogPatch("tenants", tenant,
                new JsonArray(operation).ToJsonString(Json.Options), Terms(request))));
            if (answer.Error is { } error)
                return error with
                {
                    Model = prefix,
                    Key = key,
                    Messages = [$"{key} was made, and is no member of tenant {tenant}, so that you do not see it: ask an administrator",
                        .. error.Messages],
                };
            await catalog.AtLeastAsync(answer.Revision, cancellation);
        }

        return null;
    }

    /// <summary>
    /// Takes what is gone from the members of all tenants. Where that fails, the key of what is gone stays there, and is told in the log.
    /// </summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="request">Who deleted it.</param>
    public async Task RemoveAsync(string prefix, string key, ObjectRequest request)
    {
        foreach (var tenant in catalog.Current.Tenants.Values.Where(t => t.Of(prefix)?.Contains(key) == true))
        {
            var left = new JsonArray([.. tenant.Members[prefix].Where(k => k != key).Select(k => JsonValue.Create(k))]);
            var operation = new JsonObject { ["op"] = "replace", ["path"] = $"/Members/{prefix}", ["value"] = left };
            var terms = Terms(request) with { IfRevision = catalog.Current.RevisionOf("tenants", tenant.Name) };
            var answer = await GrainCalls.ActAsync(() => grains.Catalog.Amend(new CatalogPatch("tenants", tenant.Name,
                new JsonArray(operation).ToJsonString(Json.Options), terms)));
            if (answer.Error is { } error) LogLeft(prefix, key, tenant.Name, string.Join("; ", error.Messages));
        }
    }

    /// <summary>The membership follows from what was done, whatever rights on tenants who did it has; its name is told.</summary>
    private static ChangeTerms Terms(ObjectRequest request) => new(request.Actor() with { Rights = null, IsTask = false });

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Key} is gone, and stays among the members of tenant {Tenant}: {Reason}")]
    private partial void LogLeft(string kind, string key, string tenant, string reason);
}
