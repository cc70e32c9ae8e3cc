using System.IO.Compression;
using System.Text;
using System.Xml;
using CsvHelper;

namespace Anvil.Gateway.Sheets;

/// <summary>Writes sheets row by row.</summary>
internal static class SheetWriter
{
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

    /// <summary>
    /// Writes XLSX (ECMA-376), one worksheet of texts, in one pass: nothing of it is kept, neither in memory nor in a file.
    /// </summary>
    public static async Task WriteXlsxAsync(Stream stream, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        await using var client = new PatientStream(stream);
        await using (var archive = await ZipArchive.CreateAsync(client, ZipArchiveMode.Create, leaveOpen: true, null, cancellation))
        {
            foreach (var (name, text) in XlsxParts.All) await WritePartAsync(archive, name, xml => xml.WriteRawAsync(text), cancellation);
            await WritePartAsync(archive, XlsxParts.Worksheet, xml => WriteRowsAsync(xml, rows, cancellation), cancellation);
        }

        await client.FlushAsync(cancellation);
    }

    private static async Task WritePartAsync(ZipArchive archive, string name, Func<XmlWriter, Task> write, CancellationToken cancellation)
    {
        await using var part = await archive.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellation);
        await using var xml = XmlWriter.Create(part, new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(false) });
        await xml.WriteStartDocumentAsync(standalone: true);
        await write(xml);
        await xml.FlushAsync();
    }

    private static async Task WriteRowsAsync(XmlWriter xml, IAsyncEnumerable<IReadOnlyList<string>> rows, CancellationToken cancellation)
    {
        await xml.WriteStartElementAsync(null, "worksheet", XlsxParts.Namespace);
        await xml.WriteStartElementAsync(null, "sheetData", null);
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            await xml.WriteStartElementAsync(null, "row", null);
            foreach (var cell in row)
            {
                await xml.WriteStartElementAsync(null, "c", null);
                await xml.WriteAttributeStringAsync(null, "s", null, XlsxParts.TextStyle);
                await xml.WriteAttributeStringAsync(null, "t", null, "inlineStr");
                await xml.WriteStartElementAsync(null, "is", null);
                await xml.WriteStartElementAsync(null, "t", null);
                await xml.WriteAttributeStringAsync("xml", "space", null, "preserve");
                await xml.WriteStringAsync(XlsxText.Encode(cell));
                await xml.WriteEndElementAsync();
                await xml.WriteEndElementAsync();
                await xml.WriteEndElementAsync();
            }

            await xml.WriteEndElementAsync();
        }

        await xml.WriteEndElementAsync();
        await xml.WriteEndElementAsync();
    }
}
