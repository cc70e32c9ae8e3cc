using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Kinds;

/// <summary>Boot environments: a kind of the catalog, shown with the boot files that the edges lack.</summary>
public sealed class BootEnvObjects(CatalogObjects stored, ICatalog catalog, IBootFileDirectory files, TimeProvider time) : IObjectKind
{
    /// <summary>The kind's name.</summary>
    public const string Kind = "bootenvs";

    /// <inheritdoc/>
    public string Prefix => Kind;

    /// <inheritdoc/>
    public Type Document => stored.Document;

    /// <inheritdoc/>
    public FieldTable Fields => stored.Fields;

    /// <inheritdoc/>
    public IReadOnlySet<string> Hidden => stored.Hidden;

    /// <inheritdoc/>
    public async Task<ListPage<Document>> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var all = catalog.Current.BootEnvs.Values.ToList();
        var missing = await MissingAsync(all, cancellation);
        return new ListEvaluator(time).Page<Document>(query, [.. all.Select(missing.Shown)]);
    }

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAsync(string text, ObjectRequest request, CancellationToken cancellation)
        => await ShownAsync(await stored.FindAsync(text, request, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<FoundObject?> FindAmongAsync(string text, IReadOnlyCollection<string> owners, ObjectRequest request,
        CancellationToken cancellation)
        => await ShownAsync(await stored.FindAmongAsync(text, owners, request, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<FoundObject?> FindWithinAsync(string text, Reach reach, ObjectRequest request, CancellationToken cancellation)
        => await ShownAsync(await stored.FindWithinAsync(text, reach, request, cancellation), cancellation);

    /// <inheritdoc/>
    public ListScope? Within(Reach reach) => stored.Within(reach);

    /// <inheritdoc/>
    public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
        => await ShownAsync(await stored.CreateAsync(document, request, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
        CancellationToken cancellation)
        => await ShownAsync(await stored.ReplaceAsync(found, document, request, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
        CancellationToken cancellation)
        => await ShownAsync(await stored.PatchAsync(found, patch, request, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
        => stored.DeleteAsync(found, request, cancellation);

    private async Task<FoundObject?> ShownAsync(FoundObject? found, CancellationToken cancellation)
        => found?.Document is BootEnv env
            ? found with { Document = (await MissingAsync([env], cancellation)).Shown(env) } : found;

    private async Task<ChangedObject> ShownAsync(ChangedObject changed, CancellationToken cancellation)
        => changed.Document is BootEnv env
            ? changed with { Document = (await MissingAsync([env], cancellation)).Shown(env) } : changed;

    /// <summary>One path more than may be asked for says that there are too many; further ones are not even made.</summary>
    private Task<MissingFiles> MissingAsync(IEnumerable<BootEnv> environments, CancellationToken cancellation)
        => files.MissingAsync([.. environments.SelectMany(e => e.Files()).Distinct(StringComparer.Ordinal)
            .Take(IBootFileDirectory.MostPaths + 1)], cancellation);
}
