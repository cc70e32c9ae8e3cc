using System.Globalization;
using System.Text.Json.Nodes;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Anvil.Lab.Tests;

/// <summary>
/// A whole inventory at once: ten thousand machines from a sheet, each answered with what is its own on its first packet.
/// </summary>
public sealed class KnownNetworkTests
{
    private const int Machines = 10_000;
    private const int Environments = 10;

    [Fact]
    public async Task TenThousandMachinesFromASheetAreKnownOnTheirFirstPacket()
    {
        await using var lab = await Laboratory.StartAsync(prefixLength: 16, subnet: net => net["ActiveEnd"] = "10.77.0.199",
            settings: ["--Edge:DhcpPerRelay=0"]);
        for (var i = 0; i < Environments; i++)
        {
            await lab.Api.PostAsync("bootenvs", new JsonObject
            {
                ["Name"] = $"env{i}",
                ["OS"] = new JsonObject { ["Name"] = $"env{i}" },
                ["Kernel"] = "vmlinuz",
                ["Templates"] = new JsonArray(
                    new JsonObject
                    {
                        ["Name"] = "pxelinux-mac",
                        ["Path"] = "pxelinux.cfg/{{ .Machine.MacAddr \"pxelinux\" }}",
                        ["Contents"] = $"env{i}"
                    }),
                ["Loaders"] = new JsonObject { ["386-pcbios"] = $"loader{i}.kpxe" },
            });
        }

        static string Mac(int n) => string.Create(CultureInfo.InvariantCulture, $"52:54:00:{n >> 16:x2}:{(n >> 8) & 255:x2}:{n & 255:x2}");
        static string Address(int n) => $"10.77.{16 + (n / 250)}.{1 + (n % 250)}";
        var sheet = Path.Combine(lab.Folder, "inventory.xlsx");
        WriteXlsx(sheet, ["Name", "MAC", "IP address", "Boot environment", "param:rack"],
            Enumerable.Range(0, Machines)
                .Select(n => new[] { $"node{n}.example.com", Mac(n).ToUpperInvariant(), Address(n), $"env{n % Environments}",
                    $"r{n / 40}" }));

        string[] anvil = ["netns", "exec", lab.Silo.Host.Namespace, "dotnet", Path.Combine(AppContext.BaseDirectory, "anvil.dll"),
            "import", sheet, "--server", "https://10.77.0.1:8092", "--insecure", "--key",
            $"rocketskates:{SiloProcess.Password}", "--json"];
        JsonNode Import(params string[] more)
        {
            var (code, output, error) = Commands.Try("ip", [.. anvil, .. more]);
            return code == 0 ? JsonNode.Parse(output)!
                : throw new SetupException($"anvil import ended with {code}: {error}{output[..Math.Min(2000, output.Length)]}");
        }

        Assert.Equal(Machines, Import("--dry-run")["Created"]!.GetValue<int>());
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var report = Import();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Machines} rows imported in {clock.Elapsed.TotalSeconds:F1} s");
        Assert.Equal((Machines, 0), (report["Created"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        Assert.Equal(Machines, Import("--dry-run")["Unchanged"]!.GetValue<int>());

        var expected = Path.Combine(lab.Folder, "expected");
        await File.WriteAllLinesAsync(expected,
            Enumerable.Range(0, Machines).Select(n => $"{Mac(n)} loader{n % Environments}.kpxe {Address(n)}"));
        var peer = lab.Network.AddPeer("swarm").On(address: "10.77.0.250/16");
        var asked = JsonNode.Parse(
            peer.Run("dotnet", Path.Combine(AppContext.BaseDirectory, "anvil-swarm.dll"), "known", "--interface", "eth0", "--expect",
                expected))!;
        TestContext.Current.TestOutputHelper?.WriteLine($"{Machines} first packets answered in {asked["Seconds"]} s");
        Assert.True(asked["Right"]!.GetValue<int>() == Machines, asked.ToJsonString());
        Assert.Empty((JsonArray)(await lab.Api.GetAsync("machines?Runnable=false&limit=10"))!);
    }

    /// <summary>
    /// A machine that is defined by two of its cards boots from its third, which nobody knew: it is that machine, gets its workflow, and
    /// the card joins it.
    /// </summary>
    [Fact]
    public async Task AKnownMachineThatBootsFromAnotherCardIsThatMachine()
    {
        await using var lab = await Laboratory.StartAsync();
        var vm = lab.AddMachine(Firmware.Bios, disk: 64);
        string[] known = ["52:54:00:77:01:01", "52:54:00:77:01:02"];
        foreach (var mac in known) vm.AddCard(mac);
        var made = await lab.Api.PostAsync("machines", new JsonObject
        {
            ["Name"] = "cards.example.com",
            ["HardwareAddrs"] = new JsonArray([.. known.Select(m => JsonValue.Create(m))]),
            ["Workflow"] = "discover",
        });
        await vm.PowerOnAsync();
        var machine = await lab.MachineAsync(vm, "at rest", m => m["Boot"]!["Phase"]!.ToString() == "Discovered", Deadline.Boot);
        Assert.Equal((made["Uuid"]!.ToString(), "cards.example.com"), (machine["Uuid"]!.ToString(), machine["Name"]!.ToString()));
        Assert.Equal(known.Append(vm.Mac).Order(StringComparer.Ordinal),
            machine["HardwareAddrs"]!.AsArray().Select(m => m!.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(3, machine["Params"]!["hardware/nics"]!.AsArray().Count);
        Assert.Single((JsonArray)(await lab.Api.GetAsync("machines"))!);
    }

    /// <summary>A workbook as spreadsheet programs write it: texts shared in a table.</summary>
    private static void WriteXlsx(string file, string[] header, IEnumerable<string[]> rows)
    {
        using var document = SpreadsheetDocument.Create(file, SpreadsheetDocumentType.Workbook);
        var workbook = document.AddWorkbookPart();
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        var data = new SheetData();
        foreach (var row in rows.Prepend(header))
        {
            data.Append(new Row(row.Select(cell =>
            {
                if (!texts.TryGetValue(cell, out var index)) texts[cell] = index = texts.Count;
                return new Cell { DataType = CellValues.SharedString, CellValue = new CellValue(index) };
            })));
        }

        workbook.AddNewPart<SharedStringTablePart>().SharedStringTable =
            new SharedStringTable(texts.Keys.Select(t => new SharedStringItem(new Text(t))));
        var sheet = workbook.AddNewPart<WorksheetPart>();
        sheet.Worksheet = new Worksheet(data);
        workbook.Workbook = new Workbook(new Sheets(new Sheet { Name = "inventory", SheetId = 1, Id = workbook.GetIdOfPart(sheet) }));
    }
}
