using System.Collections.Concurrent;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Contracts.Timeline;
using Anvil.Contracts.Wire;
using Anvil.Grains.Catalog;
using Anvil.Grains.Machines;
using Anvil.Grains.Placement;
using Anvil.Grains.Subnets;
using Anvil.Grains.Tests.Subnets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Storage;
using Anvil.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Placement;
using Orleans.Runtime.Hosting;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.TestingHost;

namespace Anvil.Grains.Tests;

/// <summary>Silos in this process, with fake storage and reminders that they share.</summary>
public sealed class GrainCluster : IAsyncDisposable, ICatalog, ITimeline, IMachineDirectory
{
    private readonly SqliteDatabase _database = new(Path.Combine(Path.GetTempPath(), "anvil-unused.db"));

    private long _largeOctets;

    private GrainCluster(InProcessTestCluster? silos) => Silos = silos!;

    /// <summary>The silos.</summary>
    public InProcessTestCluster Silos { get; private set; }

    /// <summary>Their database.</summary>
    public FakeStorage Storage { get; } = new();

    /// <summary>Their reminders.</summary>
    public FakeReminders Reminders { get; } = new();

    /// <summary>The chance of silos that are started from now on; null: the operating system's.</summary>
    public Entropy? Chance { get; set; }

    /// <summary>Their leases.</summary>
    internal FakeLeaseStore Leases { get; } = new();

    /// <summary>Their catalog, as its writer keeps it; machines and subnets go by <see cref="Current"/>.</summary>
    internal FakeCatalogStore Catalog { get; } = new();

    /// <summary>Silos that are started from now on are as the version before: they say nothing of boot records, nor of roles.</summary>
    public bool StartsOlder { get; set; }

    /// <summary>Lines of timelines.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <inheritdoc/>
    public CatalogSnapshot Current { get; } = new(1, [
        new BootEnv { Name = "local", Available = true, Validated = true },
        new Stage { Name = "none", Available = true, Validated = true },
        new TaskDefinition { Name = "one", Available = true, Validated = true },
        new Stage { Name = "work", Tasks = ["one"], Available = true, Validated = true },
        new Pref { Name = "defaultBootEnv", Val = "local" },
        new Pref { Name = "defaultStage", Val = "none" },
        SubnetBench.Net,
    ]);

    /// <summary>Starts silos.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="time">Their clock: a fake one, for one silo alone, or none. Orleans' own timers are by the same.</param>
    /// <param name="chance">Their chance; null: the operating system's.</param>
    /// <param name="largeOctets">Memory that large machines may take of each.</param>
    public static async Task<GrainCluster> StartAsync(short silos, TimeProvider? time = null, Entropy? chance = null,
        long largeOctets = 1L << 30)
    {
        var cluster = new GrainCluster(null) { Chance = chance, _largeOctets = largeOctets };
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Services.AddAnvilWire());
        builder.ConfigureSilo((_, silo) => cluster.Configure(silo, time ?? TimeProvider.System));
        cluster.Silos = builder.Build();
        await cluster.Silos.DeployAsync();
        return cluster;
    }

    /// <summary>A machine's grain, as the other silos call it.</summary>
    public IMachineGrain Machine(string uuid) => Silos.Client.GetGrain<IMachineGrain>(GrainKeys.Machine(uuid));

    /// <summary>The subnet's grain, as edges call it.</summary>
    public ISubnetGrain Subnet => Silos.Client.GetGrain<ISubnetGrain>(GrainKeys.Subnet(SubnetBench.Net.Name));

    /// <summary>The catalog's writer, as gateways call it.</summary>
    public ICatalogGrain Writer => Silos.Client.GetGrain<ICatalogGrain>(GrainKeys.Catalog);

    /// <summary>The silo that a grain is in.</summary>
    public InProcessSiloHandle SiloOf(IAddressable grain)
    {
        Assert.True(Silos.TryGetGrainContext(grain.GetGrainId(), out var context), "the grain is not active");
        return Silos.GetSiloForAddress(context.Address.SiloAddress!)!;
    }

    /// <summary>Makes a machine that works off a task, with a deadline.</summary>
    public async Task<(IMachineGrain Grain, Machine Machine)> MakeAsync(string name, bool discovered = true,
        params IReadOnlyList<string> macs)
    {
        var grain = Machine(Guid.NewGuid().ToString());
        var wanted = new Machine { Name = name, Stage = "work", HardwareAddrs = macs };
        var answer = await grain.Make(new MachineWrite(wanted, Terms) { Discovered = discovered });
        Assert.Equal(201, answer.Status);
        return (grain, answer.Machine!);
    }

    /// <summary>On behalf of a user.</summary>
    public static ChangeTerms Terms { get; } = new(new Actor("tester", false, true));

    /// <summary>A patch that sets a machine's description.</summary>
    public static DocumentPatch Describe(string text) => new($$"""[{"op":"replace","path":"/Description","value":"{{text}}"}]""", Terms);

    /// <inheritdoc/>
    public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(Current);

    /// <inheritdoc/>
    public void Note(string machine, string mac, string source, string what, string outcome, string detail = "")
        => Lines.Enqueue($"{machine} {source}: {what} {outcome} {detail}".TrimEnd());

    /// <inheritdoc/>
    public void Miss(string machine, string mac, string source, string what, string outcome, string detail = "")
        => Note(machine, mac, source, what, outcome, detail);

    /// <inheritdoc/>
    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>What edges were told.</summary>
    public ConcurrentQueue<MachineNews> News { get; } = new();

    /// <inheritdoc/>
    public Task PublishAsync(MachineNews change)
    {
        News.Enqueue(change);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Silos.DisposeAsync();
        _database.Dispose();
    }

    private void Configure(ISiloBuilder silo, TimeProvider time)
    {
        silo.Services.AddSingleton(time).AddSingleton(Chance ?? SystemEntropy.Entropy);
        silo.Services.AddSingleton<ICatalog>(this).AddSingleton<ITimeline>(this).AddSingleton<IMachineDirectory>(this)
            .AddSingleton<IMachineQueries>(Storage).AddSingleton<Database>(_database)
            .AddSingleton<IBootStateStore>(Storage).AddSingleton<BootJournal>().AddSingleton<EverySilo>()
            .AddSingleton(new LargeMachines(_largeOctets))
            .AddSingleton(new ParamKeys(new byte[ParamKeys.KeyOctets]));
        silo.Services.AddSingleton<ILeaseStore>(Leases).AddSingleton<IReservationStore>(new FakeReservationStore())
            .AddSingleton<IEdgeDirectory>(new FakeEdges()).AddSingleton<IDatabaseFaults>(_database);
        silo.Services.AddSingleton<ICatalogStore>(Catalog).AddSingleton(new BuiltInContent(new PackContent([], [])))
            .AddSingleton<CatalogCache>().AddHostedService(s => s.GetRequiredService<CatalogCache>())
            .AddSingleton<SiloAnnouncer>().AddSingleton<CatalogServiceClient>().AddSingleton<CatalogAnnouncer>()
            .AddGrainService<CatalogService>()
            .AddSingleton<ReservationWriter>().AddSingleton<MachineMover>()
            .AddSingleton<IMachineMoveStore>(new MachineMoveStore(_database, time, "anvil"));
        silo.Services.AddGrainStorage(MachineGrain.Store, (_, _) => Storage);
        silo.AddReminders();
        silo.Services.AddSingleton<IReminderTable>(Reminders);
#pragma warning disable ORLEANSEXP004 // Silo metadata and placement filters are the means that Orleans has for placing by role.
        var traits = new Dictionary<string, string>(StringComparer.Ordinal) { [SiloTraits.RolePrefix + SiloTraits.Core] = "true" };
        if (!StartsOlder)
        {
            foreach (var trait in new[] { SiloTraits.BootStates, SiloTraits.Packs, SiloTraits.Access, SiloTraits.Files })
                traits[trait] = "true";
        }

        silo.UseSiloMetadata(traits);
        silo.Services.AddPlacementFilter<CorePlacementFilterStrategy, CorePlacementFilterDirector>(ServiceLifetime.Singleton);
        silo.Services.AddPlacementFilter<SubnetPlacementFilterStrategy, SubnetPlacementFilterDirector>(ServiceLifetime.Singleton);
#pragma warning restore ORLEANSEXP004
        silo.Configure<ClusterMembershipOptions>(o => (o.ProbeTimeout, o.NumMissedProbesLimit,
            o.NumVotesForDeathDeclaration) = (TimeSpan.FromMilliseconds(500), 2, 1));
    }
}
