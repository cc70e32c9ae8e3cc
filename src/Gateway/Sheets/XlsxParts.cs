namespace Anvil.Gateway.Sheets;

/// <summary>The parts of an XLSX file that are the same for every sheet (ECMA-376 part 1, section 12; part 2, section 6.2).</summary>
internal static class XlsxParts
{
    /// <summary>Name of the worksheet's part.</summary>
    public const string Worksheet = "xl/worksheets/sheet1.xml";

    /// <summary>Namespace of spreadsheets.</summary>
    public const string Namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

    /// <summary>
    /// The cells' style, the second format below: a text stays one also when somebody edits its cell, where it would become a formula or a
    /// number. 49 is the built-in format of texts (ECMA-376 part 1, section 18.8.30).
    /// </summary>
    public const string TextStyle = "1";

    private const string Types = "http://schemas.openxmlformats.org/package/2006/content-types";
    private const string Links = "http://schemas.openxmlformats.org/package/2006/relationships";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";

    /// <summary>Name and text of each.</summary>
    public static IReadOnlyList<(string Name, string Text)> All { get; } =
    [
        ("[Content_Types].xml", $"""
            <Types xmlns="{Types}"><Default Extension="xml" ContentType="application/xml"/>
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{Kind}.sheet.main+xml"/>
            <Override PartName="/xl/styles.xml" ContentType="{Kind}.styles+xml"/>
            <Override PartName="/{Worksheet}" ContentType="{Kind}.worksheet+xml"/></Types>
            """),
        ("_rels/.rels", $"""
            <Relationships xmlns="{Links}"><Relationship Id="r1" Type="{Office}/officeDocument" Target="xl/workbook.xml"/></Relationships>
            """),
        ("xl/workbook.xml", $"""
            <workbook xmlns="{Namespace}" xmlns:r="{Office}"><sheets><sheet name="machines" sheetId="1" r:id="r1"/></sheets></workbook>
            """),
        ("xl/_rels/workbook.xml.rels", $"""
            <Relationships xmlns="{Links}"><Relationship Id="r1" Type="{Office}/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="r2" Type="{Office}/styles" Target="styles.xml"/></Relationships>
            """),
        ("xl/styles.xml", $"""
            <styleSheet xmlns="{Namespace}"><fonts count="1"><font/></fonts>
            <fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
            <borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
            <cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1" quotePrefix="1"/></cellXfs></styleSheet>
            """),
    ];
}
