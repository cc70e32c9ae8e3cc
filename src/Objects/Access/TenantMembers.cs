using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Objects.Access;

/// <summary>
/// Keeps machines among the members of tenants: what the catalog does of its own documents in the same step, and cannot do of those that
/// it does not hold. A machine becomes its tenant's before it is made, under a name that the server has given it: none of others is
/// reached by naming it.
/// </summary>
public sealed partial class TenantMembers(ICatalog catalog, GrainFinder grains, ILogger<TenantMembers> logger)
{
    /// <summary>Why a tenant's user may make no more of a kind; null when it may.</summary>
    public ApiError? Full(string prefix, ObjectRequest request)
        => request.Principal.Reach.TenantsFor(prefix).Select(t => catalog.Current.Tenants.GetValueOrDefault(t))
            .FirstOrDefault(t => t?.Members.Values.Sum(m => m.Count) >= Tenant.MostMembers) is { } full
            ? ApiError.Invalid(prefix, "", $"tenant {full.Name} has {Tenant.MostMembers} members, and may have no more") : null;

    /// <summary>Puts what a tenant's user is about to make among the members of its tenant.</summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="request">Who made it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Why it is not to be made; null when all is well.</returns>
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
                    Messages = [$"it would be no member of tenant {tenant}, and is not made", .. error.Messages],
                };
            await catalog.AtLeastAsync(answer.Revision, cancellation);
        }

        return null;
    }

    /// <summary>
    /// Takes what is gone from the members of all tenants. Where that fails, the key of what is gone stays there until it is made again
    /// (<see cref="FreeAsync"/>), and is told in the log.
    /// </summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="request">Who deleted it.</param>
    /// <param name="cancellation">Ends waiting for it to be known here.</param>
    public async Task RemoveAsync(string prefix, string key, ObjectRequest request, CancellationToken cancellation)
    {
        // Silos that know no tenants know no such call either; what no tenant has is asked for by nobody.
        if (!catalog.Current.IsMember(prefix, key)) return;
        try
        {
            var answer = await LeaveAsync(prefix, key, request);
            if (answer.Error is { } error) LogLeft(prefix, key, string.Join("; ", error.Messages));
            else await catalog.AtLeastAsync(answer.Revision, cancellation);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            // It is deleted all the same.
            LogLeft(prefix, key, e.Message);
        }
    }

    /// <summary>
    /// Takes a key that is to be an object's from the tenants that have it from another one, which is gone: nobody who is not told of the
    /// new one is to see it.
    /// </summary>
    /// <param name="prefix">The kind.</param>
    /// <param name="key">The key.</param>
    /// <param name="isThere">Tells whether there is such an object, which stays whose it is.</param>
    /// <param name="request">Who makes it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Why it is not to be made; null when all is well.</returns>
    public async Task<ApiError?> FreeAsync(string prefix, string key, Func<Task<bool>> isThere, ObjectRequest request,
        CancellationToken cancellation)
    {
        if (!catalog.Current.IsMember(prefix, key) || await isThere()) return null;
        var answer = await LeaveAsync(prefix, key, request);
        if (answer.Error is { } error)
            return error with
            {
                Model = prefix,
                Key = key,
                Messages = [$"{key} is a tenant's from an object that is gone, and stays that for now; try again", .. error.Messages],
            };
        await catalog.AtLeastAsync(answer.Revision, cancellation);
        return null;
    }

    private Task<CatalogAnswer> LeaveAsync(string prefix, string key, ObjectRequest request)
        => GrainCalls.AskAsync(() => grains.Catalog.Leave(new MemberGone(prefix, key, Terms(request))));

    /// <summary>The membership follows from what was done, whatever rights on tenants who did it has; its name is told.</summary>
    private static ChangeTerms Terms(ObjectRequest request) => new(request.Actor() with { Rights = null, IsTask = false });

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Key} is gone, and stays among the members of tenants: {Reason}")]
    private partial void LogLeft(string kind, string key, string reason);
}
