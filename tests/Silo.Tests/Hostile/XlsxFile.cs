using System.IO.Compression;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>XLSX files as no spreadsheet program writes them: parts by their text, or by a text over and over, which packs to a
/// thousandth.</summary>
internal static class XlsxFile
{
    public const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    public const string Book = "xl/workbook.xml";
    public const string BookRelations = "xl/_rels/workbook.xml.rels";
    public const string Worksheet = "xl/worksheets/sheet1.xml";
    public const string Strings = "xl/sharedStrings.xml";
    public const string Styles = "xl/styles.xml";
    private const string Package = "http://schemas.openxmlformats.org/package/2006/relationships";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    /// <summary>A file with some parts of its own making; the others are as they should be.</summary>
    public static byte[] With(params IReadOnlyList<PartText> parts)
    {
        var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            var all = Parts().Select(p => new PartText(p.Key, p.Value)).Where(p => !parts.Any(own => own.Name == p.Name)).Concat(parts);
            foreach (var part in all)
            {
                using var stream = archive.CreateEntry(part.Name, CompressionLevel.Fastest).Open();
                part.WriteTo(stream);
            }
        }

        return file.ToArray();
    }

    /// <summary>A file with one part of its own making.</summary>
    public static byte[] With(string name, string head, string unit = "", long count = 0, string tail = "")
        => With(new PartText(name, head, unit, count, tail));

    /// <summary>A worksheet's rows.</summary>
    public static byte[] WithRows(string rows) => With(Worksheet, Sheet(rows));

    /// <summary>A worksheet.</summary>
    public static string Sheet(string rows) => $"<worksheet xmlns=\"{Main}\"><sheetData>{rows}</sheetData></worksheet>";

    /// <summary>A relationship.</summary>
    public static string Relation(string id, string type, string target, string more = "")
        => $"<Relationship Id=\"{id}\" Type=\"{Office}/{type}\" Target=\"{target}\" {more}/>";

    /// <summary>Relationships.</summary>
    public static string Relations(params string[] all) => $"<Relationships xmlns=\"{Package}\">{string.Concat(all)}</Relationships>";

    private static Dictionary<string, string> Parts() => new(StringComparer.Ordinal)
    {
        ["_rels/.rels"] = Relations(Relation("r1", "officeDocument", Book)),
        [BookRelations] = Relations(Relation("r1", "worksheet", "worksheets/sheet1.xml"),
            Relation("r2", "sharedStrings", "sharedStrings.xml"), Relation("r3", "styles", "/xl/styles.xml")),
        [Book] = $"<workbook xmlns=\"{Main}\" xmlns:r=\"{Office}\"><sheets><sheet name=\"m\" sheetId=\"1\" "
            + "r:id=\"r1\"/></sheets></workbook>",
        [Worksheet] = Sheet("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>"),
        [Strings] = $"<sst xmlns=\"{Main}\"><si><t>Name</t></si></sst>",
        [Styles] = $"<styleSheet xmlns=\"{Main}\"/>",
    };
}
