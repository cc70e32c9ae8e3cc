using System.Text.Json;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Sheets;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Sheets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.Sheets;

/// <summary>POST /machines/import and GET /machines/export.</summary>
internal static class SheetEndpoints
{
    private const string Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    private const string Lines = "application/x-ndjson";

    /// <summary>Most sheets that are received or wait for their turn; each is a file of up to 64 MiB meanwhile.</summary>
    private const int MostAtOnce = 16;

    /// <summary>Of them those of one requester: who sends slowly leaves others their places.</summary>
    private const int MostOfOne = MostAtOnce / 2;

    public static void MapSheets(this IEndpointRouteBuilder api, SheetImport import, SheetExport export)
    {
        // A sheet of the longest kind takes some hundred MiB while it is looked at: one does so at a time.
        var turn = new SemaphoreSlim(1, 1);
        var received = new Shares(MostAtOnce);
        api.MapPost("/machines/import", async http =>
        {
            import.Require(http.Asked(SheetImport.Words));
            using var place = received.TryTake([(http.Requester(), MostOfOne)], out var full);
            if (place is null)
            {
                http.Response.Headers.RetryAfter = "10";
                throw new ApiException(new ApiError("machines", "", "IMPORT", [full!.Length == 0
                    ? $"{MostAtOnce} sheets are being imported already; try again"
                    : $"{full} imports {MostOfOne} sheets already; try again"], 429));
            }

            await ImportAsync(http, import, turn);
        });
        api.MapGet("/machines/export", http => ExportAsync(http, export));
    }

    private static async Task ImportAsync(HttpContext http, SheetImport import, SemaphoreSlim turn)
    {
        var asked = http.Asked(SheetImport.Words);
        var (dryRun, partial) = (asked.Flag("dryRun") || asked.IsDryRun, asked.Flag("partial"));
        // Who asks for lines is told how far it is; the last line is the report, whatever it says.
        var asLines = http.Request.Headers.Accept.ToString().Contains(Lines, StringComparison.OrdinalIgnoreCase);
        ImportReport report;
        // Who sends slowly waits for itself: its file is whole before it takes the turn, and its report is written after.
        await using (var file = await ReceiveAsync(http))
        {
            await turn.WaitAsync(http.RequestAborted);
            try
            {
                report = await import.RunAsync(SheetReader.Read(file.Stream), asked, dryRun, partial,
                    p => asLines ? LineAsync(http, new { Progress = p }) : Task.CompletedTask, http.RequestAborted);
            }
            catch (SheetException e)
            {
                throw new ApiException(ApiError.BadRequest("machines", "", "IMPORT", e.Message));
            }
            finally
            {
                turn.Release();
            }
        }

        if (http.RequestAborted.IsCancellationRequested) return;
        if (asLines) await LineAsync(http, new { Report = report });
        else await http.WriteObjectAsync(report,
            report.HasNoHeader || (report.Failed > 0 && !dryRun && !partial)
                ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
    }

    private static async Task ExportAsync(HttpContext http, SheetExport export)
    {
        var asked = http.Asked(SheetExport.Words);
        export.Require(asked);
        var rows = export.RowsAsync(asked.Principal.Reach, http.RequestAborted);
        switch (asked.Word("format"))
        {
            case "" or "csv":
                http.Response.ContentType = "text/csv; charset=utf-8";
                http.Response.Headers.ContentDisposition = "attachment; filename=machines.csv";
                await SheetWriter.WriteCsvAsync(http.Response.Body, rows, http.RequestAborted);
                break;
            case "xlsx":
                http.Response.ContentType = Xlsx;
                http.Response.Headers.ContentDisposition = "attachment; filename=machines.xlsx";
                await SheetWriter.WriteXlsxAsync(http.Response.Body, rows, http.RequestAborted);
                break;
            case var other: throw new ApiException(ApiError.BadRequest("machines", "", "EXPORT", $"format is csv or xlsx, not {other}"));
        }
    }

    private static async Task<TemporaryFile> ReceiveAsync(HttpContext http)
    {
        // Counted here: who sends more is told so, which it does not hear when the server hangs up in the middle.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        var file = new TemporaryFile();
        try
        {
            await http.CopyOctetsAsync(file.Stream, SheetReader.MostOctets, "machines",
                _ => new ApiError("machines", "", "IMPORT", [$"a sheet has at most {SheetReader.MostOctets >> 20} MiB"], 413));
            return file;
        }
        catch (Exception)
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static async Task LineAsync<T>(HttpContext http, T value)
    {
        if (!http.Response.HasStarted) http.Response.ContentType = Lines;
        await http.Response.WriteAsync(JsonSerializer.Serialize(value, Json.Options) + "\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
