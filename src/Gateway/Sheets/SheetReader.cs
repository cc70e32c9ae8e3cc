using System.Text;
using Anvil.Provisioning.Sheets;
using CsvHelper;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// Reads sheets: CSV (comma, semicolon or tab; UTF-8, with or without byte order mark, or UTF-16 with it) and XLSX (its first worksheet
/// that is not hidden).
/// </summary>
internal static class SheetReader
{
    /// <summary>Most octets of a sheet's file.</summary>
    public const int MostOctets = 64 << 20;

    private const int LongestRow = 4 << 20;

    /// <summary>Reads a file of either kind, told apart by its first octets.</summary>
    /// <param name="file">The file, of <see cref="MostOctets"/> at most, that can be sought in; stays open.</param>
    /// <exception cref="SheetException">It cannot be read; says where and why.</exception>
    public static Sheet Read(Stream file)
    {
        var start = new byte[2];
        file.Position = 0;
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return start.AsSpan(0, read).SequenceEqual("PK"u8) ? ReadXlsx(file) : ReadCsv(file);
    }

    /// <inheritdoc cref="Read(Stream)"/>
    public static Sheet Read(byte[] file) => Read(new MemoryStream(file, writable: false));

    /// <summary>Reads a text through, in parts, before anything of it is taken, and leaves the file at its begin.</summary>
    /// <exception cref="SheetException">It is no text in UTF-8, or in UTF-16 with its byte order mark.</exception>
    private static void Check(Stream file)
    {
        var octets = new byte[1 << 16];
        var text = new char[octets.Length + 1];
        Decoder? decoder = null;
        try
        {
            int read;
            do
            {
                read = file.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
                decoder ??= EncodingOf(octets.AsSpan(0, read)).GetDecoder();
                var count = decoder.GetChars(octets.AsSpan(0, read), text, flush: read < octets.Length);
                if (text.AsSpan(0, count).Contains('\0'))
                    throw new SheetException("the file is neither XLSX nor text in UTF-8 or UTF-16: it holds U+0000");
            }
            while (read == octets.Length);
        }
        catch (DecoderFallbackException e)
        {
            throw new SheetException("the file is neither XLSX nor text in UTF-8 (or in UTF-16 with a byte order mark)", e);
        }

        file.Position = 0;
    }

    /// <summary>Spreadsheet programs write UTF-16 with a mark ("Unicode text"); all else is UTF-8, or nothing that is guessed.</summary>
    private static Encoding EncodingOf(ReadOnlySpan<byte> begin)
        => begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || begin.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            ? new UnicodeEncoding(bigEndian: begin[0] == 0xFE, byteOrderMark: true, throwOnInvalidBytes: true)
            : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static Sheet ReadCsv(Stream file)
    {
        Check(file);
        var options = new CsvReaderOptions
        {
            HasHeader = false,
            SkipEmptyLines = false,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Allow,
            MaxRecordSize = LongestRow
        };
        using var reader = CsvReader.Create(file, options, leaveOpen: true);
        var collector = new SheetCollector();
        try
        {
            for (var number = 1; reader.Read(); number++)
            {
                if (number > MachineSheet.MostRows * 2) throw new SheetException("too many rows, the empty ones counted");
                if (reader.FieldCount > MachineSheet.MostColumns)
                    throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
                var cells = new string[reader.FieldCount];
                for (var i = 0; i < cells.Length; i++) cells[i] = CsvGuard.Unguard(reader.GetString(i));
                collector.Add(number, cells, []);
            }
        }
        catch (CsvFormatException e)
        {
            throw new SheetException($"row {e.RecordNumber}: {e.Message}", e);
        }

        return collector.Sheet();
    }

    private static Sheet ReadXlsx(Stream file)
    {
        var collector = new SheetCollector();
        try
        {
            XlsxReader.Read(file, collector);
        }
        catch (Exception e) when (e is System.Xml.XmlException or InvalidDataException or IOException or NotSupportedException
            or ArgumentException)
        {
            throw new SheetException($"the XLSX file cannot be read: {e.Message}", e);
        }

        return collector.Sheet();
    }
}
