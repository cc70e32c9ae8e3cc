using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog.Schemas;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Sheets;
using Anvil.Silo.Tests.Hostile;

namespace Anvil.Silo.Tests.Bounds;

/// <summary>A bound that docs/limits.md names: what is within it, and what is beyond.</summary>
/// <param name="Where">The constant, as the document names it.</param>
/// <param name="Within">Is taken. At the bound itself, where that can be hit.</param>
/// <param name="Beyond">Is refused.</param>
/// <param name="Status">How that is answered.</param>
/// <param name="Message">What the answer says of it.</param>
internal sealed record BoundCase(
    string Where, Func<BoundClient, Task<(int Status, string Text)>> Within, Func<BoundClient, Task<(int Status, string Text)>> Beyond,
    int Status, string Message)
{
    private const string Header = "Name,Description\n";

    /// <summary>Machines that are too large for one list, or one sheet, all together.</summary>
    private const int BigMachines = 5;

    /// <summary>A param of 5 MiB: three fit in a document, four do not.</summary>
    private static readonly string Big = $$"""{"a":"{{new string('b', 5 << 20)}}"}""";

    private static readonly string Numbers = $$"""{"a":[{{Many(10_000, i => $"{i}", ",")}}]}""";

    private static readonly string Deep = $$"""{"a":{{Lists(40)}} }""";

    private static readonly string Wide = $"x,{new string('d', (1 << 20) - 3)}\n";

    /// <summary>Clients that try it at once.</summary>
    public int AtOnce { get; init; } = BoundTests.Clients;

    /// <summary>What one client does before all try it.</summary>
    public Func<BoundClient, Task> Before { get; init; } = _ => Task.CompletedTask;

    /// <summary>What one client does after all have tried it.</summary>
    public Func<BoundClient, Task> After { get; init; } = _ => Task.CompletedTask;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BoundCase> All { get; } =
    [
        new("JsonLimits.Octets", c => c.ProfileAsync(Filled(c, 0)), c => c.ProfileAsync(Filled(c, 1)), 413,
            "a body has at most 16777216 octets"),
        // Each of these has four octets when it is sent, and twelve where it is stored.
        new("JsonLimits.Octets", c => c.ProfileAsync(Described(1_000_000)), c => c.ProfileAsync(Described(1_500_000)), 413,
            "an object has at most 16777216 octets as it is stored"),
        new("JsonLimits.Octets", c => MachineAsync(c, $"{c.Name}-large", Described(1_000_000)),
            c => MachineAsync(c, $"{c.Name}-larger", Described(1_500_000)), 413, "an object has at most 16777216 octets as it is stored")
        {
            AtOnce = 1,
        },
        new("JsonLimits.Octets", c => c.PatchAsync(Copies(2), Big), c => c.PatchAsync(Copies(3), Big), 409, "more than 16777216 octets"),
        new("JsonLimits.Depth", c => c.ProfileAsync(Nested(JsonLimits.Depth)), c => c.ProfileAsync(Nested(JsonLimits.Depth + 1)), 400,
            "nested more than 64 levels deep"),
        new("JsonLimits.Depth", c => c.PatchAsync(Into(10), Deep), c => c.PatchAsync(Into(35), Deep), 409,
            "nested more than 64 levels deep"),
        new("JsonLimits.NumberOctets", c => c.ProfileAsync(Number(JsonLimits.NumberOctets)),
            c => c.ProfileAsync(Number(JsonLimits.NumberOctets + 1)), 400, "a number of more than 1024 octets"),
        new("JsonLimits.Problems", c => c.ProfileAsync(""), c => c.ProfileAsync(Many(500, i => $""","No{i}":1""", "")), 400, "and more"),
        new("PatchLimits.Operations", c => c.PatchAsync(Tests(PatchLimits.Operations)),
            c => c.PatchAsync(Tests(PatchLimits.Operations + 1)), 400, "at most 10000 operations"),
        new("PatchLimits.PointerLength", c => c.PatchAsync(Pointer(PatchLimits.PointerLength)),
            c => c.PatchAsync(Pointer(PatchLimits.PointerLength + 1)), 409, "at most 8192 characters"),
        new("PatchLimits.Steps", c => c.PatchAsync(Moves(100), Numbers), c => c.PatchAsync(Moves(5000), Numbers), 409, "work"),
        new("SchemaLimits.Octets", c => c.ValueAsync(Schema(SchemaLimits.Octets)), c => c.ValueAsync(Schema(SchemaLimits.Octets + 1)), 422,
            "at most 65536 octets"),
        new("SchemaLimits.PatternLength", c => c.ValueAsync(Pattern(new string('a', SchemaLimits.PatternLength))),
            c => c.ValueAsync(Pattern(new string('a', SchemaLimits.PatternLength + 1))), 422, "at most 2000 characters"),
        new("SchemaLimits.PatternSize", c => c.ValueAsync(Pattern("a{9000}")), c => c.ValueAsync(Pattern("a{10001}")), 422,
            "more than 10000 characters"),
        new("SchemaLimits.PatternMilliseconds", c => c.ValueAsync(Pattern("^(?=a)(a+)+$"), "\"aaaa\""),
            c => c.ValueAsync(Pattern("^(?=a)(a+)+$"), $"\"{new string('a', 40)}!\""), 422, "too long to match"),
        new("SchemaLimits.Steps", c => c.ValueAsync(Doubling(10), "1"), c => c.ValueAsync(Doubling(22), "1"), 422, "takes too much work"),
        new("SchemaLimits.Depth", c => c.ValueAsync(Chain(SchemaLimits.Depth - 12), "1"),
            c => c.ValueAsync(Chain(SchemaLimits.Depth + 1), "1"), 422, "nested too deeply"),
        new("NameRules.LongestLabel", c => MachineAsync(c, HostName(c, 253)), c => MachineAsync(c, new string('a', 64)), 422, "Name"),
        new("NameRules.LongestHostName", c => MachineAsync(c, HostName(c, 253)), c => MachineAsync(c, HostName(c, 254)), 422, "Name"),
        List("Conditions", Many(ListBounds.Conditions, i => $"params.p{i}=1", "&"),
            Many(ListBounds.Conditions + 1, i => $"params.p{i}=1", "&"), "at most 32 fields"),
        List("Alternatives", Many(ListBounds.Alternatives, i => $"Name=n{i}", "&"),
            Many(ListBounds.Alternatives + 1, i => $"Name=n{i}", "&"), "at most 64 alternatives"),
        List("Values", $"Name=In({Many(ListBounds.Values, i => $"n{i}", ",")})",
            $"Name=In({Many(ListBounds.Values + 1, i => $"n{i}", ",")})", "at most 1000 values"),
        List("ValueLength", "Name=" + new string('a', ListBounds.ValueLength), "Name=" + new string('a', ListBounds.ValueLength + 1),
            "at most 4096 characters"),
        List("PatternLength", $"Name=Re({new string('a', ListBounds.PatternLength)})",
            $"Name=Re({new string('a', ListBounds.PatternLength + 1)})", "at most 512 characters"),
        List("Patterns", Many(ListBounds.Patterns, i => $"params.p{i}=Re(a)", "&"),
            Many(ListBounds.Patterns + 1, i => $"params.p{i}=Re(a)", "&"), "at most 8 regular expressions"),
        List("Sorts", Many(ListBounds.Sorts, i => $"sort=params.p{i}", "&"), Many(ListBounds.Sorts + 1, i => $"sort=params.p{i}", "&"),
            "at most 4 fields"),
        List("SelectedParams", "params=" + Many(ListBounds.SelectedParams, i => $"p{i}", ","),
            "params=" + Many(ListBounds.SelectedParams + 1, i => $"p{i}", ","), "at most 256 params"),
        List("SelectedFields", "fields=" + Many(ListBounds.SelectedFields, i => $"Params.p{i}", ","),
            "fields=" + Many(ListBounds.SelectedFields + 1, i => $"Params.p{i}", ","), "at most 256 fields"),
        new("ListBounds.PageLength", c => c.AskAsync("GET", "machines?Description=big&limit=3"),
            c => c.AskAsync("GET", "machines?Description=big"), 406, "longer than 64 MiB")
        {
            // The next one needs them, too: most of what these two cost is making them.
            Before = c => c.MakeBigMachinesAsync(BigMachines),
            // Each takes several times its length while it is made; what several take together has no bound.
            AtOnce = 1,
        },
        new("MachineSheet.MostKnown", c => KnownAsync(c, 4), c => KnownAsync(c, 5), 400, "more than 64 MiB in its columns")
        {
            AtOnce = 1,
            After = c => c.RemoveBigMachinesAsync(BigMachines),
        },
        new("TemplateLimits.OutputCharacters", c => c.RenderAsync("{{ range until 8 }}{{ repeat 1000000 \"x\" }}{{ end }}"),
            c => c.RenderAsync("{{ range until 9 }}{{ repeat 1000000 \"x\" }}{{ end }}"), 422, "output"),
        new("TemplateLimits.Steps", c => c.RenderAsync("{{ range until 100 }}{{ range until 1000 }}{{ . }}{{ end }}{{ end }}"),
            c => c.RenderAsync("{{ range until 2000 }}{{ range until 2000 }}{{ . }}{{ end }}{{ end }}"), 422, "steps"),
        new("TemplateLimits.Depth", c => c.RenderAsync(Calls(c, 90)), c => c.RenderAsync(Calls(c, 1000)), 422,
            "maximum template depth (100)"),
        new("IJobLogs.MostBytes", c => c.LogAsync(64 << 20, 0), c => c.LogAsync(64 << 20, 1), 413, "at most 67108864 octets"),
        new("SheetReader.MostOctets", c => c.SheetAsync(Header, Wide, 60), c => c.SheetAsync(Header, Wide, 64), 413, "at most 64 MiB"),
        new("MachineSheet.MostRows", c => c.SheetAsync(Header, "x,\n", MachineSheet.MostRows),
            c => c.SheetAsync(Header, "x,\n", MachineSheet.MostRows + 1), 400, "at most 100000 rows"),
        new("MachineSheet.MostColumns", c => c.SheetAsync(Columns(MachineSheet.MostColumns), "", 0),
            c => c.SheetAsync(Columns(MachineSheet.MostColumns + 1), "", 0), 400, "at most 256 columns"),
        new("MachineSheet.MostCells", c => c.SheetAsync(Columns(MachineSheet.MostColumns), FullRow(), 3900),
            c => c.SheetAsync(Columns(MachineSheet.MostColumns), FullRow(), 4000), 400, "at most 1000000 cells")
        {
            AtOnce = 1,
        },
        new("MachineSheet.MostCharacters", c => SharedAsync(c, 60), c => SharedAsync(c, 64), 400, "at most 67108864 characters"),
        new("MachineSheet.MostMacs", c => MacsAsync(c, MachineSheet.MostMacs), c => MacsAsync(c, MachineSheet.MostMacs + 1), 200,
            "at most 4096 MAC addresses"),
        new("UserVerbs.LongestPassword", c => PasswordAsync(c, 1024), c => PasswordAsync(c, 1025), 400, "1024"),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Where} {Status}";

    private static BoundCase List(string where, string within, string beyond, string message)
        => new($"ListBounds.{where}", c => c.AskAsync("GET", $"machines?{within}"), c => c.AskAsync("GET", $"machines?{beyond}"), 406,
            message);

    private static string Many(int count, Func<int, string> one, string between)
        => string.Join(between, Enumerable.Range(0, count).Select(one));

    /// <summary>Fields by which the body of a profile has the most octets, and so many more.</summary>
    private static string Described(int smiles) => $",\"Description\":\"{string.Concat(Enumerable.Repeat("\U0001F600", smiles))}\"";

    private static string Filled(BoundClient client, int more)
    {
        const string Field = ",\"Description\":\"";
        var around = $$"""{"Name":"{{client.Name}}"}""".Length + Field.Length + 2;
        // What is stored has further fields: the rest is blanks.
        const int Blanks = 1 << 16;
        return $"{Field}{new string('d', JsonLimits.Octets - around - Blanks)}\" {new string(' ', Blanks + more)}";
    }

    private static string Lists(int levels) => new string('[', levels) + new string(']', levels);

    /// <summary>A profile whose innermost list is so many levels deep: the object and its params are two.</summary>
    private static string Nested(int levels) => $$""","Params":{"a":{{Lists(levels - 2)}}}""";

    private static string Number(int octets) => $$""","Params":{"a":0.{{new string('1', octets - 2)}}}""";

    /// <summary>Copies a param so deep into itself.</summary>
    private static string Into(int levels)
        => $$"""[{"op":"copy","from":"/Params/a","path":"/Params/a{{string.Concat(Enumerable.Repeat("/0", levels))}}/-"}]""";

    private static string Moves(int count) => $"[{Many(count, _ => """{"op":"move","from":"/Params/a/0","path":"/Params/a/-"}""", ",")}]";

    private static string Copies(int count)
        => $"[{Many(count, i => $$"""{"op":"copy","from":"/Params/a","path":"/Params/b{{i}}"}""", ",")}]";

    private static string Tests(int count) => $"[{Many(count, _ => """{"op":"test","path":"/Params/a","value":1}""", ",")}]";

    private static string Pointer(int length) => $$"""[{"op":"add","path":"{{"/Meta/".PadRight(length, 'm')}}","value":"x"}]""";

    private static string Schema(int octets)
    {
        const string Around = """{"description":""}""";
        return $$"""{"description":"{{new string('d', octets - Around.Length)}}"}""";
    }

    private static string Pattern(string pattern) => $$"""{"type":"string","pattern":"{{pattern}}"}""";

    /// <summary>Each definition asks for the next one twice.</summary>
    private static string Doubling(int count) => Definitions(count, i => $$"""{"allOf":[{{Reference(i + 1)}},{{Reference(i + 1)}}]}""");

    private static string Chain(int count) => Definitions(count, i => Reference(i + 1));

    private static string Definitions(int count, Func<int, string> one)
    {
        var all = Many(count, i => $"\"d{i}\":{one(i)}", ",") + $$""","d{{count}}":{"type":"number"}""";
        return """{"$ref":"#/definitions/d0","definitions":{""" + all + "}}";
    }

    private static string Reference(int definition) => $$"""{"$ref":"#/definitions/d{{definition}}"}""";

    /// <summary>A template that calls itself so often.</summary>
    private static string Calls(BoundClient client, int depth)
        =>
            $$$"""
            {{ define "{{{client.Name}}}-self" }}{{ if gt . 0 }}{{ template "{{{client.Name}}}-self" (sub . 1) }}{{ end }}{{ end -}}
            {{ template "{{{client.Name}}}-self" {{{depth}}} }}
            """;

    private static string HostName(BoundClient client, int length)
        => $"{client.Name}.".PadRight(63, 'a') + "." + new string('b', 63) + "." + new string('c', 63) + "."
            + new string('d', length - 192);

    /// <summary>A row that fills its columns.</summary>
    private static string FullRow() => "x" + string.Concat(Enumerable.Repeat(",1", MachineSheet.MostColumns - 1)) + "\n";

    /// <summary>A small file with a text of a MiB, which so many cells share.</summary>
    private static Task<(int Status, string Text)> SharedAsync(BoundClient client, int cells)
    {
        var file = XlsxFile.With(
            new PartText(XlsxFile.Strings, "<sst><si><t>Name</t></si><si><t>", "a", 1 << 20, "</t></si></sst>"),
            new PartText(XlsxFile.Worksheet, "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></row>",
                "<row><c t=\"s\"><v>1</v></c></row>", cells, "</sheetData></worksheet>"));
        return client.StreamAsync("POST", "machines/import?dryRun=true", new MemoryStream(file), "application/octet-stream");
    }

    /// <summary>A sheet that names so many of them, with a column of that param.</summary>
    private static Task<(int Status, string Text)> KnownAsync(BoundClient client, int count)
        => client.SheetAsync("Name,param:large\n" + Many(count, i => $"big-{i},\n", ""), "", 0);

    private static Task<(int Status, string Text)> MacsAsync(BoundClient client, int count)
        => client.SheetAsync("Name,MACs\n", $"{client.Name},{Many(count, i => $"0200{i:x8}", " ")}\n", 1);

    private static string Columns(int count) => Many(count, i => i == 0 ? "Name" : $"param:p{i}", ",") + "\n";

    private static async Task<(int Status, string Text)> MachineAsync(BoundClient client, string name, string fields = "")
    {
        var answer = await client.AskAsync("POST", "machines", $$"""{"Name":"{{name}}","BootEnv":"local"{{fields}}}""");
        await client.AskAsync("DELETE", $"machines/Name:{name}");
        return answer;
    }

    private static async Task<(int Status, string Text)> PasswordAsync(BoundClient client, int length)
    {
        await client.AskAsync("POST", "users", $$"""{"Name":"{{client.Name}}"}""");
        var answer = await client.AskAsync("PUT", $"users/{client.Name}/password", $$"""{"Password":"{{new string('p', length)}}"}""");
        await client.AskAsync("DELETE", $"users/{client.Name}");
        return answer;
    }
}
