using System.Text.Json;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Files;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Boot;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Kinds;

/// <summary>
/// Boot environments: a kind of the catalog, shown with the boot files that the edges lack, and with what became of their ISOs.
/// </summary>
public sealed class BootEnvObjects(
    CatalogObjects stored, ICatalog catalog, IBootFileDirectory files, IExplosionDirectory explosions, TimeProvider time) : IObjectKind
{
    /// <summary>The kind's name.</summary>
    public const string Kind = "bootenvs";

    /// <summary>Edges that are named with how far they are with one ISO.</summary>
    private const int MostTold = 5;

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
        return new ListEvaluator(time).Page<Document>(query, [.. await ShownAsync(all, cancellation)]);
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

    /// <inheritdoc/>
    public IObjectChanges Trial => new Shown(this, stored.Trial);

    private async Task<FoundObject?> ShownAsync(FoundObject? found, CancellationToken cancellation)
        => found?.Document is BootEnv env
            ? found with { Document = (await ShownAsync([env], cancellation))[0] } : found;

    private async Task<ChangedObject> ShownAsync(ChangedObject changed, CancellationToken cancellation)
        => changed.Document is BootEnv env
            ? changed with { Document = (await ShownAsync([env], cancellation))[0] } : changed;

    private async Task<IReadOnlyList<Document>> ShownAsync(IReadOnlyCollection<BootEnv> environments, CancellationToken cancellation)
    {
        var snapshot = catalog.Current;
        var missing = await MissingAsync(environments, cancellation);
        var wanted = IsoRules.Wanted(snapshot);
        // Edges are asked only where one has something to tell of.
        IReadOnlyList<EdgeExplosion> told = wanted.Count > 0 && environments.Any(e => e.Isos().Any())
            ? [.. (await explosions.ReportsAsync(cancellation)).Where(r => r.Report.State != ExplosionReport.Done)] : [];
        return [.. environments.Select(e => WithIsos(missing.Shown(e), snapshot, wanted, told))];
    }

    private static BootEnv WithIsos(BootEnv env, CatalogSnapshot catalog, IReadOnlyList<IsoExplosion> wanted,
        IReadOnlyList<EdgeExplosion> told)
    {
        if (catalog.OfKind(UploadedIso.Kind).Count == 0) return env;
        List<string> lines = [.. IsoRules.Problems(env, catalog, wanted)];
        foreach (var (arch, iso, _) in env.Isos())
        {
            var folder = env.Folder(arch);
            lines.AddRange(told.Where(t => t.Report.Folder == folder && t.Report.Iso == iso).Take(MostTold)
                .Select(t => $"{t.Edge}: {t.Report.Text}"));
        }

        return lines.Count == 0 ? env : env with { Errors = [.. env.Errors, .. lines] };
    }

    /// <summary>One path more than may be asked for says that there are too many; further ones are not even made.</summary>
    private Task<MissingFiles> MissingAsync(IEnumerable<BootEnv> environments, CancellationToken cancellation)
        => files.MissingAsync([.. environments.SelectMany(e => e.Files()).Distinct(StringComparer.Ordinal)
            .Take(IBootFileDirectory.MostPaths + 1)], cancellation);

    /// <summary>Changes that are tried, each environment shown as the kind shows it.</summary>
    private sealed class Shown(BootEnvObjects kind, IObjectChanges tried) : IObjectChanges
    {
        public async Task<ChangedObject> CreateAsync(Document document, ObjectRequest request, CancellationToken cancellation)
            => await kind.ShownAsync(await tried.CreateAsync(document, request, cancellation), cancellation);

        public async Task<ChangedObject> ReplaceAsync(FoundObject found, Document document, ObjectRequest request,
            CancellationToken cancellation)
            => await kind.ShownAsync(await tried.ReplaceAsync(found, document, request, cancellation), cancellation);

        public async Task<ChangedObject> PatchAsync(FoundObject found, JsonElement patch, ObjectRequest request,
            CancellationToken cancellation)
            => await kind.ShownAsync(await tried.PatchAsync(found, patch, request, cancellation), cancellation);

        public Task<ChangedObject> DeleteAsync(FoundObject found, ObjectRequest request, CancellationToken cancellation)
            => tried.DeleteAsync(found, request, cancellation);
    }
}
