using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;

namespace Anvil.Grains.Catalog;

/// <summary>
/// Content packs: each is one document of the catalog, so that what reads the catalog has all of its objects or none. Rules and rights are
/// looked at upon the snapshot that the change is made from.
/// </summary>
public sealed partial class CatalogGrain
{
    /// <summary>Keys that machines and reservations are asked for at once.</summary>
    private const int KeysAtOnce = 200;

    /// <inheritdoc/>
    public Task<CatalogAnswer> StorePack(PackWrite write) => StorePackAsync(write, null);

    private Task<CatalogAnswer> StorePackAsync(PackWrite write, TriedChange? tried)
        => ChangeAsync(StoredPack.Kind, write.IsNew ? "POST" : "PUT", write.Terms, async catalog =>
        {
            Require(SiloTraits.Packs, StoredPack.Kind, write.Pack.Key, write.IsNew ? "POST" : "PUT", "without content packs by the API");
            var by = By(write.Rights, write.Terms, catalog);
            var plan = PackPlan.Storing(write.Pack, write.IsNew, write.ReplacesWritable, catalog, by);
            CheckPack(plan, by, write.Terms, write.IsNew ? "POST" : "PUT");
            // Machines are asked last of all, as for a deletion.
            if (await OthersUsingAsync(plan.Gone, by) is { Count: > 0 } uses) throw PackPlan.InUse(plan.Name, uses);
            return new Decision(plan.Name, null,
            [
                .. plan.Replaced.Select(k => new CatalogChange(k.Prefix, k.Key, null)),
                new CatalogChange(StoredPack.Kind, plan.Name, PackSecrets.Sealed(write.Pack, plan.After, keys)) { IsNew = write.IsNew },
                .. Leaving(KeysOf(plan.Gone), catalog),
            ]);
        }, write.IsNew ? 201 : 200, tried);

    /// <inheritdoc/>
    public Task<CatalogAnswer> RemovePack(PackRemoval removal) => RemovePackAsync(removal, null);

    private Task<CatalogAnswer> RemovePackAsync(PackRemoval removal, TriedChange? tried)
        => ChangeAsync(StoredPack.Kind, "DELETE", removal.Terms, async catalog =>
        {
            var plan = PackPlan.Deleting(removal.Name, catalog);
            var by = By(removal.Rights, removal.Terms, catalog);
            CheckPack(plan, by, removal.Terms, "DELETE");
            if (await OthersUsingAsync(plan.Gone, by) is { Count: > 0 } uses) throw PackPlan.InUse(plan.Name, uses);
            return new Decision(plan.Name, catalog.Find(new DocumentKey(StoredPack.Kind, plan.Name)),
                [new CatalogChange(StoredPack.Kind, plan.Name, null), .. Leaving(KeysOf(plan.Gone), catalog)]);
        }, 204, tried);

    private static List<DocumentKey> KeysOf(IEnumerable<Document> documents)
        => [.. documents.Select(d => new DocumentKey(d.Prefix, d.Key))];

    private static Principal By(Rights? rights, ChangeTerms terms, CatalogSnapshot catalog)
        => new(terms.Actor.Name, terms.Actor.IsMachine ? PrincipalKind.Machine : PrincipalKind.User, rights?.Claims ?? [])
        {
            Limits = rights?.Limits ?? [],
            Task = terms.Actor.Task,
            Reach = terms.Actor.IsMachine ? Reach.All : catalog.ReachOf(terms.Actor.Name),
        };

    private static void CheckPack(PackPlan plan, Principal principal, ChangeTerms terms, string type)
    {
        var revision = plan.Before.RevisionOf(StoredPack.Kind, plan.Name);
        if (terms.IfRevision is { } wanted && wanted != revision)
            throw new ApiException(new ApiError(StoredPack.Kind, plan.Name, type,
                [$"{plan.Name} has revision {revision}, not {wanted}: it was changed since it was read"], 412));
        PackGrants.Check(principal, plan);
        foreach (var step in plan.Steps.Where(s => s.After is not null)) TaskGrants.Check(principal, step.Before, step.After!, plan.After);
    }

    /// <summary>The first pack that has values in clear, sealed; nothing where there is none that fits sealed.</summary>
    private async Task<List<CatalogChange>> SealedPackAsync(CatalogSnapshot catalog)
    {
        var names = PackSecrets.InClear(catalog).Select(p => p.Key).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0) return [];
        // A snapshot has a pack's objects as they were read, and not as they were sent.
        var (_, stored) = await store.ReadAsync(CancellationToken.None);
        return [.. stored.OfType<StoredPack>().Where(p => names.Contains(p.Key))
            .Select(p => PackSecrets.Sealed(p, catalog, keys))
            .Where(p => DocumentSize.Of(p) <= JsonLimits.Octets && !PackSecrets.HasInClear(LoadedPack.Of(p), catalog))
            .Select(p => new CatalogChange(StoredPack.Kind, p.Key, p)).Take(1)];
    }

    /// <summary>Machines and reservations that use some documents: they are in no snapshot.</summary>
    private async Task<List<string>> OthersUsingAsync(IEnumerable<Document> documents, Principal by)
    {
        var users = new List<string>();
        foreach (var kind in documents.GroupBy(d => d.Prefix))
        {
            foreach (var some in kind.Select(d => d.Key).Chunk(KeysAtOnce))
            {
                foreach (var (fields, references, readAsync) in Rows)
                {
                    foreach (var reference in references.Where(r => r.To == kind.Key))
                    {
                        foreach (var user in await readAsync(reference.UsersOf(fields, some) with { Limit = MostUsersNamed }))
                            users.AddRange(reference.KeysOf(user).Intersect(some, StringComparer.Ordinal)
                                .Select(k => UseOf(reference, user, k, by)));
                        if (users.Count > MostUsersNamed) return users;
                    }
                }
            }
        }

        return users;
    }
}
