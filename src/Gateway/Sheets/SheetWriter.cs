using CsvHelper;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Anvil.Gateway.Sheets;

/// <summary>Writes sheets row by row.</summary>
internal static class SheetWriter
{
    /// <summary>What a spreadsheet program takes for a formula when a cell of a CSV file begins with it (OWASP, CSV injection).</summary>
    private const string FormulaStarts = "=+-@\t\r";

    /// <summary>
    /// Writes CSV (RFC 4180, UTF-8). Cells that a spreadsheet program would run as a formula get a quote before them, which reading takes
    /// away.
    /// </summary>
    public static async Task WriteCsvAsync(Stream stream, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        await using var csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n", Injection = CsvInjection.Escape },
            leaveOpen: true);
        await foreach (var row in rows.WithCancellation(cancellation)) await csv.WriteRecordAsync([.. row], cancellation);
        await csv.FlushAsync(cancellation);
    }

    /// <summary>Writes XLSX: one worksheet of texts.</summary>
    public static async Task WriteXlsxAsync(Stream stream, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        using var document = SpreadsheetDocument.Create(stream, SpreadsheetDocumentType.Workbook);
        var workbook = document.AddWorkbookPart();
        var sheet = workbook.AddNewPart<WorksheetPart>();
        using (var writer = OpenXmlWriter.Create(sheet))
        {
            writer.WriteStartElement(new Worksheet());
            writer.WriteStartElement(new SheetData());
            await foreach (var row in rows.WithCancellation(cancellation))
            {
                writer.WriteStartElement(new Row());
                foreach (var cell in row)
                    writer.WriteElement(
                        new Cell
                        {
                            DataType = CellValues.InlineString,
                            InlineString = new InlineString(new Text(Printable(cell)) { Space = SpaceProcessingModeValues.Preserve })
                        });
                writer.WriteEndElement();
            }

            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        workbook.Workbook =
            new Workbook(new DocumentFormat.OpenXml.Spreadsheet.Sheets(
                new DocumentFormat.OpenXml.Spreadsheet.Sheet { Name = "machines", SheetId = 1, Id = workbook.GetIdOfPart(sheet) }));
        workbook.Workbook.Save();
    }

    /// <summary>A cell of a CSV file without the quote that <see cref="WriteCsvAsync"/> put before it.</summary>
    public static string Unguard(string cell)
        => cell.Length > 1 && cell[0] == '\'' && FormulaStarts.Contains(cell[1], StringComparison.Ordinal) ? cell[1..] : cell;

    /// <summary>A text without the characters that XML 1.0 has no place for (section 2.2): most controls, U+FFFE, U+FFFF.</summary>
    private static string Printable(string text)
        => string.Concat(text.EnumerateRunes().Where(r => r.Value is '\t' or '\n' or '\r' or (>= ' ' and not 0xFFFE and not 0xFFFF)));
}
