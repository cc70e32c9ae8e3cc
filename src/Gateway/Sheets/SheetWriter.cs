using CsvHelper;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Anvil.Gateway.Sheets;

/// <summary>Writes sheets row by row.</summary>
internal static class SheetWriter
{
    /// <summary>Number of the built-in format of texts (ECMA-376 part 1, section 18.8.30).</summary>
    private const int TextFormat = 49;

    /// <summary>The cells' style: a text stays one also when somebody edits its cell, where it would become a formula or a
    /// number.</summary>
    private const uint TextStyle = 1;

    /// <summary>
    /// Writes CSV (RFC 4180, UTF-8). What a spreadsheet program would run as a formula gets a quote before it (<see cref="CsvGuard"/>),
    /// which reading takes away.
    /// </summary>
    public static async Task WriteCsvAsync(Stream stream, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        await using var csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
        await foreach (var row in rows.WithCancellation(cancellation))
            await csv.WriteRecordAsync([.. row.Select(CsvGuard.Guard)], cancellation);
        await csv.FlushAsync(cancellation);
    }

    /// <summary>Writes XLSX: one worksheet of texts.</summary>
    public static async Task WriteXlsxAsync(Stream stream, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        using var document = SpreadsheetDocument.Create(stream, SpreadsheetDocumentType.Workbook);
        var workbook = document.AddWorkbookPart();
        workbook.AddNewPart<WorkbookStylesPart>().Stylesheet = Styles();
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
                            StyleIndex = TextStyle,
                            InlineString = new InlineString(new Text(XlsxText.Encode(cell)) { Space = SpaceProcessingModeValues.Preserve })
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

    private static Stylesheet Styles() => new(
        new Fonts(new Font()),
        new Fills(new Fill(new PatternFill { PatternType = PatternValues.None }),
            new Fill(new PatternFill { PatternType = PatternValues.Gray125 })),
        new Borders(new Border()),
        new CellStyleFormats(new CellFormat()),
        new CellFormats(new CellFormat(), new CellFormat { NumberFormatId = TextFormat, ApplyNumberFormat = true, QuotePrefix = true }));
}
