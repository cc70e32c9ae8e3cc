using System.Net;
using System.Net.NetworkInformation;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Wire;
using Anvil.Edge;
using Anvil.Grains;
using Anvil.Grains.Machines;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Anvil.Storage.Sqlite;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Storage;

namespace Anvil.Silo;

/// <summary>Orleans as Anvil uses it: alone by localhost clustering, with others by the tables in PostgreSQL.</summary>
internal static class SiloCluster
{
    /// <summary>Part of every stored grain's key: it never changes.</summary>
    private const string ServiceId = "anvil";

    public static void ConfigureAnvil(this ISiloBuilder orleans, Database database, SiloOptions silo, EdgeOptions edge)
    {
        if (database.MembershipConnectionString is { } membership) Join(orleans, database.Invariant, membership, silo);
        else orleans.UseLocalhostClustering(siloPort: silo.SiloPort, gatewayPort: 0, serviceId: ServiceId, clusterId: silo.Cluster);
        orleans.Services.AddAnvilWire();
        if (database is SqliteDatabase sqlite)
        {
            orleans.Services.AddKeyedSingleton<IGrainStorage>(MachineGrain.Store,
                new SqliteGrainStorage(sqlite, new StateSerializer(), ServiceId));
        }
        else
        {
            orleans.AddAdoNetGrainStorage(MachineGrain.Store, (AdoNetGrainStorageOptions o) =>
            {
                o.Invariant = database.Invariant;
                o.ConnectionString = database.ConnectionString;
                o.GrainStorageSerializer = new StateSerializer();
            });
        }

        orleans.UseAdoNetReminderService((AdoNetReminderTableOptions o) =>
        {
            o.Invariant = database.Invariant;
            o.ConnectionString = database.ConnectionString;
        });
        if (silo.IdleMinutes > 0)
        {
            orleans.Configure<GrainCollectionOptions>(o =>
            {
                o.CollectionAge = TimeSpan.FromMinutes(silo.IdleMinutes);
                o.CollectionQuantum = TimeSpan.FromMinutes(silo.IdleMinutes / 2);
            });
        }

#pragma warning disable ORLEANSEXP004 // Silo metadata and placement filters are the means that Orleans has for placing by role.
        orleans.UseSiloMetadata(Traits(silo, edge));
        orleans.Services.AddPlacementFilter<CorePlacementFilterStrategy, CorePlacementFilterDirector>(ServiceLifetime.Singleton);
        orleans.Services.AddPlacementFilter<SubnetPlacementFilterStrategy, SubnetPlacementFilterDirector>(ServiceLifetime.Singleton);
#pragma warning restore ORLEANSEXP004
        orleans.AddActivityPropagation();
        orleans.AddDashboard(o => o.HideTrace = true);
    }

    private static void Join(ISiloBuilder orleans, string invariant, string connection, SiloOptions silo)
    {
        orleans.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = (ServiceId, silo.Cluster));
        orleans.UseAdoNetClustering((AdoNetClusteringSiloOptions o) => (o.Invariant, o.ConnectionString) = (invariant, connection));
        orleans.ConfigureEndpoints(silo.ClusterAddress.Length > 0 ? IPAddress.Parse(silo.ClusterAddress) : OwnAddress(), silo.SiloPort,
            gatewayPort: 0);
        orleans.Configure<Orleans.Configuration.SiloOptions>(
            o => o.SiloName =
                $"{(silo.Roles.Count == 0 ? "all" : string.Join('-', silo.Roles))}-{Environment.MachineName}-{silo.SiloPort}");
        orleans.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(silo.ProbeSeconds);
            o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            // Dead silos' rows tell who was there; a day is enough.
            o.DefunctSiloExpiration = TimeSpan.FromDays(1);
        });
        // Firmware asks again after 4, 8, 16 and 32 s: a call that hangs longer than this helps nobody.
        orleans.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10));
        orleans.Configure<GrainCollectionOptions>(o => o.DeactivationTimeout = TimeSpan.FromSeconds(20));
    }

    private static Dictionary<string, string> Traits(SiloOptions silo, EdgeOptions edge)
    {
        var traits = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var role in new[] { SiloTraits.Core, SiloTraits.Edge, SiloTraits.Gateway }.Where(silo.Has))
            traits[SiloTraits.RolePrefix + role] = "true";
        traits[SiloTraits.Catalog] = "true";
        traits[SiloTraits.BootStates] = "true";
        traits[SiloTraits.Packs] = "true";
        traits[SiloTraits.Access] = "true";
        traits[SiloTraits.Files] = "true";
        traits[SiloTraits.Trials] = "true";
        traits[SiloTraits.Webhooks] = "true";
        if (silo.Has(SiloTraits.Edge) || silo.Has(SiloTraits.Gateway)) traits[SiloTraits.Blobs] = "true";
        if (!silo.Has(SiloTraits.Edge)) return traits;
        traits[SiloTraits.Directory] = "true";
        traits[SiloTraits.BootFiles] = "true";
        traits[SiloTraits.Interfaces] = "true";
        var names = EdgeInterfaces.Resolve(edge.Interfaces);
        traits[SiloTraits.Addresses] = string.Join(',',
            NetworkInterface.GetAllNetworkInterfaces().Where(n => names.Contains(n.Name)).SelectMany(EdgeInterfaces.Addresses)
                .Select(IPv4.Format));
        return traits;
    }

    private static IPAddress OwnAddress()
        => NetworkInterface.GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up && n.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(EdgeInterfaces.Addresses).Select(IPv4.ToIPAddress).FirstOrDefault() ?? IPAddress.Loopback;
}
