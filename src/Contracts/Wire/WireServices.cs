using Anvil.Provisioning.Documents;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.TypeSystem;

namespace Anvil.Contracts.Wire;

/// <summary>How silos tell each other what grains are asked and answer.</summary>
public static class WireServices
{
    /// <summary>
    /// Documents travel as the API's JSON, so that a field which one of two versions lacks does no harm; within a silo they are
    /// handed on as they are. Messages travel by their ids, under names that the version before understands.
    /// </summary>
    public static IServiceCollection AddAnvilWire(this IServiceCollection services)
    {
        services.AddSingleton<GrainFinder>();
        // Before the JSON codec, which copies by writing and reading.
        services.AddSingleton<IGeneralizedCopier, DocumentCopier>();
        services.AddSerializer(serializer => serializer.AddJsonSerializer(DocumentCopier.IsDocument, Json.Options));
        services.AddSingleton<ITypeConverter, FormerNames>();
        services.Configure<TypeManifestOptions>(o =>
        {
            foreach (var name in FormerNames.All) o.AllowedTypes.Add(name);
            // A list of documents names its items' type, which has no codec of its own.
            o.AllowedTypes.Add(RuntimeTypeNameFormatter.Format(typeof(Document)));
        });
        return services;
    }
}
