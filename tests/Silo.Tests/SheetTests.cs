using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Cli;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests;

/// <summary>Sheets of machines: POST /machines/import, GET /machines/export, and the command line that people use for them.</summary>
public abstract class SheetTests(SiloFixture silo)
{
    private const int Net = 40;
    private readonly string _mark = Guid.NewGuid().ToString("N")[..8];

    private string Mac(int n) => $"02:{_mark[..2]}:{_mark[2..4]}:{_mark[4..6]}:{_mark[6..8]}:{n:x2}";

    private async Task<(HttpStatusCode Status, JsonNode Body)> ImportAsync(string csv, string query = "")
    {
        using var content = new StringContent(csv, Encoding.UTF8, "text/csv");
        using var response = await silo.Http.PostAsync("machines/import" + query, content);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private async Task<JsonNode?> MachineAsync(string name)
        => (await silo.CallAsync("GET", $"machines/Name:{name}")) is { Status: HttpStatusCode.OK } found ? found.Body : null;

    private async Task<(int Code, string Output, string Error)> AnvilAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await AnvilCommand.Build(TimeProvider.System)
            .Parse([.. arguments, "--server", $"http://127.0.0.1:{silo.ApiPort}", "--key", $"rocketskates:{SiloFixture.Password}"])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private async Task SubnetAsync()
    {
        var (status, _) = await silo.CallAsync("POST", "subnets",
            """
            {"Name":"sheets","Subnet":"10.44.0.0/16","Enabled":true,"ActiveStart":"10.44.1.0","ActiveEnd":"10.44.1.99",
            "ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """);
        Assert.Contains(status, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict });
    }

    [Fact]
    public async Task ASheetMakesMachinesAndTheirReservationsAndNothingTheSecondTime()
    {
        await SubnetAsync();
        var address = $"10.44.{Convert.ToByte(_mark[..2], 16)}.{Convert.ToByte(_mark[2..4], 16) | 1}";
        var csv = $"Name;MACs;Address;BootEnv;param:note\nweb1-{_mark};{Mac(1)};{address};sledgehammer;\"a "
            + $"\"\"quoted\"\"\nnote\"\nweb2-{_mark};{Mac(2)};;local;\n";
        var (status, plan) = await ImportAsync(csv, "?dryRun=true");
        Assert.Equal((HttpStatusCode.OK, 2, true), (status, plan["Created"]!.GetValue<int>(), plan["DryRun"]!.GetValue<bool>()));
        Assert.Null(await MachineAsync($"web1-{_mark}"));
        (status, var report) = await ImportAsync(csv);
        Assert.Equal((HttpStatusCode.OK, 2, 0), (status, report["Created"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        var machine = (await MachineAsync($"web1-{_mark}"))!;
        Assert.Equal(("sledgehammer", "a \"quoted\"\nnote", address),
            (machine["BootEnv"]!.ToString(), machine["Params"]!["note"]!.ToString(), machine["Address"]!.ToString()));
        Assert.Equal(Mac(1), (await silo.CallAsync("GET", $"reservations/{address}")).Body!["Token"]!.ToString());
        (_, report) = await ImportAsync(csv);
        Assert.Equal((0, 0, 2),
            (report["Created"]!.GetValue<int>(), report["Updated"]!.GetValue<int>(), report["Unchanged"]!.GetValue<int>()));
        (_, report) = await ImportAsync(csv.Replace("local", "sledgehammer", StringComparison.Ordinal));
        Assert.Equal(1, report["Updated"]!.GetValue<int>());
        Assert.Equal("sledgehammer", (await MachineAsync($"web2-{_mark}"))!["BootEnv"]!.ToString());
    }

    [Fact]
    public async Task NothingIsImportedUnlessAllRowsAreGoodOrPartialIsAskedFor()
    {
        var csv = $"Name,MACs,Profiles\ngood-{_mark},{Mac(3)},\nbad-{_mark},{Mac(4)},nosuch\n";
        var (status, report) = await ImportAsync(csv);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 0, 1),
            (status, report["Created"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        var problem = Assert.Single((JsonArray)report["Problems"]!)!;
        Assert.Equal((3, "Profiles", "there is no profile nosuch"),
            (problem["Row"]!.GetValue<int>(), problem["Column"]!.ToString(), problem["Message"]!.ToString()));
        Assert.Null(await MachineAsync($"good-{_mark}"));
        (status, report) = await ImportAsync(csv, "?partial=true");
        Assert.Equal((HttpStatusCode.OK, 1, 1), (status, report["Created"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
        Assert.NotNull(await MachineAsync($"good-{_mark}"));
        Assert.Null(await MachineAsync($"bad-{_mark}"));
    }

    /// <summary>Names in a ring, cards in a chain that ends in a new machine, and addresses that nobody serves: one step each.</summary>
    [Theory]
    [InlineData("Name,MACs\n{1},{m0}\n{2},{m1}\n{0},{m2}\n", "0:2@2 1:0@0 2:1@1")]
    [InlineData("Name,MACs\n{0},{m1}\n{1},{m2}\n{2},{m9}\n", "0:0@0 1:2@1 2:9@2")]
    [InlineData("Name,MACs\n{3},{m0}\n{0},{m9}\n", "0:9@0 1:1@1 2:2@2 3:0@")]
    [InlineData("Name,Address\n{0},{a1}\n{1},{a2}\n{2},{a0}\n", "0:0@1 1:1@2 2:2@0")]
    [InlineData("Name,Address\n{0},{a1}\n{1},{a9}\n{3},{a0}\n", "0:0@1 1:1@9 2:2@2 3:@0")]
    public async Task WhatRowsExchangeIsOneStep(string sheet, string after)
    {
        string Fill(string text) => Regex.Replace(text, @"\{(m|a)?(\d)\}", found => found.Groups[1].Value switch
        {
            "m" => Mac(0x20 + found.Groups[2].Value[0] - '0'),
            "a" => $"192.0.2.{Net + found.Groups[2].Value[0] - '0'}",
            _ => $"s{found.Groups[2].Value}-{_mark}",
        });
        var (status, report) = await ImportAsync(Fill(
            "Name,MACs,Address,BootEnv\n{0},{m0},{a0},local\n{1},{m1},{a1},local\n{2},{m2},{a2},local\n"));
        Assert.True(status == HttpStatusCode.OK, report.ToJsonString());
        (status, report) = await ImportAsync(Fill(sheet), "?dryRun=true");
        Assert.True(report["Failed"]!.GetValue<int>() == 0, report.ToJsonString());
        (status, report) = await ImportAsync(Fill(sheet));
        Assert.True(status == HttpStatusCode.OK && report["Failed"]!.GetValue<int>() == 0, report.ToJsonString());
        var found = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            if (await MachineAsync(Fill($"{{{i}}}")) is not { } machine) continue;
            var card = (string?)((JsonArray)machine["HardwareAddrs"]!).FirstOrDefault();
            if (card is not null)
            {
                Assert.Equal(machine["Uuid"]!.ToString(),
                    (await silo.CallAsync("GET", $"machines/{card}")).Body!["Uuid"]!.ToString());
            }

            var address = machine["Address"]!.ToString();
            var last = address.Length == 0 ? "" : $"{int.Parse(address.Split('.')[^1], CultureInfo.InvariantCulture) - Net}";
            found.Add($"{i}:{card?[^1]}@{last}");
        }

        Assert.Equal(after, string.Join(' ', found));
        (_, report) = await ImportAsync(Fill(sheet));
        Assert.Equal(0, report["Updated"]!.GetValue<int>() + report["Created"]!.GetValue<int>() + report["Failed"]!.GetValue<int>());
        foreach (var name in Enumerable.Range(0, 4).Select(i => Fill($"{{{i}}}")))
            if (await MachineAsync(name) is { } left) await silo.CallAsync("DELETE", $"machines/{left["Uuid"]}");
    }

    /// <summary>What a machine's grain refuses at the last moment holds for all of a ring, and for its reservations.</summary>
    [Fact]
    public async Task ARingWithALockedMachineChangesNothing()
    {
        await SubnetAsync();
        string Address(int n) => $"10.44.9.{100 + n}";
        foreach (var n in new[] { 1, 2 }) await silo.CallAsync("DELETE", $"reservations/{Address(n)}");
        await ImportAsync($"Name,MACs,Address,BootEnv\nl1-{_mark},{Mac(0x31)},{Address(1)},local\n"
            + $"l2-{_mark},{Mac(0x32)},{Address(2)},local\n");
        await silo.CallAsync("PATCH", $"machines/{Mac(0x32)}", """[{"op":"replace","path":"/Locked","value":true}]""");
        var (status, report) = await ImportAsync($"MACs,Address\n{Mac(0x31)},{Address(2)}\n{Mac(0x32)},{Address(1)}\n", "?partial=true");
        Assert.Equal((HttpStatusCode.OK, 2, 0), (status, report["Failed"]!.GetValue<int>(), report["Updated"]!.GetValue<int>()));
        foreach (var n in new[] { 1, 2 })
        {
            Assert.Equal(Mac(0x30 + n), (await silo.CallAsync("GET", $"reservations/{Address(n)}")).Body!["Token"]!.ToString());
            Assert.Equal(Address(n), (await MachineAsync($"l{n}-{_mark}"))!["Address"]!.ToString());
        }
    }

    [Theory]
    [InlineData("", "the sheet is empty")]
    [InlineData("\n\nName\n", "the first row must hold")]
    [InlineData("Name\n\"open", "row 2")]
    [InlineData("PK not a zip", "XLSX")]
    [InlineData("Name\0", "U+0000")]
    public async Task WhatIsNoSheetIsRefusedWithAReason(string text, string reason)
    {
        var (status, body) = await ImportAsync(text);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, body["Messages"]![0]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoMayNotMakeMachinesImportsNothing()
    {
        await silo.CallAsync("POST", "users", $$"""{"Name":"u{{_mark}}"}""");
        await silo.CallAsync("PUT", $"users/u{_mark}/password", """{"Password":"p"}""");
        using var http = silo.Client($"u{_mark}", "p");
        using var response = await http.PostAsync("machines/import", new StringContent($"Name\nx-{_mark}\n"));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains((await http.GetAsync("machines/export")).StatusCode, new[] { HttpStatusCode.Forbidden, HttpStatusCode.NotFound });
    }

    /// <summary>
    /// What is exported, as CSV or XLSX, is imported again without a change; and a cell that a spreadsheet would run stays text.
    /// </summary>
    [Theory]
    [InlineData("machines.csv")]
    [InlineData("machines.xlsx")]
    public async Task AnExportCanBeImportedAgain(string file)
    {
        var name = $"x{file[^1]}-{_mark}";
        await silo.CallAsync("POST", "machines",
            $$"""
            {"Name":"{{name}}","HardwareAddrs":["{{Mac(7)}}"],"Description":"=1+1","Workflow":"discover",
            "Params":{"list":[1,"a,b;c"],"text":"12 \" x"} }
            """);
        var folder = Directory.CreateTempSubdirectory("anvil-sheet-");
        try
        {
            var path = Path.Combine(folder.FullName, file);
            Assert.Equal((0, ""), ((await AnvilAsync("export", path)) is var e ? (e.Code, e.Error) : default));
            if (file.EndsWith(".csv", StringComparison.Ordinal))
                Assert.Contains("'=1+1", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
            var (code, output, error) = await AnvilAsync("import", path, "--dry-run", "--json");
            Assert.True(code == 0, output + error);
            var report = JsonNode.Parse(output)!;
            Assert.Equal((0, 0, 0),
                (report["Created"]!.GetValue<int>(), report["Updated"]!.GetValue<int>(), report["Failed"]!.GetValue<int>()));
            Assert.Empty(Directory.GetFiles(folder.FullName, "*.part"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task TheCommandLineShowsMachinesLeasesAndSubnets()
    {
        await SubnetAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"Name,MACs,BootEnv\ncli-{_mark},{Mac(9)},sledgehammer\n");
        Assert.Equal(0, (await AnvilAsync("import", file)).Code);
        File.Delete(file);
        var (code, output, _) = await AnvilAsync("machines", "list", $"Name=cli-{_mark}");
        Assert.Equal(0, code);
        Assert.Contains($"cli-{_mark}", output, StringComparison.Ordinal);
        Assert.Contains(Mac(9), output, StringComparison.Ordinal);
        Assert.Contains("sledgehammer", (await AnvilAsync("machines", "show", $"cli-{_mark}")).Output, StringComparison.Ordinal);
        Assert.Equal(Mac(9),
            JsonNode.Parse((await AnvilAsync("machines", "show", Mac(9), "--json")).Output)!["HardwareAddrs"]![0]!.ToString());
        Assert.Contains($"{Mac(9)}.ipxe", (await AnvilAsync("machines", "preview", $"cli-{_mark}", "--client", "ipxe")).Output,
            StringComparison.Ordinal);
        Assert.Equal(0, (await AnvilAsync("machines", "timeline", $"cli-{_mark}")).Code);
        Assert.Equal(0, (await AnvilAsync("leases")).Code);
        Assert.Contains("10.44.0.0/16", (await AnvilAsync("subnets")).Output, StringComparison.Ordinal);
        var (missing, _, error) = await AnvilAsync("machines", "show", $"nobody-{_mark}");
        Assert.Equal((1, "anvil: Not Found"), (missing, error.Trim()));
    }

    [Fact]
    public async Task TheCommandLineWatchesAMachine()
    {
        await silo.CallAsync("POST", "machines", $$"""{"Name":"w-{{_mark}}","BootEnv":"local"}""");
        using var output = new StringWriter();
        using var end = new CancellationTokenSource();
        var watching = AnvilCommand.Build(TimeProvider.System)
            .Parse(["machines", "watch", $"w-{_mark}", "--json", "--server", $"http://127.0.0.1:{silo.ApiPort}", "--key",
                $"rocketskates:{SiloFixture.Password}"])
            .InvokeAsync(new InvocationConfiguration { Output = TextWriter.Synchronized(output), ProcessTerminationTimeout = null },
                end.Token);
        await Wait.UntilAsync(() => Task.FromResult(output.ToString().Contains("\"Runnable\":true", StringComparison.Ordinal)),
            TimeSpan.FromMinutes(2), () => $"the machine was not shown: {output}");
        var uuid = (await MachineAsync($"w-{_mark}"))!["Uuid"];
        await silo.CallAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Description","value":"changed meanwhile"}]""");
        await Wait.UntilAsync(() => Task.FromResult(output.ToString().Contains("changed meanwhile", StringComparison.Ordinal)),
            TimeSpan.FromMinutes(2), () => $"the change was not shown: {output}");
        await end.CancelAsync();
        Assert.Equal(130, await watching);
    }
}

/// <summary>Sheets on one silo with SQLite.</summary>
public sealed class SingleSheetTests(SingleSilo silo) : SheetTests(silo), IClassFixture<SingleSilo>;

/// <summary>Sheets on a cluster with PostgreSQL.</summary>
public sealed class ClusterSheetTests(SiloCluster silos) : SheetTests(silos), IClassFixture<SiloCluster>;
