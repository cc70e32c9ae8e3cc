using Anvil.Grains.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Anvil.Grains.Subnets;

/// <summary>
/// Decides leases one at a time in memory, and answers when they are durable: all decisions that wait while one transaction
/// is written go together into the next (group commit). Each activation takes a new epoch; a stale one cannot write.
/// </summary>
[Reentrant]
public sealed partial class SubnetGrain(ICatalog catalog, ILeaseStore store, TimeProvider time, ILogger<SubnetGrain> logger) : Grain, ISubnetGrain
{
    private readonly List<Lease> _pending = [];
    private TaskCompletionSource _batch = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _writing;
    private long _epoch;
    private LeaseTable _leases = new(0, 0, []);
    private (string Start, string End) _range;

    private string Name => GrainKeys.Bare(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (epoch, leases) = await store.OpenAsync(Name, cancellationToken);
        _epoch = epoch;
        Build(leases);
    }

    /// <inheritdoc/>
    public async Task<LeaseAnswer> Handle(LeaseCall call)
    {
        if (!catalog.Current.Subnets.TryGetValue(Name, out var subnet)) return new LeaseAnswer(LeaseVerdict.Silence, null, null, $"there is no subnet {Name}");
        if (_range != (subnet.ActiveStart, subnet.ActiveEnd)) Build(_leases.All.ToList());
        var rules = new LeaseRules(subnet, catalog.Current, _leases);
        var request = new LeaseRequest(call.Token, call.Requested, call.Via);
        var now = time.GetUtcNow();
        var decision = call.Act switch
        {
            LeaseAct.Discover => rules.Discover(request, now),
            LeaseAct.Request => rules.Request(request, now),
            LeaseAct.Release => rules.Release(request, now),
            _ => rules.Decline(request, now),
        };
        if (decision.Changed.Count > 0)
        {
            foreach (var lease in decision.Changed) _leases.Put(lease);
            try
            {
                await StoreAsync(decision.Changed);
            }
            catch (Exception e) when (e is StaleEpochException or System.Data.Common.DbException or TimeoutException)
            {
                LogWriteFailed(e, Name);
                DeactivateOnIdle();
                return new LeaseAnswer(LeaseVerdict.Silence, null, null, "the lease could not be stored");
            }
        }

        return new LeaseAnswer(decision.Verdict, decision.Lease is null ? null : Json.Write(decision.Lease), decision.Reservation is null ? null : Json.Write(decision.Reservation), decision.Reason);
    }

    /// <inheritdoc/>
    public Task<string?> HolderOf(uint address)
        => Task.FromResult(_leases.At(address) is { Token.Length: > 0 } lease && lease.IsLive(time.GetUtcNow()) ? lease.Token : null);

    /// <inheritdoc/>
    public async Task<Reply> DeleteLease(uint address)
    {
        if (_leases.At(address) is not { } lease) return Reply.Fail(ApiError.NotFound("leases", IPv4.Format(address), "DELETE"));
        await store.DeleteAsync(Name, _epoch, address, CancellationToken.None);
        _leases.Remove(address);
        return Reply.Ok(Json.Write(lease));
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
                _batch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                try
                {
                    await store.WriteAsync(Name, _epoch, leases, CancellationToken.None);
                    batch.SetResult();
                }
                catch (Exception e)
                {
                    batch.SetException(e);
                }
            }
        }
        finally
        {
            _writing = false;
        }
    }

    private void Build(IEnumerable<Lease> leases)
    {
        var subnet = catalog.Current.Subnets.GetValueOrDefault(Name);
        _range = (subnet?.ActiveStart ?? "", subnet?.ActiveEnd ?? "");
        var hasRange = subnet is { OnlyReservations: false } && IPv4.TryParse(_range.Start, out _) && IPv4.TryParse(_range.End, out _);
        _leases = hasRange ? new LeaseTable(IPv4.Parse(_range.Start), IPv4.Parse(_range.End), leases) : new LeaseTable(0, 0, leases);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "subnet {Subnet}: leases could not be stored; this activation ends")]
    private partial void LogWriteFailed(Exception exception, string subnet);
}
