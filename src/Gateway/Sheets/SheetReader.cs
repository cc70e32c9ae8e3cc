using System.Globalization;
using System.IO.Compression;
using System.Text;
using Anvil.Provisioning.Sheets;
using CsvHelper;
using ExcelDataReader;

namespace Anvil.Gateway.Sheets;

/// <summary>Reads sheets: CSV (comma, semicolon or tab; UTF-8, with or without byte order mark) and XLSX (its first worksheet).</summary>
internal static class SheetReader
{
    /// <summary>Most octets of a sheet's file.</summary>
    public const int MostOctets = 64 << 20;

    /// <summary>Most octets that the parts of an XLSX file unpack to.</summary>
    private const long MostUnpacked = 512L << 20;

    private const int LongestRow = 4 << 20;

    /// <summary>Reads a file of either kind, told apart by its first octets.</summary>
    /// <exception cref="SheetException">It cannot be read; says where and why.</exception>
    public static Sheet Read(byte[] file) => file.AsSpan().StartsWith("PK"u8) ? ReadXlsx(file) : ReadCsv(file);

    private static Sheet ReadCsv(byte[] file)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(file).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new SheetException("the file is neither XLSX nor text in UTF-8", e);
        }

        if (text.Contains('\0', StringComparison.Ordinal)) throw new SheetException("the file is neither XLSX nor text: it holds U+0000");
        var options = new CsvReaderOptions
        {
            HasHeader = false,
            SkipEmptyLines = false,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Allow,
            MaxRecordSize = LongestRow
        };
        using var reader = CsvReader.FromText(text, options);
        try
        {
            return Collect(Rows(reader));
        }
        catch (CsvFormatException e)
        {
            throw new SheetException($"row {e.RecordNumber}: {e.Message}", e);
        }

        static IEnumerable<string[]> Rows(CsvReader reader)
        {
            while (reader.Read())
            {
                if (reader.FieldCount > MachineSheet.MostColumns)
                    throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
                var cells = new string[reader.FieldCount];
                for (var i = 0; i < cells.Length; i++) cells[i] = SheetWriter.Unguard(reader.GetString(i));
                yield return cells;
            }
        }
    }

    private static Sheet ReadXlsx(byte[] file)
    {
        // The reader asks for code page 1252, whatever the file.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            CheckUnpackedSize(file);
            using var reader = ExcelReaderFactory.CreateOpenXmlReader(new MemoryStream(file, writable: false));
            return Collect(Rows(reader));
        }
        catch (Exception e) when (e is not (SheetException or OutOfMemoryException))
        {
            // Its reader fails on broken files in many ways.
            throw new SheetException($"the XLSX file cannot be read: {e.Message}", e);
        }

        static IEnumerable<string[]> Rows(IExcelDataReader reader)
        {
            while (reader.Read())
            {
                if (reader.FieldCount > MachineSheet.MostColumns)
                    throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
                var cells = new string[reader.FieldCount];
                for (var i = 0; i < cells.Length; i++) cells[i] = Text(reader.GetValue(i));
                yield return cells;
            }
        }
    }

    /// <summary>What the file's parts unpack to, counted and not believed.</summary>
    private static void CheckUnpackedSize(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file, writable: false));
        var buffer = new byte[1 << 16];
        long octets = 0;
        foreach (var entry in archive.Entries)
        {
            using var part = entry.Open();
            while (part.Read(buffer) is var read and > 0)
            {
                octets += read;
                if (octets > MostUnpacked) throw new SheetException($"the XLSX file unpacks to more than {MostUnpacked >> 20} MiB");
            }
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTime time =>
            time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static Sheet Collect(IEnumerable<string[]> rows)
    {
        IReadOnlyList<string>? header = null;
        var number = 0;
        var collected = new List<SheetRow>();
        foreach (var cells in rows)
        {
            number++;
            if (Array.TrueForAll(cells, string.IsNullOrWhiteSpace))
            {
                if (number > MachineSheet.MostRows * 2) throw new SheetException("too many empty rows");
                continue;
            }

            if (header is null)
            {
                if (number > 1) throw new SheetException("the first row must hold the columns' names");
                // Trailing columns without a name, as spreadsheets leave them, are none.
                header = [.. cells.Take(Array.FindLastIndex(cells, c => !string.IsNullOrWhiteSpace(c)) + 1)];
                continue;
            }

            if (collected.Count == MachineSheet.MostRows) throw new SheetException($"a sheet has at most {MachineSheet.MostRows} rows");
            collected.Add(new SheetRow(number, cells));
        }

        return new Sheet(header ?? throw new SheetException("the sheet is empty: its first row must hold the columns' names"), collected);
    }
}
