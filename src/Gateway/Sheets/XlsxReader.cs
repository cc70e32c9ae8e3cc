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

    /// <summary>The rows that are not empty, with their numbers; the first is 1.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="SheetException">A bound is hit, or the file is none.</exception>
    public static IEnumerable<(int Number, IReadOnlyList<string> Cells)> Rows(Stream file)
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
            if (!sheet.IsEmpty && reader.Row() is { Count: > 0 } cells) yield return (number, cells);
        }
    }

    private static string? Find(XlsxPackage package, string of, string type)
        => package.Relations(of).FirstOrDefault(r => r.Type == type).Part;

    private static XlsxPart? Open(XlsxPackage package, IReadOnlyList<(string Id, string Type, string Part)> relations, string type)
        => relations.FirstOrDefault(r => r.Type == type).Part is { } name ? package.Open(name) : null;

    /// <summary>The relationships' ids of the sheets, in order, and whether days are counted from 1904.</summary>
    private static (List<string> Sheets, bool From1904) Book(XlsxPackage package, string name)
    {
        using var book = package.Open(name) ?? throw new SheetException("the file is no XLSX file: it has no workbook");
        var (sheets, from1904) = (new List<string>(), false);
        while (book.Read())
        {
            if (book.Type != XmlNodeType.Element) continue;
            if (book.Name == "sheet" && book["id"] is { } id && sheets.Count < MachineSheet.MostColumns) sheets.Add(id);
            if (book.Name == "workbookPr") from1904 = book["date1904"] is "1" or "true";
        }

        return (sheets, from1904);
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
    private List<string> Row()
    {
        var cells = new List<string>();
        var next = 0;
        while (_sheet.Read() && !(_sheet.Type == XmlNodeType.EndElement && _sheet.Name == "row"))
        {
            if (_sheet.Type != XmlNodeType.Element) continue;
            if (_sheet.Name == "row") throw new SheetException("the XLSX file has a row within a row");
            if (_sheet.Name != "c") continue;
            var column = _sheet["r"] is { } told ? Column(told) : next;
            next = column + 1;
            // What only has a colour far to the right is no cell.
            if (Cell() is not { Length: > 0 } text) continue;
            if (column >= MachineSheet.MostColumns) throw new SheetException($"a sheet has at most {MachineSheet.MostColumns} columns");
            while (cells.Count <= column) cells.Add("");
            cells[column] = text;
        }

        return cells;
    }

    private string Cell()
    {
        if (_sheet.IsEmpty) return "";
        var (type, style) = (_sheet["t"] ?? "n", Index(_sheet["s"] ?? ""));
        var (value, inline, isValue) = ("", "", false);
        while (_sheet.Read() && !(_sheet.Type == XmlNodeType.EndElement && _sheet.Name == "c"))
        {
            if (_sheet.Name == "v") isValue = _sheet.Type == XmlNodeType.Element && !_sheet.IsEmpty;
            else if (_sheet.Type == XmlNodeType.Element && _sheet.Name == "is") inline = _sheet.ReadItem(XlsxPart.MostAtOnce);
            else if (isValue && _sheet.IsText) value = value.Length == 0 ? _sheet.Text : throw new SheetException("a cell has two values");
        }

        return type switch
        {
            "inlineStr" => inline,
            "str" => XlsxText.Decode(value),
            "s" => Index(value) is var shared && shared >= 0 && shared < _strings.Count ? _strings[shared]
                : throw new SheetException("a cell of the XLSX file means a text that there is not"),
            "b" => value.Trim() == "1" ? "true" : value.Length > 0 ? "false" : "",
            "e" => "",
            "d" when DateTime.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
                => XlsxNumberFormats.Text(time),
            _ => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? _formats.Text(number, style) : value,
        };
    }

    private static int Index(string text) => int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out var index) ? index : -1;

    /// <summary>The column of a reference such as XFD1, from 0.</summary>
    private static int Column(string reference)
    {
        const int Letters = 26;
        var column = 0;
        foreach (var letter in reference.TakeWhile(char.IsAsciiLetter))
        {
            column = (column * Letters) + (char.ToUpperInvariant(letter) - 'A' + 1);
            if (column > LastRow) break;
        }

        return column > 0 ? column - 1 : throw new SheetException("a cell of the XLSX file has no column");
    }
}
