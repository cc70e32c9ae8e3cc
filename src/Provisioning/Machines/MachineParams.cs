using System.Text.Json;
using Anvil.Provisioning.Catalog;

namespace Anvil.Provisioning.Machines;

/// <summary>The values that one object gives to a machine.</summary>
/// <param name="Prefix">Kind of the object: machines, profiles, stages.</param>
/// <param name="Key">Its key.</param>
/// <param name="Values">The values by name.</param>
public readonly record struct ParamLayer(string Prefix, string Key, IReadOnlyDictionary<string, JsonElement> Values);

/// <summary>A value of a param, and the object that it comes from.</summary>
/// <param name="Prefix">Kind of the object: machines, profiles, stages; params for a schema's default.</param>
/// <param name="Key">Its key.</param>
/// <param name="Value">The value.</param>
public readonly record struct LayeredParam(string Prefix, string Key, JsonElement Value);

/// <summary>Layered params (DRP's precedence: machine, its profiles in order, stage, stage's profiles, global,
/// schema default; profiles within a profile stand right below it).</summary>
public static class MachineParams
{
    /// <summary>
    /// A machine's layers, highest first; without schema defaults. <paramref name="machine"/> null: an unknown machine, which has global
    /// alone.
    /// </summary>
    public static IEnumerable<ParamLayer> Layers(Machine? machine, CatalogSnapshot catalog)
    {
        if (machine is not null) yield return new ParamLayer("machines", machine.Uuid, machine.Params);
        foreach (var layer in Inherited(machine, catalog)) yield return layer;
    }

    /// <summary>The layers below a machine's own values, highest first; without schema defaults.</summary>
    public static IEnumerable<ParamLayer> Inherited(IBootSubject? machine, CatalogSnapshot catalog)
    {
        if (machine is not null)
        {
            foreach (var profile in OfProfiles(machine.Profiles, catalog)) yield return profile;
            if (catalog.Stages.TryGetValue(machine.Stage, out var stage))
            {
                yield return new ParamLayer("stages", stage.Name, stage.Params);
                foreach (var profile in OfProfiles(stage.Profiles, catalog)) yield return profile;
            }
        }

        if (!catalog.Profiles.TryGetValue(Profile.Global, out var global)) yield break;
        yield return new ParamLayer("profiles", Profile.Global, global.Params);
        foreach (var nested in OfProfiles(global.Profiles, catalog)) yield return nested;
    }

    /// <summary>A param's value on a machine, with the schema's default as the last layer; null when there is none.</summary>
    public static LayeredParam? Find(string name, Machine? machine, CatalogSnapshot catalog)
        => machine is not null && machine.Params.TryGetValue(name, out var own)
            ? new LayeredParam("machines", machine.Uuid, own) : FindInherited(name, machine, catalog);

    /// <summary>
    /// The value that a param has on a machine without one of its own, with the schema's default as the last layer; null when there is
    /// none.
    /// </summary>
    public static LayeredParam? FindInherited(string name, IBootSubject? machine, CatalogSnapshot catalog)
    {
        foreach (var layer in Inherited(machine, catalog))
        {
            if (layer.Values.TryGetValue(name, out var value)) return new LayeredParam(layer.Prefix, layer.Key, value);
        }

        return TryDefault(name, catalog, out var fallback) ? new LayeredParam("params", name, fallback) : null;
    }

    /// <summary>
    /// The value that a param has on a machine without one of its own, with the schema's default as the last layer; false when there is
    /// none.
    /// </summary>
    public static bool TryInherit(string name, IBootSubject? machine, CatalogSnapshot catalog, out JsonElement value)
    {
        var found = FindInherited(name, machine, catalog);
        value = found?.Value ?? default;
        return found is not null;
    }

    /// <summary>Those of some params that have no value on a machine.</summary>
    public static IEnumerable<string> Missing(IEnumerable<string> names, IBootSubject? machine, CatalogSnapshot catalog)
    {
        // The layers are the same for each name, and made of profiles within profiles.
        List<ParamLayer>? layers = null;
        foreach (var name in names)
        {
            if (machine?.HasParam(name) == true) continue;
            layers ??= [.. Inherited(machine, catalog)];
            if (!layers.Exists(l => l.Values.ContainsKey(name)) && !TryDefault(name, catalog, out _)) yield return name;
        }
    }

    /// <summary>All values of a machine in the order of their names, without schema defaults.</summary>
    public static IReadOnlyDictionary<string, LayeredParam> Aggregate(Machine machine, CatalogSnapshot catalog)
    {
        var all = new SortedDictionary<string, LayeredParam>(StringComparer.Ordinal);
        foreach (var layer in Layers(machine, catalog))
        {
            foreach (var (name, value) in layer.Values) all.TryAdd(name, new LayeredParam(layer.Prefix, layer.Key, value));
        }

        return all;
    }

    private static bool TryDefault(string name, CatalogSnapshot catalog, out JsonElement value)
    {
        value = default;
        return catalog.Params.TryGetValue(name, out var param) && param.Schema.ValueKind == JsonValueKind.Object
            && param.Schema.TryGetProperty(Secrets.Default, out value);
    }

    private static IEnumerable<ParamLayer> OfProfiles(IEnumerable<string> names, CatalogSnapshot catalog)
        => catalog.WithNested(names).Where(n => n != Profile.Global && catalog.Profiles.ContainsKey(n))
            .Select(n => new ParamLayer("profiles", n, catalog.Profiles[n].Params));
}
