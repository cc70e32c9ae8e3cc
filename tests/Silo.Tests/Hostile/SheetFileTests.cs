using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Anvil.Gateway.Sheets;
using Anvil.Provisioning.Sheets;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Sheets' files that are made to do harm to who reads them, here or in a spreadsheet program.</summary>
public sealed class SheetFileTests
{
    /// <summary>What reading any file may take, in octets; each of the bombs would take gigabytes, or never end.</summary>
    private const long Heap = 700 << 20;

    private const string Name = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>";
    private static readonly string Worksheet = $"<worksheet xmlns=\"{XlsxFile.Main}\">";
    private static readonly string Shared = $"<sst xmlns=\"{XlsxFile.Main}\">";

    private static readonly string[] Odd = ["=", "'", "+1", "-", "@", "\t", "\r", "\n", ";", ",", "\"", "a", " ", "|", "_x0041_", "_x",
        "x005F_",
        "\u0001", "\uFFFE", "ä", "\U0001F600", "\uFF1D", "''=", "=1+1"];

    /// <summary>Small files that come to hundreds of megabytes, by each way there is, and what is said of them.</summary>
    private static IEnumerable<(string Name, Func<byte[]> File, string Said)> Bombs()
    {
        const long Million = 1_000_000;
        yield return ("shared texts", () => XlsxFile.With(XlsxFile.Strings, Shared, "<si><t>a</t></si>", 4 * Million, "</sst>"), "texts");
        yield return ("a text",
            () => XlsxFile.With(XlsxFile.Strings, Shared + "<si><t>", new string('a', 16), 5 * Million, "</t></si></sst>"),
            "more than 4 MiB");
        yield return ("a text of runs",
            () => XlsxFile.With(XlsxFile.Strings, Shared + "<si>", "<r><t>abcdefgh</t></r>", 5 * Million, "</si></sst>"),
            "a text of more than");
        yield return ("formats",
            () => XlsxFile.With(XlsxFile.Styles, $"<styleSheet xmlns=\"{XlsxFile.Main}\"><cellXfs>", "<xf/>", 10 * Million, ""),
            "formats");
        yield return ("depth", () => XlsxFile.With(XlsxFile.Worksheet, Worksheet, "<a>", 10 * Million, ""), "levels deep");
        yield return ("attributes", () => XlsxFile.With(XlsxFile.Worksheet, Worksheet + "<a ", "b=\"c\" ", 5 * Million, ""),
            "more than 4 MiB");
        yield return ("a comment", () => XlsxFile.With(XlsxFile.Worksheet, Worksheet + "<!--", "comment ", 5 * Million, ""),
            "more than 4 MiB");
        yield return ("blanks", () => XlsxFile.With(XlsxFile.Worksheet, Worksheet, "        ", 5 * Million, ""), "");
        yield return ("names", Names, "names");
        yield return ("sheets",
            () => XlsxFile.With(XlsxFile.Book, $"<workbook xmlns=\"{XlsxFile.Main}\">", "<sheet id=\"a\"/>", 2 * Million, ""),
            "");
        yield return ("relations",
            () => XlsxFile.With(XlsxFile.BookRelations, "<Relationships>", "<Relationship Id=\"r9\"/>", 2 * Million, ""),
            "relationships");
        yield return ("octets",
            () => XlsxFile.With(XlsxFile.Worksheet, Worksheet, $"<a b=\"{new string('c', 58)}\"/>", 9 * Million, ""), "512 MiB");
        yield return ("rows",
            () => XlsxFile.With(XlsxFile.Worksheet, $"{Worksheet}<sheetData>{Name}", "<row><c t=\"s\"><v>0</v></c></row>",
            200_000, ""), "100000 rows");
        yield return ("a shared text", () => XlsxFile.With(XlsxFile.Worksheet, $"{Worksheet}<sheetData><row>" + Inline(1 << 20) + "</row>",
            $"<row>{Inline(1 << 20)}</row>", 80, ""), "characters");
        yield return ("parts", Parts, "parts");
        yield return ("lines", () => Filled("Name\n", '\n'), "too many rows");
        yield return ("columns", () => Filled("", ','), "");
        yield return ("a line", () => Filled("", 'a'), "");
        yield return ("an open quote", () => Filled("Name\n\"", 'a'), "row 2");
        yield return ("cells", Cells, "1000000 cells");
    }

    [Fact]
    public Task NoFileTakesMoreThanItsBounds() => OwnProcess.RunAsync(
        typeof(SheetFileTests),
        nameof(NoFileTakesMoreThanItsBounds),
        () =>
        {
            foreach (var (name, file, said) in Bombs())
            {
                var fault = Assert.Throws<SheetException>(() => SheetReader.Read(file()));
                Assert.True(fault.Message.Contains(said, StringComparison.Ordinal) && fault.Message.Length < 300,
                    $"{name}: {fault.Message}");
            }

            return Task.CompletedTask;
        },
        heapOctets: Heap);

    [Theory]
    [InlineData("<row r=\"1\"><c r=\"XFD1\" t=\"str\"><v>x</v></c></row>", "256 columns")]
    [InlineData(Name + "<row r=\"1048577\"><c t=\"s\"><v>0</v></c></row>", "no rows in order")]
    [InlineData(Name + "<row r=\"1\"><c t=\"s\"><v>0</v></c></row>", "no rows in order")]
    [InlineData("<row r=\"2\"><c t=\"s\"><v>0</v></c></row>", "first row")]
    [InlineData("<row r=\"-1\"><c t=\"s\"><v>0</v></c></row>", "no rows in order")]
    [InlineData("<row><c t=\"s\"><v>7</v></c></row>", "a text that there is not")]
    [InlineData("<row><c t=\"s\"><v>-1</v></c></row>", "a text that there is not")]
    [InlineData("<row><row><c t=\"s\"><v>0</v></c></row></row>", "a row within a row")]
    [InlineData("<row><c r=\"1\" t=\"s\"><v>0</v></c></row>", "no column")]
    [InlineData("<row><c r=\"ZZZZZZZZZZZZ1\" t=\"s\"><v>0</v></c></row>", "256 columns")]
    [InlineData("", "empty")]
    public void AWorksheetThatLiesIsRefusedWithAReason(string rows, string reason)
        => Assert.Contains(reason, Assert.Throws<SheetException>(() => SheetReader.Read(XlsxFile.WithRows(rows))).Message,
            StringComparison.Ordinal);

    /// <summary>What has no value, and what only seems to have one, is told by its column.</summary>
    [Theory]
    [InlineData("<c r=\"B2\" t=\"e\"><v>#REF!</v></c>", 1, "#REF!")]
    [InlineData("<c r=\"B2\" t=\"e\"><f>A1/0</f><v>#DIV/0!</v></c>", 1, "#DIV/0!")]
    [InlineData("<c r=\"C2\" t=\"e\"><f>A1/0</f></c>", 2, "formula")]
    [InlineData("<c r=\"B2\"><f>1+1</f></c>", 1, "formula")]
    [InlineData("<c r=\"B2\"><f>1+1</f><v/></c>", 1, "formula")]
    [InlineData("<c r=\"B2\"><f>1+1</f><v></v></c>", 1, "formula")]
    [InlineData("<c r=\"B2\" t=\"b\"><f>TRUE()</f></c>", 1, "formula")]
    [InlineData("<c r=\"B2\" t=\"s\"><f>A1</f></c>", 1, "formula")]
    [InlineData("<c r=\"B2\" t=\"str\"><f t=\"shared\" si=\"0\"/></c>", 1, "formula")]
    public void ACellWithoutAValueIsAFault(string cell, int column, string said)
    {
        var row = Assert.Single(SheetReader.Read(XlsxFile.WithRows(
            $"{Name}<row r=\"2\"><c r=\"A2\" t=\"str\"><v>x</v></c>{cell}</row>")).Rows);
        var fault = Assert.Single(row.Faults);
        Assert.Equal((2, column), (row.Number, fault.Column));
        Assert.Contains(said, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<c r=\"B2\" t=\"str\"><f>\"\"</f><v></v></c>", "x")]
    [InlineData("<c r=\"B2\" t=\"str\"><f>A2</f><v>y</v></c>", "x", "y")]
    [InlineData("<c r=\"B2\"><f>1+1</f><v>2</v></c>", "x", "2")]
    [InlineData("<c r=\"B2\" t=\"b\"><f>1=1</f><v>1</v></c>", "x", "true")]
    public void WhatAFormulaCameToIsItsValue(string cell, params string[] cells)
    {
        var row = Assert.Single(SheetReader.Read(XlsxFile.WithRows(
            $"{Name}<row r=\"2\" hidden=\"1\"><c r=\"A2\" t=\"str\"><v>x</v></c>{cell}</row>")).Rows);
        Assert.Empty(row.Faults);
        Assert.Equal(cells, row.Cells);
    }

    [Fact]
    public void ACellOfTheHeaderThatIsAnErrorIsTold()
        => Assert.Contains("#NAME?", Assert.Throws<SheetException>(() => SheetReader.Read(XlsxFile.WithRows(
            "<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#NAME?</v></c></row>"))).Message, StringComparison.Ordinal);

    /// <summary>Of merged cells all but the first look as if they had a value.</summary>
    [Theory]
    [InlineData("B2:B4", 3, 4)]
    [InlineData("A2:B2", 2)]
    [InlineData("B3:XFD3")]
    [InlineData("C2:C4")]
    [InlineData("A5:B1048576")]
    [InlineData("B2:B2")]
    [InlineData("B2")]
    public void MergedCellsAreToldWhereTheyHoldNothing(string merged, params int[] rows)
    {
        var text = string.Concat(Enumerable.Range(2, 3).Select(n => $"<row r=\"{n}\"><c r=\"A{n}\" t=\"str\"><v>x</v></c></row>"));
        var header = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>Name</v></c><c r=\"B1\" t=\"str\"><v>param:a</v></c></row>";
        var sheet = SheetReader.Read(XlsxFile.With(XlsxFile.Worksheet, $"<worksheet xmlns=\"{XlsxFile.Main}\"><sheetData>{header}{text}"
            + $"</sheetData><mergeCells count=\"1\"><mergeCell ref=\"{merged}\"/></mergeCells></worksheet>"));
        Assert.Equal(rows, sheet.Rows.Where(r => r.Faults.Count > 0).Select(r => r.Number));
        Assert.All(sheet.Rows.SelectMany(r => r.Faults), f => Assert.Equal((1, true), (f.Column, f.Message.Contains(merged))));
    }

    [Theory]
    [InlineData("visible", "Name")]
    [InlineData("hidden", "MACs")]
    [InlineData("veryHidden", "MACs")]
    public void TheFirstWorksheetThatIsSeenIsRead(string state, string title)
    {
        var book = $"<workbook xmlns=\"{XlsxFile.Main}\" "
            + "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">"
            + $"<sheets><sheet name=\"a\" sheetId=\"1\" state=\"{state}\" r:id=\"r1\"/><sheet name=\"b\" sheetId=\"2\" r:id=\"r2\"/>"
            + "</sheets></workbook>";
        var file = XlsxFile.With(new PartText(XlsxFile.Book, book),
            new PartText(XlsxFile.BookRelations, XlsxFile.Relations(XlsxFile.Relation("r1", "worksheet", "worksheets/sheet1.xml"),
                XlsxFile.Relation("r2", "worksheet", "worksheets/sheet2.xml"),
                XlsxFile.Relation("r3", "sharedStrings", "sharedStrings.xml"))),
            new PartText("xl/worksheets/sheet2.xml", XlsxFile.Sheet("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>MACs</v></c></row>")));
        Assert.Equal([title], SheetReader.Read(file).Header);
    }

    [Theory]
    [InlineData("sep=;\nName;param:a\nx;1,5\n")]
    [InlineData("Name;param:a\r\nx;\"1,5\"\r\n")]
    [InlineData("Name\tparam:a\nx\t1,5\n")]
    [InlineData("\uFEFFName,param:a\nx,\"1,5\"\n")]
    public void CellsArePartedByWhatTheHeaderSays(string text)
    {
        var sheet = SheetReader.Read(Encoding.UTF8.GetBytes(text));
        Assert.Equal(["Name", "param:a"], sheet.Header);
        Assert.Equal(["x", "1,5"], Assert.Single(sheet.Rows).Cells);
    }

    /// <summary>What is far away is read where it is: a cell in Excel's last row is one row, and cells that only have a colour are
    /// none.</summary>
    [Fact]
    public void ACellFarAwayCostsOneRow()
    {
        var sheet = SheetReader.Read(XlsxFile.WithRows(Name
            + "<row r=\"9\"><c r=\"XFD9\" s=\"1\"/></row><row r=\"1048576\"><c r=\"A1048576\" t=\"str\"><f>1+1</f><v>x</v></c></row>"));
        var row = Assert.Single(sheet.Rows);
        Assert.Equal((1_048_576, "x"), (row.Number, Assert.Single(row.Cells)));
    }

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]>", "&b;")]
    [InlineData("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>", "&b;")]
    [InlineData("<!DOCTYPE a SYSTEM \"http://127.0.0.1:{0}/a.dtd\">", "b")]
    [InlineData("<?xml-stylesheet href=\"http://127.0.0.1:{0}/a.xsl\"?>", "b&b;")]
    public async Task NoPartHasEntitiesAndNothingIsFetched(string before, string text)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var document = before.Replace("{0}", $"{port}", StringComparison.Ordinal);
        string[] parts = [XlsxFile.Book, XlsxFile.BookRelations, XlsxFile.Worksheet, XlsxFile.Strings, XlsxFile.Styles, "_rels/.rels"];
        foreach (var part in parts)
        {
            var file = XlsxFile.With(part, $"{document}<a>{text}</a>");
            Assert.Throws<SheetException>(() => SheetReader.Read(file));
        }

        Assert.False(listener.Pending());
        await Task.CompletedTask;
    }

    /// <summary>Relationships that lead out of the file, or to a file on disk, are none.</summary>
    [Fact]
    public void RelationsLeadNowhereElse()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/sheet1.xml";
        foreach (var (target, more) in new[]
        {
            (url, "TargetMode=\"External\""), (url, ""), ("../../../../etc/passwd", ""), ("file:///etc/passwd", ""), ("//127.0.0.1/x", ""),
            ("", ""),
        })
        {
            var file = XlsxFile.With(XlsxFile.BookRelations, XlsxFile.Relations(XlsxFile.Relation("r1", "worksheet", target, more)));
            Assert.Throws<SheetException>(() => SheetReader.Read(file));
        }

        Assert.False(listener.Pending());
        // XInclude is an element like any other.
        var include = XlsxFile.WithRows(
            Name + $"<row r=\"2\"><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"{url}\"/></row>");
        Assert.Empty(SheetReader.Read(include).Rows);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("12:30:00", "12:30:00")]
    [InlineData("2024-01-02", "2024-01-02")]
    [InlineData("2024-01-02T10:00:00", "2024-01-02T10:00:00")]
    [InlineData("2024-01-02T10:00:00Z", "2024-01-02T10:00:00")]
    public void ATimeByIso8601IsAsItIsWritten(string written, string text)
    {
        var file = XlsxFile.WithRows(Name + $"<row r=\"2\"><c t=\"d\"><v>{written}</v></c></row>");
        Assert.Equal([text], Assert.Single(SheetReader.Read(file).Rows).Cells);
    }

    [Theory]
    [InlineData("45000", "2023-03-15")]
    [InlineData("45000.5", "2023-03-15T12:00:00")]
    [InlineData("0.5", "12:00:00")]
    [InlineData("0.999999", "23:59:59")]
    [InlineData("0.5", "12:00:00", 4)]
    [InlineData("1234567890123450", "1234567890123450", 0)]
    [InlineData("1000000000000000", "1000000000000000", 0)]
    [InlineData("12345678901234567890", "12345678901234567890", 0)]
    [InlineData("1E+15", "1000000000000000", 0)]
    [InlineData("007", "7", 0)]
    [InlineData("0", "0", 0)]
    [InlineData("-5", "-5")]
    [InlineData("1e99", "1E+99")]
    [InlineData("0.1", "0.1", 0)]
    [InlineData("1.5", "36:00:00", 2)]
    [InlineData("9.0277777777777769E-3", "00:13:00", 2)]
    [InlineData("1.0923611111111111", "26:13:00", 2)]
    [InlineData("-4.1666666666666664E-2", "-01:00:00", 2)]
    [InlineData("-1E-12", "00:00:00", 2)]
    [InlineData("1.7361111111111112E-5", "00:00:01.500", 2)]
    [InlineData("45000.999999", "2023-03-16")]
    [InlineData("45000.524259259", "2023-03-15T12:34:56")]
    [InlineData("42", "00042", 3)]
    [InlineData("123456", "123456", 3)]
    [InlineData("4.5", "4.5", 3)]
    [InlineData("-42", "-42", 3)]
    public void NumbersAreWhatTheirFormatSays(string number, string text, int style = 1)
    {
        var styles = $"<styleSheet xmlns=\"{XlsxFile.Main}\"><numFmts><numFmt numFmtId=\"170\" formatCode=\"dd/mm/yyyy\"/>"
            + "<numFmt numFmtId=\"171\" formatCode=\"[h]:mm\"/><numFmt numFmtId=\"172\" "
            + "formatCode=\"00000\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"170\"/>"
            + "<xf numFmtId=\"171\"/><xf numFmtId=\"172\"/><xf numFmtId=\"20\"/></cellXfs></styleSheet>";
        var file = XlsxFile.With(new PartText(XlsxFile.Styles, styles),
            new PartText(XlsxFile.Worksheet, XlsxFile.Sheet(Name + $"<row r=\"2\"><c s=\"{style}\"><v>{number}</v></c></row>")));
        Assert.Equal(text, Assert.Single(SheetReader.Read(file).Rows).Cells[0]);
    }

    /// <summary>What a format adds to digits is a part of the name that people see; what it adds to a quantity is none.</summary>
    [Theory]
    [InlineData("&quot;node-&quot;00", "12", "node-12")]
    [InlineData("&quot;node-&quot;00", "123", "node-123")]
    [InlineData("&quot;node-&quot;000", "7", "node-007")]
    [InlineData("&quot;node-&quot;0", "12", "node-12")]
    [InlineData("&quot;node-&quot;#", "12", "node-12")]
    [InlineData("&quot;node-&quot;General", "12", "node-12")]
    [InlineData("[Red]\\n\\o\\d\\e00;-00", "3", "node03")]
    [InlineData("00\\-00\\-00", "12", "00-00-12")]
    [InlineData("00-00-00", "123456", "12-34-56")]
    [InlineData("00-00-00", "1234567", "123-45-67")]
    [InlineData("(000) 000-0000", "5551234567", "(555) 123-4567")]
    [InlineData("0000&quot;-A&quot;", "12", "0012-A")]
    [InlineData("&quot;node-&quot;00", "-12", "-12")]
    [InlineData("&quot;node-&quot;00", "1.5", "1.5")]
    [InlineData("0 &quot;kg&quot;", "12", "12")]
    [InlineData("#,##0 &quot;EUR&quot;", "1200", "1200")]
    [InlineData("&quot;EUR &quot;0.00", "12", "12")]
    [InlineData("[$€-407] 0", "12", "12")]
    [InlineData("0%", "12", "12")]
    [InlineData("(0)", "12", "12")]
    [InlineData("[h]:mm", "1", "24:00:00")]
    [InlineData("[&gt;100]&quot;big&quot;00;00", "12", "12")]
    [InlineData("0.00E+00", "12", "12")]
    [InlineData("# ?/?", "12", "12")]
    public void WhatAFormatAddsToDigitsIsPartOfAName(string format, string number, string text)
    {
        var styles = $"<styleSheet xmlns=\"{XlsxFile.Main}\"><numFmts><numFmt numFmtId=\"170\" formatCode=\"{format}\"/></numFmts>"
            + "<cellXfs><xf numFmtId=\"170\"/></cellXfs></styleSheet>";
        var file = XlsxFile.With(new PartText(XlsxFile.Styles, styles),
            new PartText(XlsxFile.Worksheet, XlsxFile.Sheet(Name + $"<row r=\"2\"><c s=\"0\"><v>{number}</v></c></row>")));
        Assert.Equal(text, Assert.Single(SheetReader.Read(file).Rows).Cells[0]);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Utf16IsReadByItsMarkAndNotWithoutIt(string encoding)
    {
        var by = Encoding.GetEncoding(encoding);
        List<string> texts = [.. Enumerable.Range(0, 30_000).Select(i => new string('ä', i % 7) + "\U0001F600" + i)];
        var octets = by.GetBytes($"Name\tMACs\n{string.Join("\t\n", texts)}\n");
        var sheet = SheetReader.Read([.. by.GetPreamble(), .. octets]);
        Assert.Equal(["Name", "MACs"], sheet.Header);
        Assert.Equal(texts, sheet.Rows.Select(r => r.Cells[0]));
        Assert.Contains("byte order mark", Assert.Throws<SheetException>(() => SheetReader.Read(octets)).Message,
            StringComparison.Ordinal);
        Assert.Contains("U+0000", Assert.Throws<SheetException>(() => SheetReader.Read(by.GetBytes("Name\n"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<SheetException>(() => SheetReader.Read([.. by.GetPreamble(), .. octets[..^1]]));
    }

    [Theory]
    [InlineData("utf-32")]
    [InlineData("latin1")]
    public void AnotherEncodingIsNamed(string encoding)
    {
        var by = Encoding.GetEncoding(encoding);
        var fault = Assert.Throws<SheetException>(() => SheetReader.Read([.. by.GetPreamble(), .. by.GetBytes("Name\nä\n")]));
        Assert.Contains("neither XLSX nor text", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Where a file is read in parts, nothing is lost between two.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public void ATextIsReadWholeWithAndWithoutAByteOrderMark(string mark)
    {
        List<string> texts = [.. Enumerable.Range(0, 30_000).Select(i => new string('ä', i % 7) + "\U0001F600" + i)];
        var sheet = SheetReader.Read(Encoding.UTF8.GetBytes($"{mark}Name\n{string.Join('\n', texts)}\n"));
        Assert.Equal("Name", Assert.Single(sheet.Header));
        Assert.Equal(texts, sheet.Rows.Select(r => Assert.Single(r.Cells)));
        var cut = Encoding.UTF8.GetBytes("Name\nä");
        Assert.Throws<SheetException>(() => SheetReader.Read(cut[..^1]));
        Assert.Throws<SheetException>(() => SheetReader.Read(Encoding.UTF8.GetBytes($"Name\n{string.Join('\n', texts)}\0")));
    }

    /// <summary>What is written is read as the same, whatever it is; and no spreadsheet program finds a formula in it.</summary>
    [Fact]
    public async Task WhatIsWrittenIsReadAsTheSameAndHoldsNoFormula()
    {
        var random = new Random(7);
        for (var n = 0; n < 300; n++)
        {
            List<string[]> rows = [["Name", .. Enumerable.Range(0, 5).Select(i => Text(random, 2) + $"c{i}")],
                .. Enumerable.Range(0, 5).Select(i => (string[])[.. Enumerable.Range(0, 5).Select(_ => Text(random, 5)), $"end{i}"])];
            foreach (var isXlsx in new[] { false, true })
            {
                using var file = new MemoryStream();
                if (isXlsx) await SheetWriter.WriteXlsxAsync(file, Rows(rows), CancellationToken.None);
                else await SheetWriter.WriteCsvAsync(file, Rows(rows), CancellationToken.None);
                var sheet = SheetReader.Read(file);
                Assert.Equal(rows, [sheet.Header, .. sheet.Rows.Select(r => r.Cells)]);
                if (!isXlsx) NoFormula(Encoding.UTF8.GetString(file.ToArray()));
            }
        }
    }

    /// <summary>
    /// The file as a program takes it for which the comma, or instead the semicolon or the tab parts cells: none begins as a formula does.
    /// </summary>
    private static void NoFormula(string csv)
    {
        csv += "\n";
        foreach (var separator in new[] { ',', ';', '\t' })
        {
            var cell = new StringBuilder();
            var isQuoted = false;
            for (var i = 0; i < csv.Length; i++)
            {
                var letter = csv[i];
                if (letter == '"' && isQuoted && i + 1 < csv.Length && csv[i + 1] == '"') cell.Append(csv[++i]);
                else if (letter == '"' && (isQuoted || (cell.Length == 0 && IsBegin(csv, i, separator)))) isQuoted = !isQuoted;
                else if (isQuoted || (letter != separator && letter is not ('\n' or '\r'))) cell.Append(letter);
                else
                {
                    Assert.False(cell.Length > 0 && "=+-@\t\r\uFF1D\uFF0B\uFF0D\uFF20".Contains(cell[0], StringComparison.Ordinal),
                        $"parted by {separator}: {cell}");
                    cell.Clear();
                }
            }
        }
    }

    private static bool IsBegin(string csv, int at, char separator)
        => at == 0 || csv[at - 1] == separator || csv[at - 1] is '\n' or '\r';

    private static string Text(Random random, int most)
        => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => Odd[random.Next(Odd.Length)]));

    private static async IAsyncEnumerable<IReadOnlyList<string>> Rows(IEnumerable<string[]> rows)
    {
        await Task.CompletedTask;
        foreach (var row in rows) yield return row;
    }

    private static string Inline(int length) => $"<c t=\"inlineStr\"><is><t>{new string('a', length)}</t></is></c>";

    /// <summary>60 MiB of one letter, made without a text that would take more than what is read.</summary>
    private static byte[] Filled(string begin, char letter)
    {
        var file = new byte[60 << 20];
        Array.Fill(file, (byte)letter);
        Encoding.ASCII.GetBytes(begin, file);
        return file;
    }

    private static byte[] Names()
    {
        var names = new StringBuilder(Worksheet);
        for (var i = 0; i < 200_000; i++) names.Append($"<n{i}/>");
        return XlsxFile.With(XlsxFile.Worksheet, names.ToString());
    }

    private static byte[] Parts()
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < 5000; i++) archive.CreateEntry($"{i}", CompressionLevel.NoCompression);
        }

        return file.ToArray();
    }

    private static byte[] Cells()
    {
        var row = "n" + string.Concat(Enumerable.Repeat(",1", 250)) + "\n";
        return Encoding.ASCII.GetBytes("Name,\n" + new StringBuilder().Insert(0, row, 5000));
    }
}
