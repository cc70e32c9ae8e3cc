using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Webhooks;
using Orleans.Runtime;

namespace Anvil.Contracts;

/// <summary>
/// References to Anvil's grains. Orleans reads an interface's attributes by reflection each time a grain is asked for by its interface;
/// here that is done once for each interface, so that a reference costs what its key costs.
/// </summary>
public sealed class GrainFinder(IGrainFactory factory)
{
    private readonly Kind<IMachineGrain> _machines = new(factory);
    private readonly Kind<ISubnetGrain> _subnets = new(factory);
    private readonly Kind<ICatalogGrain> _catalog = new(factory);
    private readonly Kind<IWebhookGrain> _webhooks = new(factory);

    /// <summary>The catalog's one grain.</summary>
    public ICatalogGrain Catalog => _catalog.Find(GrainKeys.Catalog);

    /// <summary>A machine's grain, by its uuid.</summary>
    public IMachineGrain Machine(string uuid) => _machines.Find(GrainKeys.Machine(uuid));

    /// <summary>A subnet's grain, by its name.</summary>
    public ISubnetGrain Subnet(string name) => _subnets.Find(GrainKeys.Subnet(name));

    /// <summary>A webhook's grain, by its name.</summary>
    public IWebhookGrain Webhook(string name) => _webhooks.Find(GrainKeys.Webhook(name));

    private sealed class Kind<T>(IGrainFactory factory) where T : IGrainWithStringKey
    {
        private Resolved? _resolved;

        public T Find(string key)
        {
            if (_resolved is { } known) return (T)factory.GetGrain(GrainId.Create(known.Grain, key), known.Interface);

            // Not in a constructor: before a silo is known, no grain has the interface. What was found holds for the process.
            var grain = factory.GetGrain<T>(key);
            var id = grain.GetGrainId();
            _resolved = new Resolved(id.Type, ((GrainReference)(object)grain).InterfaceType);
            return grain;
        }

        private sealed record Resolved(GrainType Grain, GrainInterfaceType Interface);
    }
}
