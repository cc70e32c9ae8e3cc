using System.Text;
using System.Text.Json;
using Anvil.Gateway.Sheets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;

namespace Anvil.Silo.Tests;

/// <summary>Whatever machines hold: their export, as a CSV or an XLSX file, changes nothing where they are, and makes the very same ones
/// where they are not.</summary>
public sealed class SheetRoundTripTests
{
    private static readonly Func<string> Uuid = () => Guid.NewGuid().ToString();
    private static readonly string[] Odd = ["5", "-5", "0.10", "1e3", "1E999", "007", "+5", "true", "TRUE", "null", "[1]", "{\"a\":1}",
        "-",
        "--", "", " ", " x ", "\u00A0x", "=1+1", "@x", "'5", "'=1", "\"", "\"\"", "\"5\"", "a,b", "a;b", "a\tb", "a\nb", "a\r\nb", "\r",
        "a|=b", "#N/A", "#REF!", "#WERT!", "####", "\"#N/A\"", "Err:508", "2024-01-02", "02.01.2024", "1/2", "WAHR", "_x0041_", "\u0001",
        "ä\U0001F600", "\uFEFF5", "\u2028", "sep=;", "x unreserved", "\uFF1D1", "\\", "\\n", "long"];

    private static readonly string[] Names = ["x", "X", "", " ", " a ", "a/b", "-", "\"x\"", "=1", "a,b", "a;b", "a\nb", "ä", "5", "#N/A",
        "param:x", "Name", "'", "ipmi/address", "text", "count", "on", "rest", "_x0041_", "\uFEFF", "a=b|c", "@x"];

    private static string Folder => Path.Combine(Repository.Root, "content", "anvil");

    private static readonly CatalogSnapshot Catalog = new(1,
    [
        .. ContentPack.Read("anvil", Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(f => new ContentFile(Path.GetRelativePath(Folder, f), File.ReadAllText(f)))),
        new Profile { Name = "rack1" }, new Profile { Name = "rack 2" },
        Param("text", """{"type":"string"}"""), Param("count", """{"type":"integer"}"""), Param("on", """{"type":"boolean"}"""),
        new Subnet
        {
            Name = "net", Network = "10.9.0.0/24", ActiveStart = "10.9.0.10", ActiveEnd = "10.9.0.99", ActiveLeaseTime = 600,
            Enabled = true,
        },
    ]);

    private static readonly ParamKeys Keys = new(new byte[32]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatIsExportedIsImportedAsTheSame(bool isXlsx)
    {
        var random = new Random(isXlsx ? 3 : 5);
        for (var n = 0; n < 150; n++)
        {
            List<Machine> machines = [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => Machine(random, i, n % 30 == 0))];
            var reserved = new ReservationBook(machines.Where(m => m.HardwareAddrs.Count > 0
                && m.Address.StartsWith("10.9", StringComparison.Ordinal) && random.Next(2) == 0)
                .Select(m => new Reservation { Addr = m.Address, Token = m.HardwareAddrs[^1], Strategy = "MAC" }));
            using var file = new MemoryStream();
            if (isXlsx) await SheetWriter.WriteXlsxAsync(file, RowsAsync(machines, reserved), CancellationToken.None);
            else await SheetWriter.WriteCsvAsync(file, RowsAsync(machines, reserved), CancellationToken.None);
            var sheet = SheetReader.Read(file);
            var problems = new List<SheetProblem>();
            var columns = MachineSheet.Columns(sheet.Header, problems);
            Assert.Empty(problems);

            var known = new MachinesOfSheet(machines.Select(m => MachineSheet.Compared(m, columns, Catalog, Keys)));
            foreach (var plan in MachineSheet.Plan(sheet, columns, known, Catalog, reserved, Keys, DateTimeOffset.UnixEpoch, Uuid))
                Assert.True(plan.Action == RowAction.None, $"{n}: {plan.Name} {plan.Action}: {Told(plan)}");

            var made = MachineSheet.Plan(sheet, columns, new MachinesOfSheet([]), Catalog, new ReservationBook([]), Keys,
                DateTimeOffset.UnixEpoch, Uuid).ToList();
            Assert.Equal(machines.Count, made.Count);
            foreach (var (was, plan) in machines.OrderBy(m => m.Name, StringComparer.Ordinal).Zip(made))
            {
                Assert.True(plan.Problems.Count == 0, $"{n}: {Told(plan)}");
                Assert.Equal(Shown(was), Shown(plan.Machine));
                Assert.Equal(reserved.At(IPv4.TryParse(was.Address, out var address) ? address : 0) is not null,
                    plan.Reservation is not null);
            }
        }
    }

    private static string Told(RowPlan plan) => string.Join("; ", plan.Problems.Select(p => $"{p.Column}: {p.Message}")
        .Concat(plan.Changes.Select(c => $"{c.Column}: {c.From} -> {c.To}")));

    private static string Shown(Machine machine) => string.Join('\n',
        [machine.Name, .. machine.HardwareAddrs, machine.Address, string.Join(',', machine.Profiles), machine.Workflow,
            machine.Description,
            .. machine.Params.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}: {p.Value.ValueKind} "
                + (p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString() : p.Value.GetRawText()))]);

    private static async IAsyncEnumerable<IReadOnlyList<string>> RowsAsync(List<Machine> machines, ReservationBook reserved)
    {
        var columns = await MachineSheet.ExportedAsync(All(machines), Catalog, CancellationToken.None);
        yield return [.. columns.Select(c => c.Title)];
        foreach (var machine in machines.OrderBy(m => m.Name, StringComparer.Ordinal))
            yield return MachineSheet.Exported(machine, columns, Catalog, reserved);
    }

    private static async IAsyncEnumerable<Machine> All(List<Machine> machines)
    {
        await Task.CompletedTask;
        foreach (var machine in machines) yield return machine;
    }

    private static Machine Machine(Random random, int number, bool isWide)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        for (var i = random.Next(8); i > 0; i--)
        {
            var name = random.Next(4) == 0 ? Text(random) : Names[random.Next(Names.Length)];
            // None is longer than that.
            if (name.Length > NameRules.Longest) name = Names[0];
            values[name] = Value(random, name);
        }

        for (var i = 0; isWide && i < 300; i++) values[$"wide{i}"] = Value(random, "wide");
        List<string> macs = [.. Enumerable.Range(0, random.Next(3)).Select(i => $"02:00:00:00:{number:x2}:{i:x2}")];
        return new Machine
        {
            Uuid = Guid.NewGuid().ToString(),
            Name = random.Next(5) == 0 ? $"{number}00" : $"m{number}.example",
            HardwareAddrs = macs,
            Address = random.Next(3) switch { 0 => "", 1 => $"10.9.0.{20 + number}", _ => $"192.0.2.{20 + number}" },
            Profiles = [.. new[] { "rack1", "rack 2" }.Where(_ => random.Next(2) == 0)],
            Description = Text(random),
            Params = values,
        };
    }

    private static JsonElement Value(Random random, string name) => name switch
    {
        // As its schema has it: a BMC's address is a text, and none of the long ones.
        "ipmi/address" => JsonSerializer.SerializeToElement(Odd[random.Next(Odd.Length - 1)]),
        "text" => JsonSerializer.SerializeToElement(Text(random)),
        "count" => JsonElement.Parse($"{random.Next(1000)}"),
        "on" => JsonElement.Parse(random.Next(2) == 0 ? "true" : "false"),
        _ => random.Next(5) switch
        {
            0 => JsonElement.Parse("[1, -2.50, \"=a\", {\"b\": null}]"),
            1 => JsonElement.Parse(new[] { "-5", "5", "1.0", "12345678901234567890123", "true", "null", "{}", "[]" }[random.Next(8)]),
            _ => JsonSerializer.SerializeToElement(Text(random)),
        },
    };

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var next = Odd[random.Next(Odd.Length)];
            text.Append(next == "long" ? new string('y', 40_000) : next);
            if (random.Next(2) == 0) break;
        }

        return text.ToString();
    }

    private static Param Param(string name, string schema) => new() { Name = name, Schema = JsonElement.Parse(schema) };
}
