using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;

namespace Anvil.Grains.Retention;

/// <summary>
/// Deletes machines that registered themselves and came to nothing: they would shut others out, as only so many wait. Whoever comes back
/// registers itself again.
/// </summary>
public sealed class UnapprovedMachines(IMachineQueries queries, ILeaseStore leases, GrainFinder grains, ICatalog catalog,
    TimeProvider time)
{
    /// <summary>Machines that are read at once: each may have as many facts as it may.</summary>
    private const int Piece = 32;

    /// <summary>Who deletes them, as events say.</summary>
    private static readonly Actor Retention = new("retention", IsMachine: false, MayUpdateTaskList: false);

    /// <summary>Deletes those that have not been seen for so long, and that nobody has done anything with.</summary>
    /// <returns>How many.</returns>
    public async Task<long> TrimAsync(RetentionBound bound, CancellationToken cancellation)
    {
        var (rows, before) = (0L, time.GetUtcNow() - bound.Age);
        IReadOnlyList<Machine> piece = [];
        for (var after = ""; after.Length == 0 || piece.Count == Piece; after = piece[^1].Uuid)
        {
            piece = await queries.UnapprovedAsync(after, Piece, cancellation);
            foreach (var machine in piece.Where(m => StrangersCard.IsLeftAlone(m, before)))
            {
                if (await DeleteAsync(machine, before, cancellation)) rows++;
            }

            if (piece.Count == 0) break;
            await Task.Yield();
        }

        return rows;
    }

    private async Task<bool> DeleteAsync(Machine machine, DateTimeOffset before, CancellationToken cancellation)
    {
        if ((await leases.LiveOfAsync(machine.HardwareAddrs, time.GetUtcNow(), cancellation)).Count > 0) return false;
        var grain = grains.Machine(machine.Uuid);
        // What it was seen for, and not yet written, the grain knows.
        var read = await GrainCalls.AskAsync(grain.Read);
        if (read.Machine is not { } now || !StrangersCard.IsLeftAlone(now, before)) return false;
        var terms = new ChangeTerms(Retention) { IfRevision = read.Revision };
        if ((await GrainCalls.ActAsync(() => grain.Remove(terms))).Error is not null) return false;
        // Whoever comes back with its uuid is no tenant's. Where this fails, that is seen to when it does.
        if (catalog.Current.IsMember("machines", machine.Uuid))
            await GrainCalls.AskAsync(() => grains.Catalog.Leave(new MemberGone("machines", machine.Uuid, new ChangeTerms(Retention))));
        return true;
    }
}
