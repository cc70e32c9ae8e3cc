using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Anvil.Cli;

/// <summary>`anvil import` and `anvil export`: the known network from a sheet, and back.</summary>
internal sealed class SheetCommands(Connection connection) : CommandGroup(connection)
{
    /// <summary>The commands.</summary>
    public IEnumerable<Command> Build()
    {
        var file = new Argument<string>(
            "file")
        {
            Description = "CSV or XLSX; its first row names the columns: Name, MACs, Address, Profiles, Workflow, BootEnv, "
                + "Arch, BMC, Description, param:NAME, Params"
        };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Only show what would change" };
        var partial = new Option<bool>("--partial") { Description = "Import the good rows although others are bad" };
        var import = new Command("import", "Makes and changes machines as a sheet says: all of it, or nothing when a row is bad") { file,
            dryRun, partial };
        Act(import, (parsed, api, output, cancellation) =>
            ImportAsync(api, output, parsed.GetRequiredValue(file), parsed.GetValue(dryRun), parsed.GetValue(partial), cancellation));

        var target = new Argument<string>("file") { Description = "File to write: .xlsx, or else CSV; - for standard output" };
        var export = new Command("export", "Writes all machines to a sheet that can be imported again") { target };
        Act(export, (parsed, api, _, cancellation) => ExportAsync(api, parsed.GetRequiredValue(target), cancellation));
        return [import, export];
    }

    private static async Task<int> ImportAsync(AnvilApi api, Output output, string file, bool dryRun, bool partial,
        CancellationToken cancellation)
    {
        var lines = api.UploadAsync($"machines/import?dryRun={(dryRun ? "true" : "false")}&partial={(partial ? "true" : "false")}", file,
            cancellation);
        JsonNode? report = null;
        async Task ReadAsync(Action<double> tell)
        {
            await foreach (var line in lines)
            {
                if (line["Progress"] is { } progress)
                    tell(100.0 * progress["Done"]!.GetValue<int>() / Math.Max(1, progress["Total"]!.GetValue<int>()));
                report = line["Report"] ?? report;
            }
        }

        if (output.IsJson) await ReadAsync(_ => { });
        else await output.Console.Progress().HideCompleted(true).AutoClear(true).StartAsync(async context =>
        {
            var bar = context.AddTask(dryRun ? "plans" : "imports");
            await ReadAsync(done => bar.Value = done);
            bar.Value = 100;
        });
        if (report is null) throw new CliException("the server ended the import in the middle: import the sheet again");
        await ShowAsync(output, report, dryRun, partial);
        return report["Failed"]!.GetValue<int>() == 0 ? 0 : 1;
    }

    private static async Task ShowAsync(Output output, JsonNode report, bool dryRun, bool partial)
    {
        if (output.IsJson)
        {
            await output.JsonAsync(report);
            return;
        }

        var problems = (JsonArray)report["Problems"]!;
        if (problems.Count > 0)
        {
            await output.ListAsync(Rows(problems), ("Row", p => p.Text("Row")), ("Column", p => p.Text("Column")),
                ("Problem", p => p.Text("Message")));
        }

        if (dryRun)
        {
            var changes = ((JsonArray)report["Changes"]!).SelectMany(row => ((JsonArray)row!["Fields"]!).Select(field => new JsonObject
            {
                ["Row"] = row.Text("Row"),
                ["Name"] = row.Text("Name"),
                ["Action"] = row.Text("Action").ToLowerInvariant(),
                ["Column"] = field!.Text("Column"),
                ["From"] = field!.Text("From"),
                ["To"] = field!.Text("To"),
            }));
            await output.ListAsync(Rows([.. changes]), ("Row", c => c.Text("Row")), ("Machine", c => c.Text("Name")),
                ("", c => c.Text("Action")), ("Field", c => c.Text("Column")), ("From", c => c.Text("From")), ("To", c => c.Text("To")));
        }

        // A server of the version before says nothing of it.
        if (report["IsShortened"]?.GetValue<bool>() == true) output.Line($"[yellow]and more than are shown here[/]");
        var failed = report["Failed"]!.GetValue<int>();
        var would = dryRun ? "would be " : "";
        if (problems.Any(p => p!["Row"]!.GetValue<int>() == 1)) output.Line($"[red]the header is wrong; nothing was imported[/]");
        else if (failed > 0 && !dryRun && !partial && report["Created"]!.GetValue<int>() + report["Updated"]!.GetValue<int>() == 0)
            output.Line($"[red]{failed} of {report["Rows"]!.GetValue<int>()} rows are bad; nothing was imported[/]");
        else
        {
            var (created, updated) = (report["Created"]!.GetValue<int>(), report["Updated"]!.GetValue<int>());
            var (rows, same) = (report["Rows"]!.GetValue<int>(), report["Unchanged"]!.GetValue<int>());
            output.Line($"{rows} rows: {created} {would}created, {updated} {would}changed, {same} as they are, {failed} bad");
        }
    }

    private static async Task ExportAsync(AnvilApi api, string file, CancellationToken cancellation)
    {
        var format = file.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase) ? "xlsx" : "csv";
        if (file == "-")
        {
            await using var output = Console.OpenStandardOutput();
            await api.DownloadAsync($"machines/export?format={format}", output, cancellation);
            return;
        }

        // A file that is there is replaced only by a whole one.
        var part = file + ".part";
        try
        {
            await using (var target = File.Create(part)) await api.DownloadAsync($"machines/export?format={format}", target, cancellation);
            File.Move(part, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
