using System.Collections.Concurrent;
using System.Globalization;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Grains.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;
using Anvil.Storage;
using Microsoft.Extensions.Logging;

namespace Anvil.Grains.Machines;

/// <summary>
/// Carries out a step of several machines for the catalog's grain. Each machine's grain says what its part comes to; all parts and the
/// reservations are stored in one transaction, while each machine is still of the version that its part was made upon; then each grain
/// reads its row. Whoever dies in between leaves all or nothing, and grains that read their rows again until the time is over.
/// </summary>
public sealed partial class MachineMover(GrainFinder grains, ReservationWriter reservations, IMachineMoveStore store, TimeProvider time,
    ILogger<MachineMover> logger)
{
    /// <summary>How long a machine's grain reads its row again, after it has said what its part comes to.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>How long a step may take to be stored.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const int Attempts = 5;
    private const int Parallel = 16;
    private const int MostProblems = JsonLimits.Problems;

    /// <summary>Carries a step out, all or nothing.</summary>
    public async Task<CatalogAnswer> MoveAsync(MachineMoves moves)
    {
        if (moves.Moves.Count > MachineMoves.Most)
            return Refused(ApiError.BadRequest("machines", "", "IMPORT", $"at most {MachineMoves.Most} machines change in one step"));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(moves);
            }
            catch (StaleMachineException e)
            {
                if (attempt == Attempts) return Refused(ApiError.Conflict("machines", "", "IMPORT", $"{e.Message}; try again"));
            }
        }
    }

    private static CatalogAnswer Refused(ApiError error) => new(error.Code, null, error, 0);

    private async Task<CatalogAnswer> TryAsync(MachineMoves moves)
    {
        var began = time.GetTimestamp();
        var prepared = new ConcurrentDictionary<string, PreparedMove>(StringComparer.Ordinal);
        try
        {
            await System.Threading.Tasks.Parallel.ForEachAsync(moves.Moves, new ParallelOptions { MaxDegreeOfParallelism = Parallel },
                async (move, _) => prepared[move.Uuid] = await GrainCalls.AskAsync(
                    () => grains.Machine(move.Uuid).Prepare(move, moves.Terms)));
            var problems = Problems(moves, prepared).Take(MostProblems).ToList();
            if (problems.Count > 0) return Refused(ApiError.Invalid("machines", "", problems));
            List<MachineRow> rows = [.. prepared.Select(p => new MachineRow(p.Key, GrainKeys.Machine(p.Key), p.Value.Name, p.Value.State,
                p.Value.Version.Length == 0 ? null : long.Parse(p.Value.Version, CultureInfo.InvariantCulture)))];
            return await reservations.MergeAsync([.. moves.Written.Cast<Reservation>()], moves.Removed, moves.Terms,
                (revision, changes) => StoreAsync(revision, changes, moves, rows, began));
        }
        finally
        {
            await System.Threading.Tasks.Parallel.ForEachAsync(prepared.Keys, new ParallelOptions { MaxDegreeOfParallelism = Parallel },
                async (uuid, _) => await SettleAsync(uuid));
        }
    }

    private static IEnumerable<string> Problems(MachineMoves moves, ConcurrentDictionary<string, PreparedMove> prepared)
    {
        if (prepared.Values.Sum(p => (long)p.State.Length) > MachineMoves.MostOctets)
            yield return $"machines that change in one step have at most {MachineMoves.MostOctets >> 20} MiB together";
        foreach (var move in moves.Moves)
        {
            var part = prepared[move.Uuid];
            foreach (var message in part.Error?.Messages ?? []) yield return $"{move.Uuid}: {message}";
            if (part.Holder.Length > 0 && !prepared.ContainsKey(part.Holder))
                yield return $"{move.Uuid}: another machine has its Address by now";
        }
    }

    private async Task<long?> StoreAsync(long revision, IReadOnlyList<CatalogChange> changes, MachineMoves moves,
        IReadOnlyList<MachineRow> rows, long began)
    {
        using var end = new CancellationTokenSource(Patience, time);
        try
        {
            if (time.GetElapsedTime(began) > Patience) throw new OperationCanceledException(end.Token);
            return await store.WriteAsync(revision, changes, moves.Terms.Actor.Name, rows, end.Token);
        }
        catch (OperationCanceledException)
        {
            throw new ApiException(new ApiError("machines", "", "IMPORT", ["the step took too long, and was not carried out"], 503));
        }
        catch (Exception e) when (UniqueViolation.Of(e) is { } rule)
        {
            throw new ApiException(ApiError.Invalid("machines", "", $"{UniqueRule.Broken(rule)} by now"));
        }
    }

    private async Task SettleAsync(string uuid)
    {
        try
        {
            await GrainCalls.AskAsync(() => grains.Machine(uuid).Settle());
        }
        catch (Exception e) when (e is OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            // It reads its row by itself.
            LogNotSettled(e, uuid);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "machine {Uuid} could not be told that a step is over; it reads its row by itself")]
    private partial void LogNotSettled(Exception exception, string uuid);
}
