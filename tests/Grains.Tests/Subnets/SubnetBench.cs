using Anvil.Contracts.Catalog;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Grains.Tests.Subnets;

/// <summary>One subnet's grain with a clock, a database and a catalog that the test moves.</summary>
internal sealed class SubnetBench : ICatalog
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private SubnetBench(params Reservation[] reservations)
    {
        foreach (var reservation in reservations) Reservations.Set(reservation.Addr, reservation);
        Current = new CatalogSnapshot(Reservations.Revision, [Net]);
        Clock = new JumpingClock();
        Shell = new GrainShell("s-net", Clock);
        Grain = new SubnetGrain(Shell, this, Store, Reservations, Edges, Clock, NullLogger<SubnetGrain>.Instance);
    }

    public static Subnet Net { get; } = new()
    {
        Name = "net",
        Network = "10.0.0.0/24",
        Enabled = true,
        ActiveStart = "10.0.0.10",
        ActiveEnd = "10.0.0.20",
        ActiveLeaseTime = 600,
        ReservedLeaseTime = 7200,
        Strategy = "MAC",
        Pickers = ["hint", "nextFree", "mostExpired"],
    };

    public CatalogSnapshot Current { get; set; }

    public JumpingClock Clock { get; }

    public GrainShell Shell { get; }

    public FakeLeaseStore Store { get; } = new();

    public FakeReservationStore Reservations { get; } = new();

    public FakeEdges Edges { get; } = new();

    public SubnetGrain Grain { get; }

    /// <summary>A grain that is active.</summary>
    public static async Task<SubnetBench> OpenAsync(params Reservation[] reservations)
    {
        var bench = new SubnetBench(reservations);
        await bench.Shell.Call(() => bench.Grain.OnActivateAsync(CancellationToken.None));
        return bench;
    }

    /// <summary>The catalog as it is at the newest revision, as this silo comes to see it.</summary>
    public void MoveOn(Subnet? net = null) => Current = new CatalogSnapshot(Reservations.Revision, [net ?? Current.Subnets["net"]]);

    /// <summary>The n-th client.</summary>
    public static string Mac(int n) => $"02:00:00:00:00:{n:x2}";

    public Task<LeaseAnswer> Discover(int client) => Ask(LeaseAct.Discover, client, "0.0.0.0");

    public Task<LeaseAnswer> Request(int client, string address) => Ask(LeaseAct.Request, client, address);

    public Task<LeaseAnswer> Ask(LeaseAct act, int client, string address, bool isChosen = false) => Shell.Call(() => Grain.Handle(
        new LeaseCall(act, Mac(client), IPv4.Parse(address), IPv4.Parse("10.0.0.1")) { IsChosen = isChosen }));

    /// <summary>A client with a lease.</summary>
    public async Task<Lease> Lease(int client) => (await Request(client, (await Discover(client)).Lease!.Addr)).Lease!;

    /// <summary>Waits until something is so, moving no clock.</summary>
    public static async Task Until(string what, Func<bool> isSo)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < Patience, $"{what}: not within {Patience}");
            await Task.Yield();
        }
    }

    public Task<CatalogSnapshot> AtLeastAsync(long revision, CancellationToken cancellation) => Task.FromResult(Current);

    /// <summary>A clock whose wall time can be set while its steady time goes on, as a real machine's can.</summary>
    internal sealed class JumpingClock : TimeProvider
    {
        private readonly FakeTimeProvider _steady = new(Start);

        public TimeSpan Jumped { get; set; }

        public override long TimestampFrequency => _steady.TimestampFrequency;

        public void Advance(TimeSpan by) => _steady.Advance(by);

        public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + Jumped;

        public override long GetTimestamp() => _steady.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => _steady.CreateTimer(callback, state, dueTime, period);
    }
}
