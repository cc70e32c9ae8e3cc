using Anvil.Grains.Catalog;
using Anvil.Grains.Diagnostics;
using Anvil.Grains.Placement;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Storage;
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
        var now = time.GetUtcNow();
        var decision = Decide(new LeaseRules(subnet, catalog.Current, _leases), call, now);
        if (decision.Changed.Count == 0) return Answer(decision);
        if (_unsure) return WithoutDatabase(call, decision, now);
        foreach (var lease in decision.Changed) _leases.Put(lease);
        try
        {
            await StoreAsync(decision.Changed);
            return Answer(decision);
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
    public Task<string?> HolderOf(uint address)
        => Task.FromResult(_leases.At(address) is { Token.Length: > 0 } lease && lease.IsLive(time.GetUtcNow()) ? lease.Token : null);

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
            _ => rules.Decline(request, now),
        };
    }

    private static LeaseAnswer Answer(LeaseDecision decision)
        => new(decision.Verdict, decision.Lease is null ? null : Json.Write(decision.Lease), decision.Reservation is null ? null : Json.Write(decision.Reservation), decision.Reason);

    /// <summary>A renewal of a lease that is durable is confirmed for the time that it has left; everything else waits.</summary>
    private LeaseAnswer WithoutDatabase(LeaseCall call, LeaseDecision decision, DateTimeOffset now)
    {
        if (call.Act == LeaseAct.Request && decision is { Verdict: LeaseVerdict.Give, Lease: { } wanted }
            && _durable.TryGetValue(IPv4.Parse(wanted.Addr), out var held) && held.Token == call.Token && held.State == Lease.Ack && (int)(held.ExpireTime - now).TotalSeconds is var left and > 0)
            return Answer(decision with { Lease = wanted with { Duration = left, ExpireTime = held.ExpireTime }, Reason = "renewed for the time it has left: the database is away" });
        return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the database is away: new leases wait");
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
        return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the subnet moved to another silo") { Again = true };
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

    [LoggerMessage(Level = LogLevel.Information, Message = "subnet {Subnet}: the database is back; leases were read again")]
    private partial void LogBack(string subnet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "subnet {Subnet}: epoch {Epoch} is over; this activation ends")]
    private partial void LogStale(string subnet, long epoch);
}
