using Anvil.Contracts.Files;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Anvil.Grains.Files;

/// <summary>Reaches a silo's contents by its address.</summary>
public sealed class BlobServiceClient(IServiceProvider services) : GrainServiceClient<IBlobService>(services)
{
    /// <summary>The service of one silo.</summary>
    public IBlobService Of(SiloAddress silo) => GetGrainService(silo);
}
