using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Network;

namespace Anvil.Grains.Tests.Subnets;

/// <summary>Reservations in memory, with the revision of each change.</summary>
internal sealed class FakeReservationStore : IReservationStore
{
    private readonly Dictionary<uint, (long Revision, Reservation? Reservation)> _rows = [];
    private TaskCompletionSource? _gate;

    /// <summary>Revision of the last change.</summary>
    public long Revision { get; set; } = 1;

    /// <summary>Times that changes were read.</summary>
    public int Reads { get; private set; }

    /// <summary>Writes one; null takes it away.</summary>
    public void Set(string address, Reservation? reservation) => _rows[IPv4.Parse(address)] = (++Revision, reservation);

    /// <summary>Holds what was read back until it is let go.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets it go.</summary>
    public void LetGo() => _gate!.SetResult();

    public async Task<ReservationChanges> ChangesAsync(Cidr network, long since, CancellationToken cancellation)
    {
        var rows = _rows.Where(r => network.Contains(r.Key) && r.Value.Revision > since).ToList();
        var changes = new ReservationChanges(Revision, [.. rows.Select(r => r.Value.Reservation).OfType<Reservation>()],
            [.. rows.Where(r => r.Value.Reservation is null).Select(r => r.Key)]);
        Reads++;
        if (_gate is { } gate) await gate.Task;
        return changes;
    }

    public Task<Reservation?> FindAsync(uint address, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain keeps its reservations in memory");

    public Task<IReadOnlyList<Reservation>> FindManyAsync(IReadOnlyCollection<uint> addresses, IReadOnlyCollection<string> tokens,
        CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain keeps its reservations in memory");

    public Task<StoredReservation?> ReadAsync(uint address, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain asks for no revision");

    public Task<ListPage<Reservation>> PageAsync(ListQuery query, CancellationToken cancellation)
        => throw new NotSupportedException("a subnet's grain lists nothing");

    public Task<long> CountAsync(CancellationToken cancellation) => throw new NotSupportedException("a subnet's grain counts nothing");
}
