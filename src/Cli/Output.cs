using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Anvil.Cli;

/// <summary>Where answers go: tables for people, JSON for programs.</summary>
/// <param name="Console">For people.</param>
/// <param name="Text">For programs.</param>
/// <param name="IsJson">Programs ask.</param>
internal sealed record Output(IAnsiConsole Console, TextWriter Text, bool IsJson)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes a list: as it comes for programs (one JSON array), as a table for people.</summary>
    public async Task ListAsync(IAsyncEnumerable<JsonObject> rows,
        params IReadOnlyList<(string Title, Func<JsonObject, string> Cell)> columns)
    {
        if (IsJson)
        {
            var all = new JsonArray();
            await foreach (var row in rows) all.Add(row.DeepClone());
            await JsonAsync(all);
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var (title, _) in columns) table.AddColumn(new TableColumn(Markup.Escape(title)) { NoWrap = true });
        await foreach (var row in rows) table.AddRow([.. columns.Select(c => new Text(OneLine(c.Cell(row))))]);
        if (table.Rows.Count == 0) Console.MarkupLine("[grey]nothing[/]");
        else Console.Write(table);
    }

    /// <summary>Writes one object as names and values.</summary>
    public async Task ObjectAsync(JsonNode value, params IReadOnlyList<(string Name, string Value)> fields)
    {
        if (IsJson)
        {
            await JsonAsync(value);
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) }).AddColumn();
        foreach (var (name, text) in fields.Where(f => f.Value.Length > 0))
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(Printable(text)));
        Console.Write(grid);
    }

    /// <summary>Writes a line for people, with Spectre's markup.</summary>
    public void Line(FormattableString markup)
        => Console.MarkupLineInterpolated(FormattableStringFactory.Create(markup.Format,
            [.. markup.GetArguments().Select(a => a is string text ? OneLine(text) : a)]));

    /// <summary>Writes JSON for programs.</summary>
    public Task JsonAsync(JsonNode value) => Text.WriteLineAsync(value.ToJsonString(Indented));

    /// <summary>Writes one line of JSON.</summary>
    public async Task JsonLineAsync(JsonNode value)
    {
        await Text.WriteLineAsync(value.ToJsonString());
        await Text.FlushAsync();
    }

    /// <summary>A text as one line: what machines say of themselves shall neither steer a terminal nor forge a line.</summary>
    public static string OneLine(string text) => Printable(text).Replace('\n', ' ');

    private static string Printable(string text) => new([.. text.Select(c => c != '\n' && IsSteering(c) ? '\uFFFD' : c)]);

    private static bool IsSteering(char letter) => char.IsControl(letter) || char.GetUnicodeCategory(letter)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
