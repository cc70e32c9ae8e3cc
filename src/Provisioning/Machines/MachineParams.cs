using System.Text.Json;
using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>Layered params (DRP's precedence: machine, its profiles in order, stage, stage's profiles, global, schema default).</summary>
public static class MachineParams
{
    /// <summary>A machine's layers, highest first; without schema defaults. <paramref name="machine"/> null: an unknown machine, which has global alone.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, JsonElement>> Layers(Machine? machine, CatalogSnapshot catalog)
    {
        if (machine is not null) yield return machine.Params;
        foreach (var layer in Inherited(machine, catalog)) yield return layer;
    }

    /// <summary>The layers below a machine's own values, highest first; without schema defaults.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, JsonElement>> Inherited(IBootSubject? machine, CatalogSnapshot catalog)
    {
        if (machine is not null)
        {
            foreach (var profile in OfProfiles(machine.Profiles, catalog)) yield return profile;
            if (catalog.Stages.TryGetValue(machine.Stage, out var stage))
            {
                yield return stage.Params;
                foreach (var profile in OfProfiles(stage.Profiles, catalog)) yield return profile;
            }
        }

        if (catalog.Profiles.TryGetValue(Profile.Global, out var global)) yield return global.Params;
    }

    /// <summary>A param's value on a machine, with the schema's default as the last layer; false when there is none.</summary>
    public static bool TryResolve(string name, Machine? machine, CatalogSnapshot catalog, out JsonElement value)
    {
        if (machine is not null && machine.Params.TryGetValue(name, out value)) return true;
        return TryInherit(name, machine, catalog, out value);
    }

    /// <summary>The value that a param has on a machine without one of its own, with the schema's default as the last layer; false when there is none.</summary>
    public static bool TryInherit(string name, IBootSubject? machine, CatalogSnapshot catalog, out JsonElement value)
    {
        foreach (var layer in Inherited(machine, catalog))
        {
            if (layer.TryGetValue(name, out value)) return true;
        }

        return TryDefault(name, catalog, out value);
    }

    /// <summary>Those of some params that have no value on a machine.</summary>
    public static IEnumerable<string> Missing(IEnumerable<string> names, IBootSubject? machine, CatalogSnapshot catalog)
        => names.Where(n => machine?.HasParam(n) != true && !TryInherit(n, machine, catalog, out _));

    /// <summary>All values of a machine, without schema defaults.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Aggregate(Machine machine, CatalogSnapshot catalog)
    {
        var all = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var layer in Layers(machine, catalog))
        {
            foreach (var (name, value) in layer) all.TryAdd(name, value);
        }

        return all;
    }

    private static bool TryDefault(string name, CatalogSnapshot catalog, out JsonElement value)
    {
        value = default;
        return catalog.Params.TryGetValue(name, out var param) && param.Schema.ValueKind == JsonValueKind.Object && param.Schema.TryGetProperty("default", out value);
    }

    private static IEnumerable<IReadOnlyDictionary<string, JsonElement>> OfProfiles(IEnumerable<string> names, CatalogSnapshot catalog)
        => names.Where(n => n != Profile.Global && catalog.Profiles.ContainsKey(n)).Select(n => catalog.Profiles[n].Params);
}
