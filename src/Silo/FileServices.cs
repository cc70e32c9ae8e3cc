using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Files;
using Anvil.Contracts.Placement;
using Anvil.Edge;
using Anvil.Grains.Files;
using Anvil.Storage.Files;
using Microsoft.Extensions.Options;

namespace Anvil.Silo;

/// <summary>What keeps uploaded files: everywhere, so that any silo can be asked for them.</summary>
internal static class FileServices
{
    /// <summary>Adds it.</summary>
    public static void AddFiles(this IServiceCollection services, SiloOptions silo)
    {
        services.AddSingleton<IBlobStore>(s =>
        {
            var options = s.GetRequiredService<IOptions<FilesOptions>>().Value;
            var folder = options.Folder.Length > 0 ? options.Folder : Path.Combine(silo.DataFolder, "blobs");
            return new BlobStore(Path.GetFullPath(folder), options.ReserveMiB, s.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<IArchives, Archives>();
        services.AddSingleton(s => new BlobRoom(s.GetRequiredService<IBlobStore>(), s.GetRequiredService<IOptions<FilesOptions>>(),
            silo.Has(SiloTraits.Gateway)));
        services.AddSingleton<BlobServiceClient>().AddSingleton<BlobSilos>();
        services.AddSingleton<IBlobFetcher, BlobFetcher>();
        services.AddSingleton<IExplosionDirectory, ExplosionDirectory>();
        services.AddGrainService<BlobService>();
        if (silo.Has(SiloTraits.Gateway) || silo.Has(SiloTraits.Edge))
        {
            services.AddSingleton(s => new BlobKeeper(s.GetRequiredService<IBlobStore>(), s.GetRequiredService<IBlobFetcher>(),
                s.GetRequiredService<BlobRoom>(), s.GetRequiredService<ICatalog>, s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<BlobKeeper>>()));
            services.AddSingleton<ICatalogFollower>(s => s.GetRequiredService<BlobKeeper>());
            services.AddHostedService(s => s.GetRequiredService<BlobKeeper>());
        }

        if (!silo.Has(SiloTraits.Edge)) return;
        services.AddSingleton(s => new IsoExploder(Path.GetFullPath(s.GetRequiredService<IOptions<EdgeOptions>>().Value.FileRoot),
            s.GetRequiredService<IBlobStore>(), s.GetRequiredService<IBlobFetcher>(), s.GetRequiredService<IArchives>(),
            s.GetRequiredService<IEventStore>(), () => s.GetRequiredService<BlobSilos>() is var silos ? silos.NameOf(silos.Own) : "",
            s.GetRequiredService<IOptions<FilesOptions>>(), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<IsoExploder>>()));
        services.AddSingleton<ICatalogFollower>(s => s.GetRequiredService<IsoExploder>());
        services.AddSingleton<IExplosions>(s => s.GetRequiredService<IsoExploder>());
        services.AddHostedService(s => s.GetRequiredService<IsoExploder>());
    }
}
