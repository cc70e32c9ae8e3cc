using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Placement;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Anvil.Grains.Subnets;

/// <summary>
/// Decides leases one at a time in memory, and answers when its <see cref="LeaseJournal"/> has made them durable. Offers are written a
/// moment later: most are leases by then, and who takes an offer that was lost is leased its address if it is free
/// (<see cref="LeaseRules"/>). While the database is away, leases that are known to be durable are still confirmed, for the time that
/// they have left.
/// </summary>
[Reentrant]
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[SubnetPlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class SubnetGrain : IGrainBase, ISubnetGrain
{
    private const int ProbedAhead = 8;
    private static readonly TimeSpan ReopenPause = TimeSpan.FromSeconds(1);

    /// <summary>After this long an offer is written that is no lease yet.</summary>
    private static readonly TimeSpan OffersWait = TimeSpan.FromMilliseconds(100);

    private readonly ICatalog _catalog;
    private readonly IEdgeDirectory _edges;
    private readonly TimeProvider _time;
    private readonly ILogger<SubnetGrain> _logger;
    private readonly LeaseJournal _journal;
    private readonly LeaseClock _clock;
    private readonly ProbeBook _probes;
    private readonly SubnetReservations _reservations;
    private readonly StrangerBook _strangers;

    /// <summary>How far the clock jumped while the ends could not be stored.</summary>
    private TimeSpan _owed;

    /// <summary>What was the matter with the database when it last failed.</summary>
    private DatabaseFault _trouble = DatabaseFault.Away;
    private LeaseTable<uint> _leases = new(IPv4Text.Instance, null, [], []);
    private AddressRange<uint>? _range;
    private IGrainTimer? _reopening;
    private IGrainTimer? _catchingUp;
    private IGrainTimer? _offers;
    private bool _toldStale;
    private bool _toldLack;

    /// <summary>A subnet's grain.</summary>
    /// <param name="context">The activation.</param>
    /// <param name="catalog">Where the subnet's own document is.</param>
    /// <param name="store">Where leases live.</param>
    /// <param name="reservations">Where reservations live.</param>
    /// <param name="edges">Whose own addresses are nobody's else.</param>
    /// <param name="time">The clock that leases are counted by.</param>
    /// <param name="logger">For what operators have to know.</param>
    public SubnetGrain(IGrainContext context, ICatalog catalog, ILeaseStore store, IReservationStore reservations,
        IEdgeDirectory edges, TimeProvider time, ILogger<SubnetGrain> logger)
    {
        GrainContext = context;
        (_catalog, _edges, _time, _logger) = (catalog, edges, time, logger);
        _clock = new LeaseClock(time);
        _probes = new ProbeBook(time);
        _strangers = new StrangerBook(time);
        _journal = new LeaseJournal(Name, store, time, TakeBack);
        _reservations = new SubnetReservations(reservations, () => _leases);
    }

    /// <inheritdoc/>
    public IGrainContext GrainContext { get; }

    private string Name => GrainKeys.Bare(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async Task OnActivateAsync(CancellationToken token)
    {
        await _journal.OpenAsync(Build, token);
        if (Subnet() is { } subnet) await _reservations.LoadAsync(subnet.Cidr, token);
    }

    /// <inheritdoc/>
    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => StoreOffersAsync(token);

    /// <inheritdoc/>
    public async Task<LeaseAnswer> Handle(LeaseCall call)
    {
        using var step = AnvilDiagnostics.Step();
        if (_journal.IsOver) return Stale();
        if (Subnet() is not { } subnet) return NoSubnet();
        if (!await AreReservationsHereAsync(subnet)) return DatabaseAway();
        var now = await ReadClockAsync();
        KeepEdgesFromPickers();
        var rules = new LeaseRules(subnet, _reservations.Book, _leases) { Edges = _edges.Addresses };
        var decision = Decide(rules, call, now);
        if (decision.Cause == LeaseCause.Strangers) _strangers.TurnedAway(call.Token);
        if (call is { Act: LeaseAct.Release or LeaseAct.Decline, IsKnown: false, TellsStrangers: true } && decision.Changed.Count > 0
            && !_strangers.TakeReturn())
            decision = decision with { Changed = [], Cause = LeaseCause.Doubtful, Reason = "too many leases are given back at once" };
        // It may have ended since it was looked at.
        if (_journal.IsOver) return Stale();
        if (decision.Changed.Count > 0 && _journal.IsAway) return WithoutDatabase(call, decision, now);
        _leases.Apply(decision);
        if (decision.Changed.Count == 0) return LeaseAnswer.Of(decision);
        if (call.Act == LeaseAct.Discover)
        {
            _journal.StoreLater(decision.Changed);
            StoreOffersSoon();
            return call.CanProbe && decision.Picked ? LeaseAnswer.Of(decision) with { ToProbe = ToProbe(rules, decision) }
                : LeaseAnswer.Of(decision);
        }

        try
        {
            // All of it stands in line before anything is waited for: what is decided meanwhile comes after it.
            List<Task> written = [.. decision.Removed.Select(r => _journal.DeleteAsync(IPv4.Parse(r.Addr), told: null)),
                _journal.StoreAsync(decision.Changed)];
            await Task.WhenAll(written);
            return LeaseAnswer.Of(decision);
        }
        catch (StaleEpochException)
        {
            return Stale();
        }
        catch (Exception e)
        {
            Reopen(e);
            if (!DatabaseFailure.Is(e)) throw;
            return WithoutDatabase(call, decision, now);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> HolderOf(uint address) => await HoldAsync(address) is { Lapsed: false } hold ? hold.Token : null;

    /// <inheritdoc/>
    public async Task<string?> LapsedHolderOf(uint address)
        => await HoldAsync(address) is { Lapsed: true, Released: false } hold ? hold.Token : null;

    /// <inheritdoc/>
    public async Task<AddressHolder?> WhoHas(uint address) => await HoldAsync(address) is { } hold
        ? new AddressHolder(hold.Token, hold.Lapsed) { Released = hold.Released, Former = hold.Former } : null;

    private async Task<LeaseHold?> HoldAsync(uint address)
    {
        var now = await ReadClockAsync();
        return _leases.HoldAt(address, now);
    }

    /// <inheritdoc/>
    public Task<uint> AddressOf(string token) => Task.FromResult(_leases.Of(token) is { } lease ? IPv4.Parse(lease.Addr) : 0);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> OnLinkOf(string token, IReadOnlyList<string> others)
    {
        var now = await ReadClockAsync();
        if (_leases.Of(token) is not { State: Lease.Ack } own || !own.IsLive(now)) return [];
        // One that has run out was seen as well: a machine that is off, or boots by another card, does not renew it.
        return [.. others.Where(t => _leases.Of(t) is { State: Lease.Ack or Lease.Expired } l && (l.Via, l.Link) == (own.Via, own.Link))];
    }

    /// <inheritdoc/>
    public async Task<ClientStanding> StandingOf(string token)
    {
        if (Subnet() is { } subnet) await AreReservationsHereAsync(subnet);
        return new ClientStanding(_reservations.Book.Of(token).Any(), await AddressOf(token));
    }

    /// <inheritdoc/>
    public async Task<LeaseAnswer> Inform(string token, uint address)
    {
        if (Subnet() is not { } subnet) return NoSubnet();
        if (!await AreReservationsHereAsync(subnet)) return DatabaseAway();
        return LeaseAnswer.Of(new LeaseRules(subnet, _reservations.Book, _leases).Inform(token, address));
    }

    /// <inheritdoc/>
    public async Task Probed(uint address, bool inUse)
    {
        if (_journal.IsOver || _journal.IsAway || Subnet() is not { } subnet) return;
        _probes.Note(address);
        if (!inUse || !await AreReservationsHereAsync(subnet)) return;
        var now = await ReadClockAsync();
        var decision = new LeaseRules(subnet, _reservations.Book, _leases).InUse(address, now);
        if (decision.Changed.Count == 0 || _journal.IsAway) return;
        LogInUse(Name, IPv4.Format(address));
        AnvilDiagnostics.AddressesInUse.Add(1, new KeyValuePair<string, object?>("subnet", Name));
        _leases.Apply(decision);
        // What cannot be stored is probed again before it is offered again.
        await StoreOrStayAsync(decision.Changed);
    }

    /// <inheritdoc/>
    public async Task<bool> TakeReservations(ReservationNotice notice)
    {
        if (Subnet() is { } subnet && await AreReservationsHereAsync(subnet)) _reservations.Tell(notice);
        return true;
    }

    /// <inheritdoc/>
    public Task<Reply> DeleteLease(uint address) => RemoveAsync(address, "", "");

    /// <inheritdoc/>
    public Task<Reply> Remove(LeaseRemoval removal) => RemoveAsync(removal.Address, removal.Actor.Name, removal.IfTag);

    /// <inheritdoc/>
    public Task<Reply> TryRemove(LeaseRemoval removal)
        => Task.FromResult(Removable(removal.Address, removal.IfTag, out var lease) is { } error ? Reply.Fail(error)
            : Reply.Ok(Json.Write(lease)));

    /// <summary>Why a lease cannot be deleted; null when it can.</summary>
    private ApiError? Removable(uint address, string tag, out Lease lease)
    {
        lease = _leases.At(address)!;
        if (lease is null) return ApiError.NotFound("leases", IPv4.Format(address), "DELETE");
        return _journal.IsAway ? DatabaseError(lease, _trouble) : DocumentTag.Problem(tag, lease, "DELETE");
    }

    private async Task<Reply> RemoveAsync(uint address, string by, string tag)
    {
        if (Removable(address, tag, out var lease) is { } refused) return Reply.Fail(refused);
        var told = new MachineEvent(_time.GetUtcNow(), "leases", "delete", lease.Key, $"by {by}") { Principal = by };
        // Out of the table first: what is decided from here on goes to the database behind the deletion.
        _leases.Remove(address);
        try
        {
            await _journal.DeleteAsync(address, told);
        }
        catch (StaleEpochException)
        {
            Stale();
            return Reply.Fail(
                new ApiError("leases", lease.Key, "DELETE", ["the subnet moved to another silo at the same time; try again"],
                    409)) with
            { Again = true };
        }
        catch (Exception e)
        {
            Reopen(e);
            if (!DatabaseFailure.Is(e)) throw;
            return Reply.Fail(DatabaseError(lease, FaultOf(e)));
        }

        return Reply.Ok(Json.Write(lease));
    }

    private static ApiError DatabaseError(Lease lease, DatabaseFault fault)
        => new("leases", lease.Key, "DELETE", [fault.With("read the lease before trying again")], 503);

    private static DatabaseFault FaultOf(Exception exception) => StorageFaults.Of(exception) ?? DatabaseFault.Away;

    private LeaseDecision<uint> Decide(LeaseRules rules, LeaseCall call, DateTimeOffset now)
    {
        var request = new LeaseRequest(call.Token, call.Requested, call.Via)
        {
            Link = call.Link,
            IsRelayed = call.IsRelayed,
            Source = call.Source,
            IsKnown = call.IsKnown || !call.TellsStrangers,
            IsChosen = call.IsChosen,
            MayLackOffers = _journal.MayLackOffers,
            IsPatient = call.Act == LeaseAct.Discover && _strangers.IsPatient(call.Token),
        };
        return call.Act switch
        {
            LeaseAct.Discover => rules.Discover(request, now),
            LeaseAct.Request => rules.Request(request, now),
            LeaseAct.Release => rules.Release(request, now),
            LeaseAct.Observe => rules.Observe(request, now),
            _ => rules.Decline(request, now),
        };
    }

    /// <summary>The subnet as the catalog has it now, with its range taken over; null when it is gone.</summary>
    private Subnet? Subnet()
    {
        if (!_catalog.Current.Subnets.TryGetValue(Name, out var subnet)) return null;
        if (_range != SubnetRange.Of(subnet)) Build(_leases.All.ToList());
        return subnet;
    }

    /// <summary>
    /// Edges' own addresses are not picked. Asked for each packet: edges come, and what is reserved no longer would be free again. One
    /// that an edge had before stays kept until the subnet's grain begins anew.
    /// </summary>
    private void KeepEdgesFromPickers()
    {
        foreach (var address in _edges.Addresses.Where(_leases.InRange)) _leases.Reserve(address);
    }

    /// <summary>
    /// True when the network's reservations are in memory. Once they are, no packet waits for them: their writer tells what changes, and
    /// what
    /// it could not tell (a silo of the version before writes, or the call was lost) is read beside the packets.
    /// </summary>
    private async Task<bool> AreReservationsHereAsync(Subnet subnet)
    {
        if (!_reservations.AreOf(subnet.Cidr))
        {
            try
            {
                await _reservations.LoadAsync(subnet.Cidr, CancellationToken.None);
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                _trouble = FaultOf(e);
                if (!_toldLack) LogReservationsAway(e, Name, _trouble.Text);
                _toldLack = true;
                return false;
            }

            _toldLack = false;
        }

        if (_reservations.AreBehind(_catalog.Current.Revision))
            _catchingUp ??= this.RegisterGrainTimer(CatchUpAsync,
                new GrainTimerCreationOptions(TimeSpan.Zero, ReopenPause) { Interleave = true });
        return true;
    }

    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        try
        {
            await _reservations.CatchUpAsync(cancellation);
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || cancellation.IsCancellationRequested)
        {
            return; // The timer's next turn tries again.
        }

        _catchingUp?.Dispose();
        _catchingUp = null;
    }

    private void StoreOffersSoon()
        => _offers ??= this.RegisterGrainTimer(StoreOffersAsync,
            new GrainTimerCreationOptions(OffersWait, Timeout.InfiniteTimeSpan) { Interleave = true });

    private async Task StoreOffersAsync(CancellationToken cancellation)
    {
        _offers?.Dispose();
        _offers = null;
        if (_journal is { IsOver: false, IsAway: false }) await StoreOrStayAsync([]);
    }

    private List<uint> ToProbe(LeaseRules rules, LeaseDecision<uint> decision)
    {
        var wanted = new List<uint> { IPv4.Parse(decision.Lease!.Addr) };
        wanted.AddRange(rules.Upcoming(ProbedAhead));
        wanted.RemoveAll(_probes.Knows);
        // Those ahead are on their way now: the next client's answer does not name them again.
        foreach (var address in wanted.Skip(1)) _probes.Note(address);
        return wanted;
    }

    /// <summary>The time. After the clock has jumped, the leases' ends are moved with it, and stored.</summary>
    private async Task<DateTimeOffset> ReadClockAsync()
    {
        var now = _clock.Read(out var jump);
        if (jump != TimeSpan.Zero) await MoveEndsAsync(jump, now);
        return now;
    }

    private async Task MoveEndsAsync(TimeSpan jump, DateTimeOffset now)
    {
        var moved = _leases.Shifted(jump, now);
        LogJump(Name, jump, moved.Count);
        foreach (var lease in moved)
        {
            _leases.Put(lease);
            _journal.Shift(IPv4.Parse(lease.Addr), jump);
        }

        if (_journal.IsOver || moved.Count == 0) return;
        if (_journal.IsAway || !await StoreOrStayAsync(moved)) _owed += jump;
    }

    /// <summary>Stores what no client waits for; false when it was not stored.</summary>
    private async Task<bool> StoreOrStayAsync(IReadOnlyList<Lease> leases)
    {
        try
        {
            await _journal.StoreAsync(leases);
            return true;
        }
        catch (StaleEpochException)
        {
            Stale();
            return false;
        }
        catch (Exception e)
        {
            Reopen(e);
            if (!DatabaseFailure.Is(e)) throw;
            return false;
        }
    }

    /// <summary>A renewal of a lease that is durable is confirmed for the time that it has left; everything else waits.</summary>
    private LeaseAnswer WithoutDatabase(LeaseCall call, LeaseDecision<uint> decision, DateTimeOffset now)
    {
        if (call.Act == LeaseAct.Request && decision is { Verdict: LeaseVerdict.Give, Lease: { } wanted }
            && _journal.Durable(IPv4.Parse(wanted.Addr)) is { } held && held.Token == call.Token && held.State == Lease.Ack
            && (int)(held.ExpireTime - now).TotalSeconds is var left and > 0)
        {
            return LeaseAnswer.Of(decision with
            {
                Lease = wanted with { Duration = left, ExpireTime = held.ExpireTime },
                Reason = $"renewed for the time it has left: {_trouble.Text}",
            });
        }

        return DatabaseAway();
    }

    private LeaseAnswer NoSubnet() => new(LeaseVerdict.Silence, null, null, $"there is no subnet {Name}");

    private LeaseAnswer DatabaseAway()
        => new(LeaseVerdict.Silence, null, null, $"{_trouble.Text}: new leases wait") { Cause = LeaseCause.DatabaseAway };

    private LeaseAnswer Stale()
    {
        if (!_toldStale)
        {
            LogStale(Name, _journal.Epoch);
            AnvilDiagnostics.Fenced.Add(1, new KeyValuePair<string, object?>("grain", "subnet"));
        }

        _toldStale = true;
        this.DeactivateOnIdle();
        return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the subnet moved to another silo")
        {
            Again = true,
            Cause = LeaseCause.Moved
        };
    }

    private void TakeBack(uint address, Lease? durable)
    {
        if (durable is null) _leases.Remove(address);
        else _leases.Put(durable);
    }

    /// <summary>Begins to try the database again, until it answers.</summary>
    private void Reopen(Exception reason)
    {
        if (!_journal.IsAway) return;
        _trouble = FaultOf(reason);
        if (_reopening is not null) return;
        LogAway(reason, Name, _trouble.Text);
        _reopening = this.RegisterGrainTimer(ReopenAsync, new GrainTimerCreationOptions(ReopenPause, ReopenPause) { Interleave = true });
    }

    private async Task ReopenAsync(CancellationToken cancellation)
    {
        try
        {
            // A new epoch taken after the end would put the next activation out: the token ends with the activation.
            if (_journal is { IsAway: true, IsOver: false })
            {
                await _journal.OpenAsync(Build, cancellation);
                LogBack(Name);
            }
        }
        catch (Exception e) when (DatabaseFailure.Is(e) || cancellation.IsCancellationRequested)
        {
            if (!cancellation.IsCancellationRequested) _trouble = FaultOf(e);
            return; // Still away; the timer's next turn tries again.
        }

        _reopening?.Dispose();
        _reopening = null;
        var owed = _owed;
        _owed = TimeSpan.Zero;
        if (owed != TimeSpan.Zero) await MoveEndsAsync(owed, _time.GetUtcNow());
    }

    private void Build(IEnumerable<Lease> leases)
    {
        _range = SubnetRange.Of(_catalog.Current.Subnets.GetValueOrDefault(Name));
        _leases = new LeaseTable<uint>(IPv4Text.Instance, _range, leases, _reservations.Book.Addresses);
    }
}
