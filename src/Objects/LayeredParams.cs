using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;

namespace Anvil.Objects;

/// <summary>
/// A machine's params with those of its layers, as who asks may see them: what stands in a profile beyond one's reach is read there by
/// nobody, nor here. What is secure is opened by the key of the object that it is from, and is not composed.
/// </summary>
internal static class LayeredParams
{
    /// <summary>The word that asks for the layers' values.</summary>
    public const string Aggregate = "aggregate";

    /// <summary>The word that asks for the values of all layers as one (<see cref="ComposedParam"/>).</summary>
    public const string Compose = "compose";

    /// <summary>All values in the order of their names, without schema defaults.</summary>
    /// <exception cref="ApiException">403: no right to decode; 422: one is too large when it is composed.</exception>
    public static IReadOnlyDictionary<string, JsonElement> Of(Machine machine, CatalogSnapshot catalog, Presenter presenter,
        Func<string, bool> isAsked, ObjectRequest request)
    {
        var layers = MachineParams.Layers(machine, catalog).ToList();
        return MachineParams.Aggregate(machine, catalog)
            .Where(p => isAsked(p.Key) && request.Principal.Reach.Holds(p.Value.Prefix, p.Value.Key)).ToDictionary(p => p.Key,
                p => presenter.Value(p.Value.Prefix, p.Value.Key, p.Key, Composed(p.Key, p.Value, layers, catalog, request),
                    request.Flag("decode")),
                StringComparer.Ordinal);
    }

    /// <summary>One value, the schema's default where no layer has one; null for none.</summary>
    /// <exception cref="ApiException">403: no right to decode; 422: it is too large when it is composed.</exception>
    public static JsonElement? Of(string name, Machine machine, CatalogSnapshot catalog, Presenter presenter, ObjectRequest request)
        => MachineParams.Find(name, machine, catalog) is { } layered && request.Principal.Reach.Holds(layered.Prefix, layered.Key)
            ? presenter.Value(layered.Prefix, layered.Key, name,
                Composed(name, layered, MachineParams.Layers(machine, catalog), catalog, request), request.Flag("decode"))
            : null;

    private static JsonElement Composed(string name, LayeredParam highest, IEnumerable<ParamLayer> layers, CatalogSnapshot catalog,
        ObjectRequest request)
    {
        if (!request.Flag(Compose) || catalog.IsSecure(name)) return highest.Value;
        var values = layers.Where(l => l.Values.ContainsKey(name) && request.Principal.Reach.Holds(l.Prefix, l.Key))
            .Select(l => l.Values[name]).ToList();
        return values.Count == 0 ? highest.Value : ComposedParam.Of(name, values);
    }
}
