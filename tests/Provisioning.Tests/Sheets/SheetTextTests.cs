using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;
using Anvil.Support;

namespace Anvil.Provisioning.Tests.Sheets;

/// <summary>Machines whose values look like something else: an export of them makes the same ones; and sheets that are made to do
/// harm.</summary>
public sealed class SheetTextTests
{
    private static readonly CatalogSnapshot Catalog = TestCatalog.With(
        new Profile { Name = "rack1" }, new Param { Name = "text", Schema = JsonSerializer.SerializeToElement(new { type = "string" }) });

    private static readonly string[] Odd = ["=1+1", "'=1", "''=", "'", "\"", "\"-\"", "\"\\\"-\\\"\"", "-", "--", "", " ", " a", "a ", "1",
        "1e999", "true", "null", "[1]", "{\"a\":1}", "\"x\"", "+1", "@x", "\t", "\r\n", "a\nb", "_x0041_", "a;=b", "ä\U0001F600",
        "\u0001"];

    /// <summary>Every text that is made of odd pieces comes back, as a description, as a param and as one whose schema asks for a
    /// text.</summary>
    [Fact]
    public void WhatIsExportedIsImportedAsTheSame()
    {
        var random = new Random(11);
        for (var n = 0; n < 2000; n++)
        {
            var (free, text, description) = (Value(random), Text(random), Text(random));
            var machine = new Machine
            {
                Uuid = Guid.NewGuid().ToString(),
                Name = $"m{n}",
                Description = description,
                Params = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
                {
                    ["free"] = free,
                    ["text"] = JsonSerializer.SerializeToElement(text),
                },
            };
            SheetColumn[] columns = [.. SheetColumn.Standard, SheetColumn.Of("free"), SheetColumn.Of("text")];
            var cells = columns.Select(c => MachineSheet.Cell(machine, c, Catalog)).ToList();
            var sheet = new Sheet([.. columns.Select(c => c.Title)], [new SheetRow(2, cells)]);
            var made = Assert.Single(Plan(sheet, columns));
            Assert.Empty(made.Problems);
            Assert.Equal((description, text, Shown(free)),
                (made.Machine.Description, made.Machine.Params["text"].GetString(), Shown(made.Machine.Params["free"])));
            var again = Assert.Single(
                Plan(sheet, columns, MachineRules.Create(made.Machine, Catalog, TestCatalog.Start, false, new ChangeOptions(), "secret")));
            Assert.True(again.Action == RowAction.None,
                $"{JsonSerializer.Serialize(cells)}: {string.Join("; ", again.Problems.Select(p => p.Message))} {again.Changes.Count}");
        }
    }

    [Theory]
    [InlineData("1e999")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("\"\\u0000\"")]
    [InlineData("\"\\ud800\"")]
    public void WhatNoBodyMayHoldIsNoValueButText(string cell)
        => Assert.Equal(cell, SheetText.Value(cell, isText: false).GetString());

    [Fact]
    public void ATextThatCannotBeStoredIsAProblemOfItsCell()
    {
        SheetColumn[] columns = [.. SheetColumn.Standard];
        foreach (var text in new[] { "a\0b", "a\uD800b", "\uDC00", "a\uD800" })
        {
            var sheet = new Sheet([.. columns.Select(c => c.Title)], [new SheetRow(2, ["m1", "", "", "", "", "", "", "", text])]);
            var problem = Assert.Single(Assert.Single(Plan(sheet, columns)).Problems);
            Assert.Equal(("Description", "the text holds U+0000 or half a surrogate pair"), (problem.Column, problem.Message));
        }
    }

    /// <summary>Cells of megabytes, each word of which is wrong, in a process with little memory.</summary>
    [Fact]
    public Task CellsOfManyWrongWordsAreToldShortly() => OwnProcess.RunAsync(
        typeof(SheetTextTests),
        nameof(CellsOfManyWrongWordsAreToldShortly),
        () =>
        {
            const int Words = 1_000_000;
            var macs = string.Join(' ', Enumerable.Range(0, Words / 4).Select(i => $"0200{i:x8}"));
            var noMacs = string.Join(' ', Enumerable.Repeat("zz", Words));
            var profiles = string.Join(' ', Enumerable.Range(0, Words).Select(i => $"p{i}"));
            var sheet = new Sheet(["Name", "MACs", "Profiles"],
                [new SheetRow(2, ["m1", macs, profiles]), new SheetRow(3, ["m2", noMacs, profiles]), new SheetRow(4, [profiles])]);
            var columns = MachineSheet.Columns(sheet.Header, []);
            var (_, looked) = MachineSheet.Keys(sheet, columns);
            Assert.InRange(looked.Count, 1, MachineSheet.MostMacs);
            foreach (var plan in Plan(sheet, columns))
            {
                Assert.Equal(RowAction.Refuse, plan.Action);
                Assert.InRange(plan.Problems.Count, 1, 21);
                Assert.All(plan.Problems, p => Assert.InRange(p.Message.Length, 1, 301));
            }

            return Task.CompletedTask;
        },
        heapOctets: 400 << 20);

    private static List<RowPlan> Plan(Sheet sheet, IReadOnlyList<SheetColumn> columns, params Machine[] known)
        => [.. MachineSheet.Plan(sheet, columns, new MachinesOfSheet(known), Catalog, new ReservationBook([]), TestCatalog.Keys,
            TestCatalog.Start, () => Guid.NewGuid().ToString())];

    private static string Text(Random random)
        => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Odd[random.Next(Odd.Length)]));

    /// <summary>A value by its kind and digits; escapes within a text say nothing.</summary>
    private static (JsonValueKind Kind, string Text) Shown(JsonElement value)
        => (value.ValueKind, value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());

    private static JsonElement Value(Random random) => random.Next(4) switch
    {
        0 => JsonElement.Parse("[1, -2.50, \"=a\"]"),
        1 => JsonElement.Parse(random.Next(2) == 0 ? "-5" : "12345678901234567890123"),
        _ => JsonSerializer.SerializeToElement(Text(random)),
    };
}
