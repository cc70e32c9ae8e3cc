using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Subnets;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Anvil.Grains.Subnets;

/// <summary>
/// Decides leases one at a time in memory, and answers when they are durable: all decisions that wait while one transaction
/// is written go together into the next (group commit). Each activation takes a new epoch; a stale one cannot write.
/// While the database is away, leases that are known to be durable are still confirmed, for the time that they have left.
/// </summary>
[Reentrant]
#pragma warning disable ORLEANSEXP004 // Placement filters are the means that Orleans has for this.
[SubnetPlacementFilter]
#pragma warning restore ORLEANSEXP004
public sealed partial class SubnetGrain(ICatalog catalog, ILeaseStore store, TimeProvider time, ILogger<SubnetGrain> logger) : Grain, ISubnetGrain
{
    private static readonly TimeSpan ReopenPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a probe's answer holds, and how many addresses are probed ahead of the pickers.</summary>
    private static readonly TimeSpan ProbeHolds = TimeSpan.FromMinutes(10);
    private const int ProbedAhead = 8;
    private readonly Dictionary<uint, long> _probed = [];
    private readonly LeaseClock _clock = new(time);

    /// <summary>How far the clock jumped while the ends could not be stored.</summary>
    private TimeSpan _owed;
    private readonly List<Lease> _pending = [];
    private readonly Dictionary<uint, Lease> _durable = [];
    private TaskCompletionSource _batch = NewBatch();
    private bool _writing;
    /// <summary>A write has failed: what the database holds is not known until it has been read again.</summary>
    private bool _unsure;
    private bool _stale;
    private bool _ended;
    private long _epoch;
    private LeaseTable _leases = new(0, 0, []);
    private (string Start, string End) _range;

    private string Name => GrainKeys.Bare(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken) => OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _ended = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<LeaseAnswer> Handle(LeaseCall call)
    {
        if (_stale) return Stale();
        if (!catalog.Current.Subnets.TryGetValue(Name, out var subnet)) return new LeaseAnswer(LeaseVerdict.Silence, null, null, $"there is no subnet {Name}");
        if (_range != (subnet.ActiveStart, subnet.ActiveEnd)) Build(_leases.All.ToList());
        var now = await ReadClockAsync();
        var rules = new LeaseRules(subnet, catalog.Current, _leases);
        var decision = Decide(rules, call, now);
        if (decision.Changed.Count == 0) return Answer(decision);
        if (_unsure) return WithoutDatabase(call, decision, now);
        foreach (var lease in decision.Changed) _leases.Put(lease);
        try
        {
            await StoreAsync(decision.Changed);
            return call.CanProbe && decision.Picked ? Answer(decision) with { ToProbe = ToProbe(rules, decision) } : Answer(decision);
        }
        catch (StaleEpochException)
        {
            return Stale();
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return WithoutDatabase(call, decision, now);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> HolderOf(uint address)
    {
        var now = await ReadClockAsync();
        return _leases.At(address) is { Token.Length: > 0 } lease && lease.IsLive(now) ? lease.Token : null;
    }

    /// <inheritdoc/>
    public async Task<string?> LapsedHolderOf(uint address)
    {
        var now = await ReadClockAsync();
        return _leases.At(address) is { } lease && lease.HasLapsed(now) ? lease.Token : null;
    }

    /// <inheritdoc/>
    public async Task<AddressHolder?> WhoHas(uint address)
    {
        var now = await ReadClockAsync();
        if (_leases.At(address) is not { Token.Length: > 0 } lease) return null;
        return lease.IsLive(now) ? new AddressHolder(lease.Token, Lapsed: false) : lease.HasLapsed(now) ? new AddressHolder(lease.Token, Lapsed: true) : null;
    }

    /// <inheritdoc/>
    public Task<uint> AddressOf(string token) => Task.FromResult(_leases.Of(token) is { } lease ? IPv4.Parse(lease.Addr) : 0);

    /// <inheritdoc/>
    public async Task Probed(uint address, bool inUse)
    {
        if (_stale || _unsure || !catalog.Current.Subnets.TryGetValue(Name, out var subnet)) return;
        _probed[address] = time.GetTimestamp();
        if (!inUse) return;
        var decision = new LeaseRules(subnet, catalog.Current, _leases).InUse(address, await ReadClockAsync());
        if (decision.Changed.Count == 0) return;
        LogInUse(Name, IPv4.Format(address));
        AnvilDiagnostics.AddressesInUse.Add(1, new KeyValuePair<string, object?>("subnet", Name));
        foreach (var lease in decision.Changed) _leases.Put(lease);
        try
        {
            await StoreAsync(decision.Changed);
        }
        catch (Exception e) when (e is StaleEpochException || DatabaseFailure.Is(e))
        {
            // The address is probed again before it is offered again.
            if (e is StaleEpochException) Stale();
        }
    }

    /// <inheritdoc/>
    public async Task<Reply> DeleteLease(uint address)
    {
        if (_leases.At(address) is not { } lease) return Reply.Fail(ApiError.NotFound("leases", IPv4.Format(address), "DELETE"));
        try
        {
            await store.DeleteAsync(Name, _epoch, address, CancellationToken.None);
        }
        catch (StaleEpochException)
        {
            Stale();
            return Reply.Fail(new ApiError("leases", lease.Key, "DELETE", ["the subnet moved to another silo at the same time; try again"], 409)) with { Again = true };
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            return Reply.Fail(new ApiError("leases", lease.Key, "DELETE", ["the database cannot be written; read the lease before trying again"], 503));
        }

        _leases.Remove(address);
        _durable.Remove(address);
        return Reply.Ok(Json.Write(lease));
    }

    private static LeaseDecision Decide(LeaseRules rules, LeaseCall call, DateTimeOffset now)
    {
        var request = new LeaseRequest(call.Token, call.Requested, call.Via);
        return call.Act switch
        {
            LeaseAct.Discover => rules.Discover(request, now),
            LeaseAct.Request => rules.Request(request, now),
            LeaseAct.Release => rules.Release(request, now),
            LeaseAct.Observe => rules.Observe(request, now),
            _ => rules.Decline(request, now),
        };
    }

    private static LeaseAnswer Answer(LeaseDecision decision)
        => new(decision.Verdict, decision.Lease is null ? null : Json.Write(decision.Lease), decision.Reservation is null ? null : Json.Write(decision.Reservation), decision.Reason) { Cause = decision.Cause };

    private List<uint> ToProbe(LeaseRules rules, LeaseDecision decision)
    {
        var wanted = new List<uint> { IPv4.Parse(decision.Lease!.Addr) };
        wanted.AddRange(rules.Upcoming(ProbedAhead));
        wanted.RemoveAll(a => _probed.TryGetValue(a, out var when) && time.GetElapsedTime(when) < ProbeHolds);
        // Those ahead are on their way now: the next client's answer does not name them again.
        foreach (var address in wanted.Skip(1)) _probed[address] = time.GetTimestamp();
        if (_probed.Count > 70_000) _probed.Clear();
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
            var address = IPv4.Parse(lease.Addr);
            if (_durable.TryGetValue(address, out var held)) _durable[address] = held with { ExpireTime = held.ExpireTime + jump };
        }

        if (_unsure) _owed += jump;
        if (_unsure || _stale || moved.Count == 0) return;
        try
        {
            await StoreAsync(moved);
        }
        catch (StaleEpochException)
        {
            Stale();
        }
        catch (Exception e) when (DatabaseFailure.Is(e))
        {
            _owed += jump;
        }
    }

    /// <summary>A renewal of a lease that is durable is confirmed for the time that it has left; everything else waits.</summary>
    private LeaseAnswer WithoutDatabase(LeaseCall call, LeaseDecision decision, DateTimeOffset now)
    {
        if (call.Act == LeaseAct.Request && decision is { Verdict: LeaseVerdict.Give, Lease: { } wanted }
            && _durable.TryGetValue(IPv4.Parse(wanted.Addr), out var held) && held.Token == call.Token && held.State == Lease.Ack && (int)(held.ExpireTime - now).TotalSeconds is var left and > 0)
            return Answer(decision with { Lease = wanted with { Duration = left, ExpireTime = held.ExpireTime }, Reason = "renewed for the time it has left: the database is away" });
        return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the database is away: new leases wait") { Cause = LeaseCause.DatabaseAway };
    }

    private LeaseAnswer Stale()
    {
        if (!_stale)
        {
            LogStale(Name, _epoch);
            AnvilDiagnostics.Fenced.Add(1, new KeyValuePair<string, object?>("grain", "subnet"));
        }

        _stale = true;
        DeactivateOnIdle();
        return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the subnet moved to another silo") { Again = true, Cause = LeaseCause.Moved };
    }

    private Task StoreAsync(IReadOnlyList<Lease> leases)
    {
        _pending.AddRange(leases);
        var done = _batch.Task;
        if (!_writing) _ = WriteLoopAsync();
        return done;
    }

    private async Task WriteLoopAsync()
    {
        _writing = true;
        try
        {
            while (_pending.Count > 0)
            {
                var leases = _pending.ToList();
                var batch = _batch;
                _pending.Clear();
                _batch = NewBatch();
                try
                {
                    var began = time.GetTimestamp();
                    await store.WriteAsync(Name, _epoch, leases, CancellationToken.None);
                    AnvilDiagnostics.LeaseWrite.Record(time.GetElapsedTime(began).TotalSeconds);
                    AnvilDiagnostics.LeaseBatch.Record(leases.Count);
                    foreach (var lease in leases) _durable[IPv4.Parse(lease.Addr)] = lease;
                    batch.SetResult();
                }
                catch (Exception e)
                {
                    GiveUp(leases, batch, e);
                }
            }
        }
        finally
        {
            _writing = false;
        }
    }

    /// <summary>Takes back what was decided and not stored, with all that was decided upon it since.</summary>
    private void GiveUp(IReadOnlyList<Lease> leases, TaskCompletionSource batch, Exception reason)
    {
        foreach (var address in leases.Concat(_pending).Select(l => IPv4.Parse(l.Addr)).Distinct())
        {
            if (_durable.TryGetValue(address, out var known)) _leases.Put(known);
            else _leases.Remove(address);
        }

        _pending.Clear();
        var next = _batch;
        _batch = NewBatch();
        if (reason is not StaleEpochException && !_unsure)
        {
            LogAway(reason, Name);
            _unsure = true;
            _ = ReopenAsync();
        }

        batch.SetException(reason);
        next.SetException(reason);
        // Nobody may be waiting for the second.
        _ = next.Task.Exception;
    }

    private async Task ReopenAsync()
    {
        while (true)
        {
            try
            {
                await Task.Delay(ReopenPause, time);
                // A new epoch taken after the end would put the next activation out.
                if (_ended || _stale) return;
                await OpenAsync(CancellationToken.None);
                _unsure = false;
                LogBack(Name);
                var owed = _owed;
                _owed = TimeSpan.Zero;
                if (owed != TimeSpan.Zero) await MoveEndsAsync(owed, time.GetUtcNow());
                return;
            }
            catch (Exception e) when (DatabaseFailure.Is(e))
            {
                // Still away.
            }
        }
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        var (epoch, leases) = await store.OpenAsync(Name, cancellation);
        _epoch = epoch;
        _durable.Clear();
        foreach (var lease in leases) _durable[IPv4.Parse(lease.Addr)] = lease;
        Build(leases);
    }

    private void Build(IEnumerable<Lease> leases)
    {
        var subnet = catalog.Current.Subnets.GetValueOrDefault(Name);
        _range = (subnet?.ActiveStart ?? "", subnet?.ActiveEnd ?? "");
        var hasRange = subnet is { OnlyReservations: false } && IPv4.TryParse(_range.Start, out _) && IPv4.TryParse(_range.End, out _);
        _leases = hasRange ? new LeaseTable(IPv4.Parse(_range.Start), IPv4.Parse(_range.End), leases) : new LeaseTable(0, 0, leases);
    }

    private static TaskCompletionSource NewBatch() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: leases cannot be stored; known leases are confirmed, new ones wait")]
    private partial void LogAway(Exception exception, string subnet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: {Address} is in use by somebody unknown, and is not given for ten minutes")]
    private partial void LogInUse(string subnet, string address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: the clock jumped by {Jump}; {Count} leases are moved with it")]
    private partial void LogJump(string subnet, TimeSpan jump, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "subnet {Subnet}: the database is back; leases were read again")]
    private partial void LogBack(string subnet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: epoch {Epoch} is over; this activation ends")]
    private partial void LogStale(string subnet, long epoch);
}
