using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Objects.Access;
using Anvil.Objects.Memory;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;
using Microsoft.Extensions.Logging;

namespace Anvil.Objects.Sheets;

/// <summary>Imports a sheet of machines: plans it as a whole, then makes reservations, then machines.</summary>
public sealed partial class SheetImport(IMachineQueries queries, IReservationStore reservations, ICatalog catalog, GrainFinder grains,
    IDatabaseFaults faults, ParamKeys keys, ChangeAllowance allowance, TimeProvider time,
    ILogger<SheetImport> logger)
{
    /// <summary>Words of an import.</summary>
    public static VerbWords Words { get; } = new("dryRun", VerbWords.DryRun, "partial");

    /// <summary>Machines at once: enough to keep the database's group commits full.</summary>
    private const int Parallel = 32;

    /// <summary>Most problems that a report tells; how many rows have some it tells in any case.</summary>
    private const int MostProblems = 10_000;

    /// <summary>Most changed fields that a report shows, and the most characters of each of their values.</summary>
    private const int MostFields = 100_000;

    /// <inheritdoc cref="MostFields"/>
    private const int LongestValue = 200;

    /// <summary>Problems of an import that its line in the log tells.</summary>
    private const int ProblemsInLog = 5;

    /// <summary>A report tells what the machines have, and a row that changes nothing that they have it: who imports may read
    /// them.</summary>
    private static readonly (string Scope, string Action)[] Rights = [("machines", "create"), ("machines", "update"),
        ("machines", "get"), ("reservations", "create"), ("reservations", "delete"), ("reservations", "get")];

    /// <summary>Refuses who may not import.</summary>
    /// <exception cref="ApiException">403.</exception>
    public void Require(ObjectRequest request)
    {
        foreach (var (scope, action) in Rights.Where(r => !request.Principal.May(r.Scope, r.Action, "*")))
            throw request.Refusal(scope, action, "*", isHidden: false);
    }

    /// <summary>
    /// Plans a sheet, and unless it is a dry run or something is wrong, carries it out. Once it has begun to it goes on to its end,
    /// whoever waits for that or does not: half a sheet is nobody's wish. What came of it is in the log as well.
    /// </summary>
    /// <param name="sheet">The sheet.</param>
    /// <param name="request">Who imports.</param>
    /// <param name="dryRun">Only say what would change.</param>
    /// <param name="partial">Import the good rows although others are bad.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Ends it while it is planned.</param>
    /// <exception cref="ApiException">403, or the reservations are refused; 503: no room for the largest of the machines.</exception>
    /// <exception cref="SheetException">The machines that it names have too much in its columns.</exception>
    public async Task<ImportReport> RunAsync(
        Sheet sheet, ObjectRequest request, bool dryRun, bool partial, Func<ImportProgress, Task> progress, CancellationToken cancellation)
    {
        Require(request);
        var problems = new List<SheetProblem>();
        var columns = MachineSheet.Columns(sheet.Header, problems);
        if (problems.Count > 0)
            return new ImportReport(dryRun, sheet.Rows.Count, 0, 0, 0, sheet.Rows.Count + 1, problems, []) { HasNoHeader = true };
        var (names, macs) = MachineSheet.Keys(sheet, columns);
        var known = catalog.Current;
        var addresses = MachineSheet.Addresses(sheet, columns);
        var (machines, large) = await KnownAsync(names, macs, addresses, columns, known, cancellation);
        var tokens = macs.Concat(machines.SelectMany(m => m.HardwareAddrs)).ToList();
        var reserved = new ReservationBook(await reservations.FindManyAsync(addresses, tokens, cancellation));
        // Only what is to be done is kept: a row that is refused has told why.
        var (refused, unchanged, work) = (0, 0, new List<RowPlan>());
        var plans = MachineSheet.Plan(sheet, columns, new MachinesOfSheet(machines), known, reserved, keys, time.GetUtcNow(),
            () => Guid.NewGuid().ToString(), request.RightsOfUser,
            request.Principal.Kind == PrincipalKind.User ? request.Principal.Name : "");
        foreach (var plan in plans)
        {
            cancellation.ThrowIfCancellationRequested();
            problems.AddRange(plan.Problems.Take(MostProblems - problems.Count));
            if (plan.Action == RowAction.Refuse) refused++;
            else if (plan.Action == RowAction.None) unchanged++;
            else work.Add(plan);
        }

        var rows = sheet.Rows.Count;
        if (dryRun || (refused > 0 && !partial)) return Report(dryRun, rows, unchanged, refused, problems, dryRun ? work : []);

        allowance.Take(request.Principal, "machines", "*", work.Count);
        var largest = work.Max(p => (long?)large.GetValueOrDefault(p.Machine.Uuid)) ?? 0;
        if (request.Room is { } room) await room.TakeAsync(largest, cancellation);
        var steps = work.Where(p => p.Step != 0).GroupBy(p => p.Step).Select(g => g.ToList()).ToList();
        var alone = work.Where(p => p.Step == 0).ToList();
        await ReserveAsync(alone, request);
        var failed = new ConcurrentDictionary<int, SheetProblem>();
        var done = 0;
        foreach (var step in steps)
        {
            if (await MoveAsync(step, request) is { } error)
                foreach (var plan in step) failed[plan.Row] = new SheetProblem(plan.Row, "", Named(step, error));
            done += step.Count;
        }

        using var telling = new SemaphoreSlim(1, 1);
        using var largeOnes = new SemaphoreSlim(1, 1);
        await System.Threading.Tasks.Parallel.ForEachAsync(alone, new ParallelOptions { MaxDegreeOfParallelism = Parallel },
            async (plan, _) =>
        {
            var isLarge = large.ContainsKey(plan.Machine.Uuid);
            if (isLarge) await largeOnes.WaitAsync(CancellationToken.None);
            MachineAnswer reply;
            try
            {
                reply = await StoreAsync(plan, request);
            }
            finally
            {
                if (isLarge) largeOnes.Release();
            }

            if (reply.Error is { } error) failed[plan.Row] = new SheetProblem(plan.Row, "", string.Join("; ", error.Messages));
            var count = Interlocked.Increment(ref done);
            if ((count % 100 != 0 && count != work.Count) || cancellation.IsCancellationRequested) return;
            await telling.WaitAsync(CancellationToken.None);
            try
            {
                await progress(new ImportProgress(count, work.Count));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // Who asked is gone, or does not read; the sheet is imported all the same.
            }
            finally
            {
                telling.Release();
            }
        });
        problems.AddRange(failed.Values.OrderBy(p => p.Row).Take(MostProblems - problems.Count));
        var report = Report(false, rows, unchanged, refused + failed.Count, problems,
            [.. work.Where(p => !failed.ContainsKey(p.Row))]);
        LogImported(request.Principal.Name, rows, report.Created, report.Updated, unchanged, report.Failed,
            cancellation.IsCancellationRequested ? "; who sent it has not waited for the report" : "",
            string.Concat(problems.Take(ProblemsInLog).Select(p => $"; row {p.Row}: {p.Message}")));
        return report;
    }

    /// <summary>
    /// The machines that a sheet leads to, as far as it is compared with them, and the octets of those that are large. They are read one
    /// by one: no more than one is held whole.
    /// </summary>
    private async Task<(IReadOnlyList<Machine> Known, IReadOnlyDictionary<string, long> Large)> KnownAsync(
        IReadOnlyCollection<string> names, IReadOnlyCollection<string> macs, IReadOnlyCollection<uint> addresses,
        IReadOnlyList<SheetColumn> columns, CatalogSnapshot snapshot, CancellationToken cancellation)
    {
        var known = new Dictionary<string, Machine>(StringComparer.Ordinal);
        var large = new Dictionary<string, long>(StringComparer.Ordinal);
        var octets = 0L;
        await foreach (var machine in queries.FindEachAsync(names, macs, cancellation)
            .Concat(queries.WithAddressesAsync(addresses, cancellation)).WithCancellation(cancellation))
        {
            if (known.ContainsKey(machine.Uuid)) continue;
            if (DocumentSize.Of(machine) is > MemoryBudgets.Small and var size) large[machine.Uuid] = size;
            var compared = MachineSheet.Compared(machine, columns, snapshot, keys);
            octets += DocumentSize.Of(compared);
            if (octets > MachineSheet.MostKnown)
                throw new SheetException($"the machines that the sheet names have more than {MachineSheet.MostKnown >> 20} MiB in its "
                    + "columns: import it in parts");
            known.Add(machine.Uuid, compared);
        }

        return ([.. known.Values], large);
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
        var (written, removed) = ReservationsOf(work);
        if (written.Count + removed.Count == 0) return;
        var merge = new CatalogMerge("reservations", written, removed, request.Terms());
        var answer = await GrainCalls.ActAsync(() => grains.Catalog.MergeAll(merge));
        if (answer.Error is { } error) throw new ApiException(error);
    }

    private static (List<Reservation> Written, List<string> Removed) ReservationsOf(IReadOnlyList<RowPlan> work)
        => (work.Select(p => p.Reservation).OfType<Reservation>().DistinctBy(r => r.Key).ToList(),
            work.SelectMany(p => p.EndedReservations).Distinct(StringComparer.Ordinal).ToList());

    /// <summary>Carries out what goes together, with its reservations, all or nothing; what went wrong, if anything has.</summary>
    private async Task<ApiError?> MoveAsync(List<RowPlan> step, ObjectRequest request)
    {
        var (written, removed) = ReservationsOf(step);
        var moves = new MachineMoves(
            [.. step.Select(p => p.Action == RowAction.Create ? new MachineMove(p.Machine.Uuid, "") { Made = p.Machine }
                : new MachineMove(p.Machine.Uuid, Patch(p).ToJsonString(Json.Options)))], written, removed, request.Terms());
        try
        {
            return (await GrainCalls.ActAsync(() => grains.Catalog.MoveMachines(moves))).Error;
        }
        catch (Exception e) when (e is Orleans.Runtime.OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            return new ApiError("machines", "", "IMPORT", [Trouble(e)], 503);
        }
    }

    /// <summary>An error of a step, with the machines' names for their uuids.</summary>
    private static string Named(List<RowPlan> step, ApiError error)
    {
        var text = string.Join("; ", error.Messages);
        foreach (var plan in step.Where(p => text.Contains(p.Machine.Uuid, StringComparison.Ordinal)))
            text = text.Replace(plan.Machine.Uuid, plan.Name, StringComparison.Ordinal);
        return text;
    }

    private async Task<MachineAnswer> StoreAsync(RowPlan plan, ObjectRequest request)
    {
        var grain = grains.Machine(plan.Machine.Uuid);
        try
        {
            return plan.Action == RowAction.Create
                ? await GrainCalls.ActAsync(() => grain.Make(new MachineWrite(plan.Machine, new ChangeTerms(request.Actor()))))
                : await GrainCalls.ActAsync(
                    () => grain.Amend(new DocumentPatch(Patch(plan).ToJsonString(Json.Options), new ChangeTerms(request.Actor()))));
        }
        catch (Exception e) when (e is Orleans.Runtime.OrleansException or TimeoutException || DatabaseFailure.Is(e))
        {
            return new MachineAnswer(503, null, new ApiError("machines", plan.Machine.Uuid, "IMPORT", [Trouble(e)], 503), 0);
        }
    }

    private string Trouble(Exception exception) => faults.Of(exception) is { } fault
        ? $"not stored, or not surely: {fault.With("import the sheet again")}"
        : exception is TimeoutException
            ? "not stored, or not surely: the silo that has the machine did not answer in time; import the sheet again"
            : "not stored, or not surely: the machine is moving to another silo; import the sheet again";

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

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{Who} has imported a sheet of {Rows} rows: {Created} machines made, {Updated} changed, {Unchanged} rows said what is "
            + "so, "
            + "{Failed} failed{Gone}{Problems}")]
    private partial void LogImported(string who, int rows, int created, int updated, int unchanged, int failed, string gone,
        string problems);
}
