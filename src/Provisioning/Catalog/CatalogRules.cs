using System.Text.Json;
using Anvil.Provisioning.Catalog.Kinds;
using Anvil.Provisioning.Files;

namespace Anvil.Provisioning.Catalog;

/// <summary>The table of the catalog's kinds.</summary>
public static class CatalogRules
{
    /// <summary>All kinds that the store holds by prefix.</summary>
    public static IReadOnlyDictionary<string, CatalogKind> Stored { get; } = new CatalogKind[]
    {
        new BootEnvKind(), new TemplateKind(), new StageKind(), new WorkflowKind(), new TaskKind(), new ProfileKind(), new ParamKind(),
        new SubnetKind(),
        new ReservationKind(), new UserKind(), new RoleKind(), new TenantKind(), new PrefKind(), new PackKind(),
        new WebhookKind(),
        new FileKind<UploadedFile>(UploadedFile.Kind, isFlat: false, key => new UploadedFile { Path = key }),
        new FileKind<UploadedIso>(UploadedIso.Kind, isFlat: true, key => new UploadedIso { Path = key }),
    }.ToDictionary(k => k.Prefix, StringComparer.Ordinal);

    /// <summary>
    /// The kinds that have the generic verbs, by prefix: all but preferences, which are one map, content packs, which hold objects of
    /// others, and uploaded files.
    /// </summary>
    public static IReadOnlyDictionary<string, CatalogKind> Kinds { get; } = Stored.Where(k => !k.Value.HasOwnVerbs)
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>All kinds in an order in which each comes after those that it names.</summary>
    public static IReadOnlyList<CatalogKind> InOrder { get; } = Order();

    /// <summary>The schemas of params, compiled once.</summary>
    internal static ParamSchemas Schemas { get; } = new();

    /// <summary>What is wrong with a map of param values.</summary>
    public static IEnumerable<string> Values(IReadOnlyDictionary<string, JsonElement> values, CatalogSnapshot catalog)
        => values.Select(p => Schemas.Problem(p.Key, p.Value, catalog)).OfType<string>();

    private static List<CatalogKind> Order()
    {
        var order = new List<CatalogKind>();
        while (order.Count < Stored.Count)
        {
            var next = Stored.Values.Where(k => !order.Contains(k))
                .FirstOrDefault(k => k.References.All(r => r.To == k.Prefix || order.Any(o => o.Prefix == r.To)));
            order.Add(next ?? throw new InvalidOperationException("kinds name each other in a ring"));
        }

        return order;
    }
}
