using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Timeline;
using Anvil.Edge;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.Machines;
using Anvil.Edge.RouterAdvertisement;
using Anvil.Edge.Sightings;
using Anvil.Edge.Tftp;
using Anvil.Gateway;
using Anvil.Grains;
using Anvil.Grains.BootFiles;
using Anvil.Grains.Catalog;
using Anvil.Grains.Machines;
using Anvil.Grains.Machines.Directory;
using Anvil.Grains.Placement;
using Anvil.Grains.Retention;
using Anvil.Grains.Secrets;
using Anvil.Grains.Subnets;
using Anvil.Grains.Timeline;
using Anvil.Grains.Webhooks;
using Anvil.Objects.Memory;
using Anvil.Objects;
using Anvil.Storage;
using Anvil.Templates;

namespace Anvil.Silo;

/// <summary>What a silo is made of.</summary>
internal static class SiloServices
{
    /// <summary>What every silo has, whatever its roles.</summary>
    public static void AddAnvil(this IServiceCollection services, Database database, SiloOptions silo)
    {
        var content = silo.ContentFolder.Length > 0 ? silo.ContentFolder : Path.Combine(AppContext.BaseDirectory, "content");
        services.AddSingleton(TimeProvider.System).AddSingleton(SystemEntropy.Entropy);
        services.AddSingleton(_ => database);
        database.AddStores(services, silo.DataFolder);
        services.AddSingleton(new BuiltInContent(ContentFolder.Read(content)));
        services.AddSingleton<FirstStart>().AddSingleton<DatabaseProbe>();
        services.AddSingleton<CatalogCache>();
        services.AddSingleton<ICatalog>(s => s.GetRequiredService<CatalogCache>());
        services.AddHostedService(s => s.GetRequiredService<CatalogCache>());
        services.AddSingleton<CatalogServiceClient>();
        services.AddSingleton<SiloAnnouncer>().AddSingleton<CatalogAnnouncer>();
        services.AddGrainService<CatalogService>();
        services.AddSingleton<ReservationWriter>().AddSingleton<MachineMover>();
        services.AddSingleton<TimelineWriter>();
        services.AddSingleton<ITimeline>(s => s.GetRequiredService<TimelineWriter>());
        services.AddHostedService(s => s.GetRequiredService<TimelineWriter>());
        services.AddSingleton<UnapprovedMachines>().AddSingleton<RetentionService>();
        services.AddHostedService(s => s.GetRequiredService<RetentionService>());
        services.AddSingleton<SealingService>().AddSingleton<ISecretAudit, SecretAudit>();
        if (silo.Has(SiloTraits.Core)) services.AddHostedService(s => s.GetRequiredService<SealingService>());
        services.AddSingleton<IEdgeDirectory, EdgeDirectory>();
        services.AddSingleton<MachineDirectoryClient>().AddSingleton<IMachineDirectory, MachineAnnouncer>();
        services.AddSingleton<InterfaceServiceClient>().AddSingleton<IInterfaceDirectory, InterfaceDirectory>();
        services.AddSingleton<BootFileServiceClient>().AddSingleton<IBootFileDirectory, BootFileDirectory>();
        services.AddFiles(silo);
        if (silo.Has(SiloTraits.Core))
        {
            services.AddSingleton(s => new WebhookRunner(s.GetRequiredService<CatalogCache>, s.GetRequiredService<GrainFinder>(),
                s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<WebhookRunner>>()));
            services.AddSingleton<ICatalogFollower>(s => s.GetRequiredService<WebhookRunner>());
            services.AddHostedService(s => s.GetRequiredService<WebhookRunner>());
        }

        services.AddSingleton<BootJournal>().AddSingleton<EverySilo>()
            .AddSingleton<IEverySilo>(s => s.GetRequiredService<EverySilo>());
        services.AddSingleton(LargeMachines.Of(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        services.AddSingleton(
            s => new MemoryBudgets(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new ReadPlaces(database.ListsAtOnce, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new RenderQueue(RenderQueueLimits.Default, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Drain>();
        services.AddHostedService(s => s.GetRequiredService<Drain>());
        services.AddObjects();
        services.AddMachinesApi();
    }

    /// <summary>What takes packets.</summary>
    public static void AddEdge(this IServiceCollection services)
    {
        services.AddSingleton<UploadedFiles>().AddSingleton<FileRoot>().AddSingleton<BootFileResolver>().AddSingleton<FilePresence>();
        services.AddSingleton(
            s => RenderedMemory.Of(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBootFiles>(s => s.GetRequiredService<FileRoot>());
        services.AddGrainService<BootFileService>();
        services.AddSingleton<IHostInterfaces, HostInterfaces>();
        services.AddGrainService<InterfaceService>();
        services.AddSingleton<BootServers>().AddSingleton<RouteTable>().AddSingleton<RelayBook>().AddSingleton<HeardClients>();
        services.AddSingleton<DhcpHandler>();
        services.AddSingleton<KnownMachines>();
        services.AddSingleton<IMachineWatcher>(s => s.GetRequiredService<KnownMachines>());
        services.AddHostedService(s => s.GetRequiredService<KnownMachines>());
        services.AddGrainService<MachineDirectoryService>();
        // Before what takes packets, so that it ends after them.
        services.AddSingleton<SightingWriter>();
        services.AddHostedService(s => s.GetRequiredService<SightingWriter>());
        services.AddSingleton<AddressProber>();
        services.AddHostedService(s => s.GetRequiredService<AddressProber>());
        services.AddHostedService<DhcpServer>().AddHostedService<TftpServer>().AddHostedService<RouterAdvertiser>();
    }
}
