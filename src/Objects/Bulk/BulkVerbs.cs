using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Objects.Kinds;
using Anvil.Objects.Trials;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Anvil.Objects.Bulk;

/// <summary>
/// One call for many machines: each is changed, deleted, approved of or acted upon by the verb that does it to one, with that verb's
/// rights, checks and events. There is no other right, and nothing that goes together: what is done to one machine stays done.
/// </summary>
public sealed partial class BulkVerbs(ObjectFloor floor, MachineObjects machines, MachineVerbs verbs, ActionVerbs actions,
    IMachineQueries queries, ICatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<BulkVerbs> logger)
{
    private const string Kind = "machines";
    private const string Type = "BULK";

    /// <summary>How often a patch that looks at its machine is made anew, where that has changed meanwhile.</summary>
    private const int Attempts = 3;

    /// <summary>After this long no further machine is begun.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How often it is looked whether the requester still has its rights.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Words of a list that say nothing of which machines are meant.</summary>
    private static readonly string[] OfNoFilter =
        ["slim", "params", "decode", "after", "token", "force", "noproxy", "fields", VerbWords.DryRun];

    /// <summary>Words of the call.</summary>
    public static VerbWords Words { get; } = VerbWords.Set;

    /// <summary>Reads what is asked for, and finds the machines. Nothing is done yet.</summary>
    /// <exception cref="ApiException">
    /// 400: it cannot be meant; 403: no right to list machines, or no person asks; 406: the filter is not understood; 413; 422: more
    /// machines than are to be.
    /// </exception>
    public async Task<BulkPlan> PlanAsync(ReadOnlyMemory<byte> body, ObjectRequest request, CancellationToken cancellation)
    {
        // A machine's changes are counted one by one, and its jobs have the verbs of one machine.
        if (request.Principal.Kind != PrincipalKind.User)
            throw new ApiException(new ApiError(Kind, "", "AUTH", [$"Cannot access {request.Place}", "Requires: a user"], 403));
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest(Kind, "", Type, "an object is needed"));
        // What is changed is sent to each of them.
        if (body.Length > BulkRequest.MostOctets)
            throw new ApiException(new ApiError(Kind, "", Type, [$"the body has at most {BulkRequest.MostOctets} octets"], 413));
        var wanted = DocumentReader.Read<BulkRequest>(body.Span, Kind, Type);
        if (wanted.Problems().ToList() is { Count: > 0 } problems)
            throw new ApiException(new ApiError(Kind, "", Type, problems, 400));
        var uuids = wanted.Uuids.Count > 0 ? Named(wanted.Uuids) : await ListedAsync(wanted.Filter, request, cancellation);
        var most = wanted.Most > 0 ? wanted.Most : BulkRequest.MostMachines;
        if (uuids.Count > most)
            throw new ApiException(ApiError.Invalid(Kind, "", uuids.Count > BulkRequest.MostMachines
                ? $"more than {BulkRequest.MostMachines} machines are meant, which is the most of one call: narrow Filter, or say limit"
                : $"{uuids.Count} machines are meant, more than Most ({most})"));
        return new BulkPlan(wanted, uuids, null);
    }

    /// <summary>A plan with the versions that its machines have now, where they are to have them still at their turn.</summary>
    public async Task<BulkPlan> HeldAsync(BulkPlan plan, ObjectRequest request, CancellationToken cancellation)
        => plan.Request.IfUnchanged ? plan with { Tags = await TagsAsync(plan.Uuids, request, cancellation) } : plan;

    /// <summary>Does what was planned.</summary>
    /// <param name="plan">What.</param>
    /// <param name="request">Who asks.</param>
    /// <param name="ended">Why the requester's right has ended; null while it has not.</param>
    /// <param name="tell">Is given each line, and the totals last.</param>
    /// <param name="gone">Nobody hears what is done any more: no further machine is begun.</param>
    public async Task RunAsync(BulkPlan plan, ObjectRequest request, Func<Task<string?>> ended, Func<object, Task> tell,
        CancellationToken gone)
    {
        using var turn = new SemaphoreSlim(1, 1);
        var (began, looked) = (time.GetTimestamp(), time.GetTimestamp());
        var run = new BulkRun(plan, uuid => OneAsync(uuid, plan, request, turn), async () =>
        {
            if (gone.IsCancellationRequested) return "whoever asked has gone";
            if (lifetime.ApplicationStopping.IsCancellationRequested) return "this gateway is ending: ask another one for the rest";
            if (time.GetElapsedTime(began) > Longest) return $"it took longer than {Longest.TotalMinutes:0} minutes";
            var last = Interlocked.Read(ref looked);
            if (time.GetElapsedTime(last) < Look || Interlocked.CompareExchange(ref looked, time.GetTimestamp(), last) != last) return "";
            return await ended() is { } reason ? $"no longer allowed: {reason}" : "";
        });
        var heard = true;
        await foreach (var line in run.LinesAsync())
        {
            if (!heard) continue;
            try
            {
                await tell(line);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                heard = false;
                run.Stop("whoever asked has gone");
            }
        }

        var totals = run.Totals(request.IsDryRun);
        var what = request.IsDryRun ? $"trial of {plan.Request.What}" : plan.Request.What;
        LogEnded(request.Principal.Name, what, totals.Machines, totals.Done, totals.Failed,
            totals.NotBegun, totals.Stopped.Length > 0 ? $": {totals.Stopped}" : "");
        if (heard) await tell(new { Totals = totals });
    }

    private static List<string> Named(IEnumerable<string> uuids)
        => [.. uuids.Select(u => UuidRules.TryRead(u, out var uuid) ? uuid : u).Distinct(StringComparer.Ordinal)];

    /// <summary>The machines of a filter, one more than a call takes at most.</summary>
    private async Task<IReadOnlyList<string>> ListedAsync(string filter, ObjectRequest request, CancellationToken cancellation)
    {
        if (!request.Principal.HasRight(Kind, "list", "*")) throw request.Refusal(Kind, "list", "*");
        var words = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var pair in filter.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Select(
            p => (Name: Decoded(p[0]), Value: p.Length > 1 ? Decoded(p[1]) : "")))
        {
            if (OfNoFilter.Contains(pair.Name, StringComparer.Ordinal))
                throw new ApiException(ApiError.BadRequest(Kind, "", Type, $"Filter: `{pair.Name}` says nothing of which machines"));
            words[pair.Name] = [.. words.GetValueOrDefault(pair.Name, []), pair.Value];
        }

        if (words.Keys.All(k => ListParser.PageWords.Contains(k, StringComparer.Ordinal)))
            throw new ApiException(ApiError.BadRequest(Kind, "", Type, "Filter names no field; for all machines it is Name=Ne()"));
        var query = ListParser.Query(machines.Fields, words, ParamUses.Of(catalog.Current));
        query = query with { Limit = Math.Min(query.Limit, BulkRequest.MostMachines + 1) };
        if (request.Principal.Reach is { } reach && reach.Limits(Kind)) query = query with { Among = machines.Within(reach) };
        return await queries.UuidsAsync(query, cancellation);
    }

    /// <summary>As a query is decoded.</summary>
    private static string Decoded(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    /// <summary>The versions that machines have now; one that the requester cannot read has none.</summary>
    private async Task<IReadOnlyDictionary<string, string>> TagsAsync(IReadOnlyList<string> uuids, ObjectRequest request,
        CancellationToken cancellation)
    {
        var tags = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var options = new ParallelOptions { MaxDegreeOfParallelism = BulkRequest.MostParallel, CancellationToken = cancellation };
        using var turn = new SemaphoreSlim(1, 1);
        await Parallel.ForEachAsync(uuids, options, async (uuid, token) =>
        {
            using var room = request.Room is { } share ? new BulkRoom(share, turn) : null;
            try
            {
                var one = request with { Room = room };
                await one.HoldAsync(uuid, queries, token);
                tags[uuid] = (await floor.RequireAsync(Kind, uuid, "get", "GET", one, token)).Tag;
            }
            catch (ApiException)
            {
                // It is told when its turn comes.
            }
        });
        return tags;
    }

    private async Task<BulkLine> OneAsync(string uuid, BulkPlan plan, ObjectRequest request, SemaphoreSlim turn)
    {
        using var room = request.Room is { } share ? new BulkRoom(share, turn) : null;
        // What a tenant lets somebody reach may have changed since it was asked.
        request = request with
        {
            Room = room,
            Principal = catalog.Current is var now && now.Users.ContainsKey(request.Principal.Name)
                ? request.Principal with { Reach = now.ReachOf(request.Principal.Name) } : request.Principal,
        };
        try
        {
            var wanted = plan.Request;
            // Who reads a large machine has room for it, and waits for none with it.
            if (plan.Tags is not null || wanted.LooksAtMachines || request.IsDryRun)
                await request.HoldAsync(uuid, queries, CancellationToken.None);
            if (plan.Tags is { } tags)
            {
                var found = await floor.RequireAsync(Kind, uuid, "get", "GET", request, CancellationToken.None);
                if (!tags.TryGetValue(uuid, out var tag) || found.Tag != tag)
                    throw new ApiException(new ApiError(Kind, uuid, Type, ["the object has changed since (IfUnchanged)"], 412));
                request = request with { IfMatch = EntityTags.Parse($"\"{tag}\"") };
            }

            if (wanted.IsChange) return await ChangeAsync(uuid, wanted, request);
            return Line(uuid, await (wanted.Delete ? floor.DeleteAsync(Kind, uuid, request, CancellationToken.None)
                : wanted.Approve ? verbs.ApproveAsync(uuid, request, CancellationToken.None)
                : actions.RunAsync(Kind, uuid, wanted.Action, request, CancellationToken.None)));
        }
        catch (ApiException e)
        {
            return new BulkLine(uuid, "", e.Error.Code, e.Error);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            return Failed(uuid, 503, "it cannot be done at the moment; read it before trying again");
        }
        catch (Exception e)
        {
            LogFailed(e, uuid, plan.Request.What);
            return Failed(uuid, 500, "internal error; see the server's log");
        }
    }

    private async Task<BulkLine> ChangeAsync(string uuid, BulkRequest wanted, ObjectRequest request)
    {
        for (var attempt = 1; ; attempt++)
        {
            var machine = !wanted.LooksAtMachines ? null
                : (Machine)(await floor.RequireAsync(Kind, uuid, "get", "PATCH", request, CancellationToken.None)).Document;
            var patch = wanted.PatchOf(machine);
            if (patch.GetArrayLength() == 0) return new BulkLine(uuid, machine!.Name, 200, null);
            var before = request.IsDryRun && request.Principal.May(Kind, "get", uuid)
                ? (await floor.GetAsync(Kind, uuid, request, CancellationToken.None)).Json : null;
            try
            {
                var changed = await floor.PatchAsync(Kind, uuid, Encoding.UTF8.GetBytes(patch.GetRawText()), request,
                    CancellationToken.None);
                return Line(uuid, changed) with { Fields = before is null ? [] : Differing(before, changed.Json) };
            }
            catch (ApiException e) when (e.Error.Code == 409 && machine is not null && attempt < Attempts)
            {
                // Somebody has changed what it was made from: it is made anew.
            }
        }
    }

    private static BulkLine Line(string uuid, ObjectAnswer answer)
        => new(uuid, answer.Json is { } json ? JsonNode.Parse(json)?[nameof(Machine.Name)]?.ToString() ?? "" : "", answer.Status, null);

    private static BulkLine Failed(string uuid, int status, string why)
        => new(uuid, "", status, new ApiError(Kind, uuid, Type, [why], status));

    /// <summary>The fields that two texts of a machine do not have in common.</summary>
    private static List<string> Differing(string before, string? after)
    {
        if (after is null || JsonNode.Parse(before) is not JsonObject old || JsonNode.Parse(after) is not JsonObject now) return [];
        return [.. now.Where(f => f.Key != WouldChange.Member && !JsonNode.DeepEquals(f.Value, old[f.Key])).Select(f => f.Key)];
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "bulk call of {User}, {What}: of {Machines} machines {Done} are done, {Failed} failed, {NotBegun} not begun{Reason}")]
    private partial void LogEnded(string user, string what, int machines, int done, int failed, int notBegun, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "machine {Uuid}: {What} in a bulk call failed")]
    private partial void LogFailed(Exception exception, string uuid, string what);
}
