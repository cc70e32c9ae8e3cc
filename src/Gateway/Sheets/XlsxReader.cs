using System.Globalization;
using System.Xml;
using Anvil.Provisioning.Sheets;

namespace Anvil.Gateway.Sheets;

/// <summary>
/// Reads the first worksheet of an XLSX file (ECMA-376 part 1, section 18) in one pass: what a formula came to, and no formula; nothing of
/// what stands behind the cells.
/// </summary>
internal sealed class XlsxReader
{
    /// <summary>Most texts that a workbook's cells share.</summary>
    public const int MostStrings = 1_000_000;

    /// <summary>Most characters that they have, all together.</summary>
    private const int MostCharacters = MachineSheet.MostCharacters;

    /// <summary>Most characters of an error that are told.</summary>
    private const int LongestError = 32;

    /// <summary>Excel's last row.</summary>
    private const int LastRow = 1 << 20;

    private readonly List<string> _strings = [];
    private readonly XlsxNumberFormats _formats;
    private readonly XlsxPart _sheet;

    private XlsxReader(XlsxPackage package)
    {
        var book = Find(package, "", "officeDocument") ?? "xl/workbook.xml";
        var relations = package.Relations(book);
        var (sheets, from1904) = Book(package, book);
        var first = sheets.Select(id => relations.FirstOrDefault(r => r.Id == id && r.Type == "worksheet").Part)
            .FirstOrDefault(p => p is not null)
            ?? throw new SheetException("the XLSX file has no worksheet");
        using (var styles = Open(package, relations, "styles")) _formats = new XlsxNumberFormats(styles, from1904);
        using (var strings = Open(package, relations, "sharedStrings")) Share(strings);
        _sheet = package.Open(first) ?? throw new SheetException($"the XLSX file lacks its part {first[..Math.Min(100, first.Length)]}");
    }

    /// <summary>Reads the rows, with their numbers; the first is 1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="collector">Gets those that are not empty.</param>
    /// <exception cref="SheetException">A bound is hit, or the file is none.</exception>
    public static void Read(Stream file, SheetCollector collector)
    {
        using var package = new XlsxPackage(file);
        var reader = new XlsxReader(package);
        using var sheet = reader._sheet;
        var number = 0;
        while (sheet.Read() && !(sheet.Type == XmlNodeType.EndElement && sheet.Name == "sheetData"))
        {
            if (sheet.Type != XmlNodeType.Element || sheet.Name != "row") continue;
            var next = sheet["r"] is { } told ? Index(told) : number + 1;
            if (next <= number || next > LastRow) throw new SheetException($"the XLSX file has no rows in order after row {number}");
            number = next;
            if (sheet.IsEmpty) continue;
            var (cells, faults) = reader.Row();
            collector.Add(number, cells, faults);
        }

        // What is merged is told after the cells.
        while (sheet.Read())
        {
            if (sheet.Type == XmlNodeType.Element && sheet.Name == "mergeCell" && sheet["ref"] is { } merged) Merge(merged, collector);
        }
    }

    private static void Merge(string reference, SheetCollector collector)
    {
        var corners = reference.Split(':');
        if (corners.Length != 2) return;
        var (top, bottom) = (RowOf(corners[0]), RowOf(corners[1]));
        if (top >= 1 && bottom >= top) collector.Merge(reference, top, bottom, Column(corners[0]), Column(corners[1]));
    }

    private static int RowOf(string reference) => Index(reference.TrimStart([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$"]));

    private static string? Find(XlsxPackage package, string of, string type)
        => package.Relations(of).FirstOrDefault(r => r.Type == type).Part;

    private static XlsxPart? Open(XlsxPackage package, IReadOnlyList<(string Id, string Type, string Part)> relations, string type)
        => relations.FirstOrDefault(r => r.Type == type).Part is { } name ? package.Open(name) : null;

    /// <summary>The relationships' ids of the sheets, in order, and whether days are counted from 1904.</summary>
    private static (List<string> Sheets, bool From1904) Book(XlsxPackage package, string name)
    {
        using var book = package.Open(name) ?? throw new SheetException("the file is no XLSX file: it has no workbook");
        // What nobody sees is read only where nothing can be seen.
        var (sheets, hidden, from1904) = (new List<string>(), new List<string>(), false);
        while (book.Read())
        {
            if (book.Type != XmlNodeType.Element) continue;
            if (book.Name == "sheet" && book["id"] is { } id && sheets.Count + hidden.Count < MachineSheet.MostColumns)
                (book["state"] is "hidden" or "veryHidden" ? hidden : sheets).Add(id);
            if (book.Name == "workbookPr") from1904 = book["date1904"] is "1" or "true";
        }

        return ([.. sheets, .. hidden], from1904);
    }

    private void Share(XlsxPart? part)
    {
        long characters = 0;
        while (part?.Read() == true)
        {
            if (part.Type != XmlNodeType.Element || part.Name != "si") continue;
            var text = part.ReadItem(XlsxPart.MostAtOnce);
            characters += text.Length;
            if (_strings.Count == MostStrings) throw new SheetException($"the XLSX file shares more than {MostStrings} texts");
            if (characters > MostCharacters)
                throw new SheetException($"the texts of the XLSX file have more than {MostCharacters} characters");
            _strings.Add(text);
        }
    }

    /// <summary>The cells of a row that the reader is at, up to its end.</summary>
    private (List<string> Cells, List<CellFault> Faults) Row()
    {
        var cells = new List<string>();
        var faults = new List<CellFault>();
        var next = 0;
        while (_sheet.Read() && !(_sheet.Type == XmlNodeType.EndElement && _sheet.Name == "row"))
        {
            if (_sheet.Type != XmlNodeType.Element) continue;
            if (_sheet.Name == "row") throw new SheetException("the XLSX file has a row within a row");
            if (_sheet.Name != "c") continue;
            var column = _sheet["r"] is { } told ? Column(told) : next;
            next = column + 1;
            var (text, isFault) = Cell();
            // What only has a colour far to the right is no cell.
            if (text.Length == 0) continue;
            if (column >= MachineSheet.MostColumns) throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
            while (cells.Count <= column) cells.Add("");
            if (isFault) faults.Add(new CellFault(column, text));
            else cells[column] = text;
        }

        return (cells, faults);
    }

    /// <summary>The text of a cell, or what is wrong with it.</summary>
    private (string Text, bool IsFault) Cell()
    {
        if (_sheet.IsEmpty) return ("", false);
        var (type, style) = (_sheet["t"] ?? "n", Index(_sheet["s"] ?? ""));
        var (value, inline, isValue, isFormula, hasValue) = ("", "", false, false, false);
        while (_sheet.Read() && !(_sheet.Type == XmlNodeType.EndElement && _sheet.Name == "c"))
        {
            if (_sheet.Name == "v")
            {
                isValue = _sheet.Type == XmlNodeType.Element && !_sheet.IsEmpty;
                hasValue = true;
            }
            else if (_sheet.Type == XmlNodeType.Element && _sheet.Name == "f") isFormula = true;
            else if (_sheet.Type == XmlNodeType.Element && _sheet.Name == "is") inline = _sheet.ReadItem(XlsxPart.MostAtOnce);
            else if (isValue && _sheet.IsText) value = value.Length == 0 ? _sheet.Text : throw new SheetException("a cell has two values");
        }

        // A formula may come to an empty text, and to nothing else that is empty: whoever wrote the file has not reckoned.
        if (isFormula && value.Length == 0 && inline.Length == 0 && !(type == "str" && hasValue))
            return ("a formula, and the file does not hold what it comes to: open and save it in a spreadsheet program, or write the "
                + "value", true);
        if (type == "e") return (SheetText.ErrorOf(value.Length > 0 ? SheetColumn.Short(value, LongestError) : "#N/A"), true);
        return (type switch
        {
            "inlineStr" => inline,
            "str" => XlsxText.Decode(value),
            "s" when value.Length == 0 => "",
            "s" => Index(value) is var shared && shared >= 0 && shared < _strings.Count ? _strings[shared]
                : throw new SheetException("a cell of the XLSX file means a text that there is not"),
            "b" => value.Trim() is "1" or "true" ? "true" : value.Length > 0 ? "false" : "",
            // As it is written: neither this computer's day nor its time zone is part of it.
            "d" when DateTime.TryParse(value, CultureInfo.InvariantCulture,
                DateTimeStyles.RoundtripKind | DateTimeStyles.NoCurrentDateDefault, out var time)
                => XlsxNumberFormats.Text(time),
            _ => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? _formats.Text(number, style, value) : value,
        }, false);
    }

    private static int Index(string text) => int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out var index) ? index : -1;

    /// <summary>The column of a reference such as XFD1, from 0.</summary>
    private static int Column(string reference)
    {
        const int Letters = 26;
        var column = 0;
        foreach (var letter in reference.TrimStart('$').TakeWhile(char.IsAsciiLetter))
        {
            column = (column * Letters) + (char.ToUpperInvariant(letter) - 'A' + 1);
            if (column > LastRow) break;
        }

        return column > 0 ? column - 1 : throw new SheetException("a cell of the XLSX file has no column");
    }
}
