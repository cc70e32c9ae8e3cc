using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Timeline;
using Anvil.Edge;
using Anvil.Edge.BootHttp;
using Anvil.Edge.Dhcp;
using Anvil.Edge.RouterAdvertisement;
using Anvil.Edge.Tftp;
using Anvil.Gateway;
using Anvil.Grains.Catalog;
using Anvil.Grains.Placement;
using Anvil.Grains.Subnets;
using Anvil.Grains.Timeline;
using Anvil.Objects.Access;
using Anvil.Storage;

namespace Anvil.Silo;

/// <summary>What a silo is made of.</summary>
internal static class SiloServices
{
    /// <summary>What every silo has, whatever its roles.</summary>
    public static void AddAnvil(this IServiceCollection services, Database database, SiloOptions silo)
    {
        var content = silo.ContentFolder.Length > 0 ? silo.ContentFolder : Path.Combine(AppContext.BaseDirectory, "content");
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => database);
        database.AddStores(services, silo.DataFolder);
        services.AddSingleton(new BuiltInContent(ContentFolder.Read(content)));
        services.AddSingleton<FirstStart>();
        services.AddSingleton<CatalogCache>();
        services.AddSingleton<ICatalog>(s => s.GetRequiredService<CatalogCache>());
        services.AddHostedService(s => s.GetRequiredService<CatalogCache>());
        services.AddSingleton<ReservationWriter>();
        services.AddSingleton<TimelineWriter>();
        services.AddSingleton<ITimeline>(s => s.GetRequiredService<TimelineWriter>());
        services.AddSingleton<AccessService>();
        services.AddSingleton<ITokens>(s => s.GetRequiredService<AccessService>());
        services.AddHostedService(s => s.GetRequiredService<TimelineWriter>());
        services.AddSingleton<IEdgeDirectory, EdgeDirectory>();
        services.AddSingleton<Drain>();
        services.AddHostedService(s => s.GetRequiredService<Drain>());
        services.AddMachinesApi();
    }

    /// <summary>What takes packets.</summary>
    public static void AddEdge(this IServiceCollection services)
    {
        services.AddSingleton<FileRoot>().AddSingleton<BootFileResolver>().AddSingleton<DhcpHandler>();
        services.AddSingleton<KnownMachines>();
        services.AddHostedService(s => s.GetRequiredService<KnownMachines>());
        services.AddSingleton<AddressProber>();
        services.AddHostedService(s => s.GetRequiredService<AddressProber>());
        services.AddHostedService<DhcpServer>().AddHostedService<TftpServer>().AddHostedService<RouterAdvertiser>();
    }
}
