using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;

namespace Anvil.Objects.Sheets;

/// <summary>Imports a sheet of machines: plans it as a whole, then makes reservations, then machines.</summary>
public sealed class SheetImport(IMachineQueries queries, IReservationStore reservations, ICatalog catalog, IGrainFactory grains,
    TimeProvider time)
{
    /// <summary>Machines at once: enough to keep the database's group commits full.</summary>
    private const int Parallel = 32;

    /// <summary>Most problems that a report tells; how many rows have some it tells in any case.</summary>
    private const int MostProblems = 10_000;

    /// <summary>Most changed fields that a report shows, and the most characters of each of their values.</summary>
    private const int MostFields = 100_000;

    /// <inheritdoc cref="MostFields"/>
    private const int LongestValue = 200;

    private static readonly (string Scope, string Action)[] Rights = [("machines", "create"), ("machines", "update"),
        ("reservations", "create"), ("reservations", "delete")];

    /// <summary>Refuses who may not import.</summary>
    /// <exception cref="ApiException">403.</exception>
    public void Require(ObjectRequest request)
    {
        foreach (var (scope, action) in Rights) request.Require(scope, action, "*");
    }

    /// <summary>Plans a sheet, and unless it is a dry run or something is wrong, carries it out.</summary>
    /// <param name="sheet">The sheet.</param>
    /// <param name="request">Who imports.</param>
    /// <param name="dryRun">Only say what would change.</param>
    /// <param name="partial">Import the good rows although others are bad.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends it between two machines.</param>
    /// <exception cref="ApiException">403, or the reservations are refused.</exception>
    public async Task<ImportReport> RunAsync(
        Sheet sheet, ObjectRequest request, bool dryRun, bool partial, Func<ImportProgress, Task> progress, CancellationToken cancellation)
    {
        Require(request);
        var problems = new List<SheetProblem>();
        var columns = MachineSheet.Columns(sheet.Header, problems);
        if (problems.Count > 0) return new ImportReport(dryRun, sheet.Rows.Count, 0, 0, 0, sheet.Rows.Count, problems, []);
        var (names, macs) = MachineSheet.Keys(sheet, columns);
        var machines = await queries.FindManyAsync(names, macs, cancellation);
        var tokens = macs.Concat(machines.SelectMany(m => m.HardwareAddrs)).ToList();
        var reserved = new ReservationBook(await reservations.FindManyAsync(MachineSheet.Addresses(sheet, columns), tokens, cancellation));
        // Only what is to be done is kept: a row that is refused has told why.
        var (refused, unchanged, work) = (0, 0, new List<RowPlan>());
        foreach (var plan in MachineSheet.Plan(sheet, columns, new MachinesOfSheet(machines), catalog.Current, reserved, time.GetUtcNow()))
        {
            cancellation.ThrowIfCancellationRequested();
            problems.AddRange(plan.Problems.Take(MostProblems - problems.Count));
            if (plan.Action == RowAction.Refuse) refused++;
            else if (plan.Action == RowAction.None) unchanged++;
            else work.Add(plan);
        }

        var rows = sheet.Rows.Count;
        if (dryRun || (refused > 0 && !partial)) return Report(dryRun, rows, unchanged, refused, problems, dryRun ? work : []);

        await ReserveAsync(work, request);
        var failed = new ConcurrentDictionary<int, SheetProblem>();
        var done = 0;
        using var telling = new SemaphoreSlim(1, 1);
        await System.Threading.Tasks.Parallel.ForEachAsync(work,
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation }, async (plan, _) =>
        {
            var reply = await StoreAsync(plan, request);
            if (reply.Error is { } error) failed[plan.Row] = new SheetProblem(plan.Row, "", string.Join("; ", error.Messages));
            var count = Interlocked.Increment(ref done);
            if (count % 100 != 0 && count != work.Count) return;
            await telling.WaitAsync(cancellation);
            try
            {
                await progress(new ImportProgress(count, work.Count));
            }
            finally
            {
                telling.Release();
            }
        });
        problems.AddRange(failed.Values.OrderBy(p => p.Row).Take(MostProblems - problems.Count));
        return Report(false, rows, unchanged, refused + failed.Count, problems, [.. work.Where(p => !failed.ContainsKey(p.Row))]);
    }

    private static ImportReport Report(bool dryRun, int rows, int unchanged, int failed, IReadOnlyList<SheetProblem> problems,
        IReadOnlyList<RowPlan> done)
    {
        var fields = 0;
        var shown = new List<ImportedRow>(done.Count);
        foreach (var plan in done)
        {
            SheetChange[] changes = [.. plan.Changes.Take(MostFields - fields).Select(Short)];
            fields += changes.Length;
            shown.Add(new ImportedRow(plan.Row, plan.Name, dryRun && plan.Action == RowAction.Create ? "" : plan.Machine.Uuid,
                plan.Action.ToString(), changes));
        }

        return new ImportReport(dryRun, rows, done.Count(p => p.Action == RowAction.Create), done.Count(p => p.Action == RowAction.Update),
            unchanged, failed, problems, shown)
        {
            IsShortened = fields == MostFields || problems.Count == MostProblems,
        };
    }

    private static SheetChange Short(SheetChange change) => new(change.Column, SheetColumn.Short(change.From, LongestValue),
        SheetColumn.Short(change.To, LongestValue));

    /// <summary>Reservations first: the first packet of a machine shall find its address.</summary>
    private async Task ReserveAsync(IReadOnlyList<RowPlan> work, ObjectRequest request)
    {
        var written = work.Select(p => p.Reservation).OfType<Reservation>().DistinctBy(r => r.Key).ToList();
        var removed = work.SelectMany(p => p.EndedReservations).Except(written.Select(r => r.Key), StringComparer.Ordinal).ToList();
        if (written.Count + removed.Count == 0) return;
        var merge = new CatalogMerge("reservations", written, removed, request.Terms());
        var answer = await GrainCalls.ActAsync(() => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog).MergeAll(merge));
        if (answer.Error is { } error) throw new ApiException(error);
    }

    private async Task<MachineAnswer> StoreAsync(RowPlan plan, ObjectRequest request)
    {
        var grain = grains.GetGrain<IMachineGrain>(GrainKeys.Machine(plan.Machine.Uuid));
        try
        {
            return plan.Action == RowAction.Create
                ? await GrainCalls.ActAsync(() => grain.Make(new MachineWrite(plan.Machine, new ChangeTerms(request.Actor()))))
                : await GrainCalls.ActAsync(
                    () => grain.Amend(new DocumentPatch(Patch(plan).ToJsonString(Json.Options), new ChangeTerms(request.Actor()))));
        }
        catch (Exception e) when (e is Orleans.Runtime.OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            return new MachineAnswer(503, null,
                new ApiError("machines", plan.Machine.Uuid, "IMPORT", [$"not stored, or not surely: {e.Message}; import the sheet again"],
                    503), 0);
        }
    }

    /// <summary>Only what the row changes, so that what others change meanwhile stays.</summary>
    private static JsonArray Patch(RowPlan plan)
    {
        var machine = plan.Machine;
        var patch = new JsonArray();
        void Set(string path, JsonNode? value) => patch.Add(new JsonObject { ["op"] = "add", ["path"] = path, ["value"] = value });
        foreach (var change in plan.Changes)
        {
            var column = SheetColumn.Parse(change.Column);
            switch (column?.Field)
            {
                case SheetField.Name: Set("/Name", machine.Name); break;
                case SheetField.Macs: Set("/HardwareAddrs", Json.Node(machine)["HardwareAddrs"]!.DeepClone()); break;
                case SheetField.Address: Set("/Address", machine.Address); break;
                case SheetField.Profiles: Set("/Profiles", Json.Node(machine)["Profiles"]!.DeepClone()); break;
                case SheetField.Workflow: Set("/Workflow", machine.Workflow); break;
                case SheetField.BootEnv: Set("/BootEnv", machine.BootEnv); break;
                case SheetField.Arch: Set("/Arch", machine.Arch); break;
                case SheetField.Description: Set("/Description", machine.Description); break;
                case SheetField.Bmc or SheetField.Param:
                    if (machine.Params.TryGetValue(column.Param, out var value))
                        Set($"/Params/{JsonPatch.Escape(column.Param)}", JsonNode.Parse(value.GetRawText()));
                    else patch.Add(new JsonObject { ["op"] = "remove", ["path"] = $"/Params/{JsonPatch.Escape(column.Param)}" });
                    break;
            }
        }

        foreach (var memory in machine.Meta.Where(m => m.Key is MachineSheet.WorkflowMemory or MachineSheet.BootEnvMemory))
            Set($"/Meta/{memory.Key}", memory.Value);
        return patch;
    }
}
