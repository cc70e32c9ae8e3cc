using System.Text.Json;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Anvil.Provisioning.Sheets;

namespace Anvil.Provisioning.Tests.Sheets;

public sealed class MachineSheetTests
{
    private readonly List<Machine> _machines = [];
    private readonly List<Document> _extra = [TestCatalog.Subnet(), new Profile { Name = "rack1" },
        new Param { Name = "size", Schema = JsonSerializer.SerializeToElement(new { type = "integer" }) }];

    private List<RowPlan> Plan(string header, params string[] rows)
    {
        var sheet = new Sheet(header.Split('|'), [.. rows.Select((r, i) => new SheetRow(i + 2, r.Split('|')))]);
        var problems = new List<SheetProblem>();
        var columns = MachineSheet.Columns(sheet.Header, problems);
        Assert.Empty(problems);
        return [.. MachineSheet.Plan(sheet, columns, new MachinesOfSheet(_machines), TestCatalog.With(_extra),
            new ReservationBook(_extra.OfType<Reservation>()), TestCatalog.Keys, TestCatalog.Start,
            () => Guid.NewGuid().ToString())];
    }

    /// <summary>Carries a plan out, as the gateway does.</summary>
    private void Import(string header, params string[] rows)
    {
        var plans = Plan(header, rows);
        foreach (var plan in plans)
        {
            Assert.Empty(plan.Problems);
            if (plan.Action == RowAction.None) continue;
            var catalog = TestCatalog.With(_extra);
            var old = _machines.Find(m => m.Uuid == plan.Machine.Uuid);
            if (old is not null) _machines.Remove(old);
            _machines.Add(old is null ? MachineRules.Create(plan.Machine, catalog, TestCatalog.Start, false, new ChangeOptions(), "secret")
                : MachineRules.Update(old, plan.Machine, catalog, TestCatalog.Start, new ChangeOptions()));
        }

        foreach (var ended in plans.SelectMany(p => p.EndedReservations)) _extra.RemoveAll(d => d is Reservation r && r.Key == ended);
        _extra.AddRange(plans.Select(p => p.Reservation).OfType<Reservation>());
    }

    [Fact]
    public void ARowMakesAMachineWithAllThatItSays()
    {
        var plan = Assert.Single(
            Plan("Name|MACs|Address|Profiles|Workflow|BMC|param:size|param:note|Arch",
                "web1|52-54-00-00-00-01; 525400000002|10.0.0.15|rack1|discover|10.9.0.1|42|[1]|aarch64"));
        Assert.Empty(plan.Problems);
        Assert.Equal(RowAction.Create, plan.Action);
        var machine = plan.Machine;
        Assert.Equal(("web1", "10.0.0.15", "discover", "arm64"), (machine.Name, machine.Address, machine.Workflow, machine.Arch));
        Assert.Equal(["52:54:00:00:00:01", "52:54:00:00:00:02"], machine.HardwareAddrs);
        Assert.Equal(("10.9.0.1", 42, JsonValueKind.Array),
            (machine.Params["ipmi/address"].GetString(), machine.Params["size"].GetInt32(), machine.Params["note"].ValueKind));
        Assert.Equal(("10.0.0.15", "52:54:00:00:00:01"), (plan.Reservation!.Addr, plan.Reservation.Token));
    }

    /// <summary>A name may hold blanks, and an export puts commas between names.</summary>
    [Theory]
    [InlineData("rack1, rack 2", "rack1", "rack 2")]
    [InlineData("rack 2", "rack 2")]
    [InlineData("rack 2;rack1 2", "rack 2", "rack1", "2")]
    [InlineData("rack 2", "rack", "2")]
    public void ProfilesAreToldApartWhateverTheyAreCalled(string cell, params string[] profiles)
    {
        _extra.AddRange(profiles.Where(p => p != "rack1").Select(p => new Profile { Name = p }));
        var made = Assert.Single(Plan("Name|MACs|Profiles", $"web1|525400000001|{cell}"));
        Assert.Empty(made.Problems);
        Assert.Equal(profiles, made.Machine.Profiles);
        var column = SheetColumn.Standard.First(c => c.Field == SheetField.Profiles);
        var exported = MachineSheet.Cell(made.Machine, column, TestCatalog.With(_extra));
        _extra.AddRange([new Profile { Name = "rack1 2" }, new Profile { Name = "rack1 rack 2" }]);
        Assert.Equal(profiles, Assert.Single(Plan("Name|MACs|Profiles", $"web1|525400000001|{exported}")).Machine.Profiles);
    }

    [Fact]
    public void TheSameSheetChangesNothingTheSecondTime()
    {
        const string Header = "Name|MACs|Address|Profiles|BootEnv|param:size";
        Import(Header, "web1|52:54:00:00:00:01|10.0.0.15|rack1|sledgehammer|42");
        Assert.Equal(RowAction.None, Assert.Single(Plan(Header, "web1|52:54:00:00:00:01|10.0.0.15|rack1|sledgehammer|42")).Action);
        // Installed meanwhile: the boot environment that it began with does not begin anew.
        _machines[0] = _machines[0] with { BootEnv = "local" };
        Assert.Equal(RowAction.None, Assert.Single(Plan(Header, "web1|52:54:00:00:00:01|10.0.0.15|rack1|sledgehammer|42")).Action);
        var moved = Assert.Single(Plan(Header, "web1|52:54:00:00:00:01|10.0.0.16|rack1|sledgehammer|43"));
        Assert.Equal(RowAction.Update, moved.Action);
        Assert.Equal(["Address", "param:size", "Reservation"], moved.Changes.Select(c => c.Column));
        Assert.Equal([_extra.OfType<Reservation>().Single().Key], moved.EndedReservations);
    }

    [Fact]
    public void ARowFindsItsMachineByMacAndAddsWhatItLacks()
    {
        Import("Name|MACs", "d52-54-00-00-00-01|52:54:00:00:00:01 52:54:00:00:00:09");
        var plan = Assert.Single(Plan("Name|MACs|Description", "web1|52:54:00:00:00:01 52:54:00:00:00:02|x"));
        Assert.Equal((RowAction.Update, "web1"), (plan.Action, plan.Machine.Name));
        Assert.Equal(["52:54:00:00:00:01", "52:54:00:00:00:09", "52:54:00:00:00:02"], plan.Machine.HardwareAddrs);
    }

    [Fact]
    public void ADashEmptiesAnEmptyCellLeaves()
    {
        Import("Name|MACs|Address|Description|param:size", "web1|52:54:00:00:00:01|10.0.0.15|old|1");
        var plan = Assert.Single(Plan("Name|Address|Description|param:size", "web1|-||-"));
        Assert.Equal(("", "old", false), (plan.Machine.Address, plan.Machine.Description, plan.Machine.Params.ContainsKey("size")));
        Assert.Single(plan.EndedReservations);
    }

    [Theory]
    [InlineData("web/1||||", "Name")]
    [InlineData("web1|52:54:00:00:00|||", "MACs")]
    [InlineData("web1|52:54:00:00:00:01 52:54:00:00:00:01|||", "MACs")]
    [InlineData("web1||10.0.0.256||", "Address")]
    [InlineData("web1||10.0.0.15||", "Address")]
    [InlineData("web1|52:54:00:00:00:01|10.0.0.255||", "Address")]
    [InlineData("web1|||nosuch|", "Profiles")]
    [InlineData("web1||||many", "param:size")]
    [InlineData("||||1", "Name")]
    [InlineData("|52:54:00:00:00:01|||", "Name")]
    public void AProblemIsToldByRowAndColumn(string row, string column)
    {
        var plan = Assert.Single(Plan("Name|MACs|Address|Profiles|param:size", row));
        Assert.Equal(RowAction.Refuse, plan.Action);
        var problem = Assert.Single(plan.Problems);
        Assert.Equal((2, column), (problem.Row, problem.Column));
    }

    [Theory]
    [InlineData("web1|52:54:00:00:00:02|10.0.0.16", "Name")]
    [InlineData("web2|52:54:00:00:00:01|10.0.0.16", "MACs")]
    [InlineData("web2|52:54:00:00:00:02|10.0.0.15", "Address")]
    public void WhatIsThereTwiceIsToldWithTheOtherRow(string row, string column)
    {
        var plans = Plan("Name|MACs|Address", "web1|52:54:00:00:00:01|10.0.0.15", row);
        Assert.Empty(plans[0].Problems);
        var problem = Assert.Single(plans[1].Problems);
        Assert.Equal((3, column), (problem.Row, problem.Column));
        Assert.Contains("row 2", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Two machines with their addresses, and what a sheet makes of them (name:cards@address), and of their
    /// reservations.</summary>
    [Theory]
    [InlineData("MACs|Address", "525400000001|10.0.0.12;525400000002|10.0.0.11", "a:1@12 b:2@11", "11=2 12=1")]
    [InlineData("MACs|Address", "525400000001|10.0.0.14;525400000002|10.0.0.11", "a:1@14 b:2@11", "11=2 14=1")]
    [InlineData("MACs|Address", "525400000002|10.0.0.11;525400000001|10.0.0.14", "a:1@14 b:2@11", "11=2 14=1")]
    [InlineData("MACs|Address", "525400000001|-;525400000002|10.0.0.11", "a:1@ b:2@11", "11=2")]
    [InlineData("Name|Address", "a|10.0.0.12;b|10.0.0.11", "a:1@12 b:2@11", "11=2 12=1")]
    // Names: the machines keep their cards.
    [InlineData("Name|MACs", "b|525400000001;a|525400000002", "a:2@12 b:1@11", "11=1 12=2")]
    [InlineData("Name|MACs", "b|525400000001;c|525400000002", "b:1@11 c:2@12", "11=1 12=2")]
    [InlineData("Name|MACs", "c|525400000002;b|525400000001", "b:1@11 c:2@12", "11=1 12=2")]
    // Cards: a chain that ends in a card, or a machine, that nobody knew.
    [InlineData("Name|MACs", "b|525400000001;a|525400000009", "a:9@11 b:2,1@12", "11=9 12=2")]
    [InlineData("Name|MACs", "a|525400000009;c|525400000001", "a:9@11 b:2@12 c:1@", "11=9 12=2")]
    [InlineData("Name|MACs|Address", "a|525400000009|;c|525400000001|10.0.0.13", "a:9@11 b:2@12 c:1@13", "11=9 12=2 13=1")]
    public void WhatOneRowGivesUpAnotherTakes(string header, string rows, string machines, string reservations)
    {
        Import("Name|MACs|Address", "a|525400000001|10.0.0.11", "b|525400000002|10.0.0.12");
        var plans = Plan(header, rows.Split(';'));
        Assert.All(plans, p => Assert.Empty(p.Problems));
        Assert.Equal(1, Assert.Single(plans.Select(p => p.Step).Distinct()));
        Import(header, rows.Split(';'));
        Assert.Equal(machines, string.Join(' ', _machines.OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => $"{m.Name}:{string.Join(',', m.HardwareAddrs.Select(c => c[^1]))}@{m.Address.Split('.')[^1]}")));
        Assert.Equal(reservations, string.Join(' ', _extra.OfType<Reservation>().OrderBy(r => r.Addr, StringComparer.Ordinal)
            .Select(r => $"{r.Addr.Split('.')[^1]}={r.Token[^1]}")));
        Assert.All(Plan(header, rows.Split(';')), p => Assert.Equal((RowAction.None, 0), (p.Action, p.Step)));
    }

    [Theory]
    [InlineData("MACs|Address", "525400000001|10.0.0.12", "Address")]
    [InlineData("MACs|Address", "525400000001|10.0.0.12;525400000002|", "Address")]
    [InlineData("Name|MACs", "b|525400000001;a|", "MACs")]
    [InlineData("Name|MACs", "b|525400000001;a|525400000001", "MACs")]
    public void WhatNobodyGivesUpIsNotTaken(string header, string rows, string column)
    {
        Import("Name|MACs|Address", "a|525400000001|10.0.0.11", "b|525400000002|10.0.0.12");
        Assert.Equal(column, Plan(header, rows.Split(';')).SelectMany(p => p.Problems).First().Column);
    }

    /// <summary>A ring with a bad row is bad as a whole; other rows are not.</summary>
    [Fact]
    public void OneBadRowKeepsBackWhatGoesTogether()
    {
        Import("Name|MACs|Address", "a|525400000001|10.0.0.11", "b|525400000002|10.0.0.12", "c|525400000003|10.0.0.13");
        var plans = Plan("Name|Address|param:size", "a|10.0.0.12|1", "b|10.0.0.11|many", "c|10.0.0.14|1");
        Assert.Equal([("c", RowAction.Update), ("a", RowAction.Refuse), ("b", RowAction.Refuse)],
            plans.Select(p => (p.Name, p.Action)));
        Assert.Equal("it goes together with row 3, which is bad", Assert.Single(plans[1].Problems).Message);
    }

    /// <summary>A chain over a whole sheet is one step, and found in time.</summary>
    [Fact]
    public void ARingOfThousandsIsOneStep()
    {
        const int Many = 10_000;
        var macs = Enumerable.Range(0, Many).Select(i => $"02:00:00:00:{i >> 8:x2}:{i & 255:x2}").ToList();
        Machine Made(string mac, int i) => new()
        {
            Uuid = $"{i}",
            Name = $"m{i}",
            HardwareAddrs = [mac],
            Stage = "none",
            BootEnv = "local",
            Arch = "amd64",
        };
        _machines.AddRange(macs.Select(Made));
        var plans = Plan("Name|MACs", [.. macs.Select((m, i) => $"m{(i + 1) % Many}|{m}")]);
        Assert.Equal(1, Assert.Single(plans.Select(p => p.Step).Distinct()));
        Assert.Equal("m1", plans[0].Machine.Name);
        Assert.Equal("0", plans[0].Machine.Uuid);
    }

    [Fact]
    public void ANameAndAMacOfTwoMachinesAreRefused()
    {
        Import("Name|MACs", "web1|52:54:00:00:00:01", "web2|52:54:00:00:00:02");
        var problem = Assert.Single(Assert.Single(Plan("Name|MACs", "web1|52:54:00:00:00:02")).Problems);
        Assert.Equal(("MACs", "52:54:00:00:00:02 belongs to machine web2"), (problem.Column, problem.Message));
    }

    [Fact]
    public void AnAddressThatIsReservedForAnotherIsRefused()
    {
        _extra.Add(new Reservation { Addr = "10.0.0.15", Token = "02:00:00:00:00:01", Strategy = "MAC" });
        Assert.Contains("reserved for 02:00:00:00:00:01",
            Assert.Single(Assert.Single(Plan("Name|MACs|Address", "web1|52:54:00:00:00:01|10.0.0.15")).Problems).Message,
            StringComparison.Ordinal);
    }

    /// <summary>What a spreadsheet program shows where a formula went wrong, whatever its language, is no value of any field.</summary>
    [Theory]
    [InlineData("#N/A")]
    [InlineData("#REF!")]
    [InlineData("#DIV/0!")]
    [InlineData("#NAME?")]
    [InlineData("#WERT!")]
    [InlineData("#BEZUG!")]
    [InlineData("#NV")]
    [InlineData("#¡VALOR!")]
    [InlineData("#¿NOMBRE?")]
    [InlineData("#SPILL!")]
    [InlineData("####")]
    [InlineData("Err:508")]
    [InlineData("#Н/Д")]
    [InlineData("#YOK")]
    [InlineData("#########################################")]
    public void AnErrorOfTheSpreadsheetIsNoValue(string error)
    {
        var plan = Assert.Single(Plan("Name|MACs|Description|param:note", $"{error}|525400000001|{error}|{error}"));
        Assert.Equal(["Name", "Description", "param:note"], plan.Problems.Select(p => p.Column));
        Assert.All(plan.Problems, p => Assert.StartsWith(error, p.Message, StringComparison.Ordinal));
        var meant = Assert.Single(Plan("Name|Description|param:note", $"web1|\"{error}\"|\"{error}\""));
        Assert.Equal((error, error), (meant.Machine.Description, meant.Machine.Params["note"].GetString()));
        Assert.Empty(Assert.Single(Plan("Name|param:note", "web1|#1 of 2!")).Problems);
    }

    /// <summary>A spreadsheet program writes a truth in its own way: what was one stays one, and becomes no text.</summary>
    [Theory]
    [InlineData("true", "TRUE", "true")]
    [InlineData("true", "WAHR", "true")]
    [InlineData("true", "FAUX", "false")]
    [InlineData("false", "False", "false")]
    [InlineData("true", "yes", "\"yes\"")]
    [InlineData("true", "1", "1")]
    [InlineData("\"TRUE\"", "WAHR", "\"WAHR\"")]
    [InlineData("\"TRUE\"", "TRUE", "\"TRUE\"")]
    [InlineData("1", "TRUE", "\"TRUE\"")]
    public void ATruthWithoutASchemaStaysOne(string before, string cell, string expected)
    {
        Import("Name|param:on", $"web1|{before}");
        var plan = Assert.Single(Plan("Name|param:on", $"web1|{cell}"));
        Assert.Empty(plan.Problems);
        Assert.Equal(expected, plan.Machine.Params["on"].GetRawText());
        _extra.Add(new Param { Name = "on", Schema = JsonSerializer.SerializeToElement(new { type = "string" }) });
        plan = Assert.Single(Plan("Name|param:on", $"web1|{cell}"));
        Assert.Equal($"\"{cell}\"", plan.Machine.Params["on"].GetRawText());
    }

    /// <summary>Where a machine has nothing yet, the column's others say what is meant.</summary>
    [Theory]
    [InlineData("true", "false", "true")]
    [InlineData("true", "\"a\"", "\"WAHR\"")]
    [InlineData("\"a\"", "1", "\"WAHR\"")]
    public void ANewMachineInAColumnOfTruthsHasOne(string one, string other, string expected)
    {
        Import("Name|param:on", $"web1|{one}", $"web2|{other}");
        Assert.Equal(expected,
            Plan("Name|param:on", "web1|-", "web2|", "web3|WAHR").Single(p => p.Name == "web3").Machine.Params["on"].GetRawText());
        Assert.Equal("\"WAHR\"", Assert.Single(Plan("Name|param:on", "web3|WAHR")).Machine.Params["on"].GetRawText());
    }

    [Theory]
    [InlineData("WAHR", true)]
    [InlineData("Falsch", false)]
    [InlineData("VRAI", true)]
    [InlineData("TRUE", true)]
    [InlineData("false", false)]
    [InlineData("ИСТИНА", true)]
    [InlineData("SANN", true)]
    [InlineData("YANLIŞ", false)]
    [InlineData("ΑΛΗΘΗΣ", true)]
    public void ATruthIsOneInAnyLanguageWhereNothingElseIsMeant(string cell, bool truth)
    {
        _extra.Add(new Param { Name = "on", Schema = JsonSerializer.SerializeToElement(new { type = "boolean" }) });
        Assert.Equal(truth, Assert.Single(Plan("Name|param:on", $"web1|{cell}")).Machine.Params["on"].GetBoolean());
        Assert.Single(Assert.Single(Plan("Name|param:on", "web1|wahrlich")).Problems);
    }

    /// <summary>A text where the schema takes that, whichever way it says so, and refuses what the cell is as JSON.</summary>
    [Theory]
    [InlineData("""{"type":["string"]}""", "1", "\"1\"")]
    [InlineData("""{"type":["string","null"]}""", "1", "\"1\"")]
    [InlineData("""{"type":["string","null"]}""", "null", "null")]
    [InlineData("""{"enum":["1","2"]}""", "2", "\"2\"")]
    [InlineData("""{"type":["string","integer"]}""", "1", "1")]
    [InlineData("""{"type":["boolean","null"]}""", "WAHR", "true")]
    public void ACellIsWhatItsSchemaTakes(string schema, string cell, string value)
    {
        _extra.Add(new Param { Name = "odd", Schema = JsonSerializer.Deserialize<JsonElement>(schema) });
        var plan = Assert.Single(Plan("Name|param:odd", $"web1|{cell}"));
        Assert.Empty(plan.Problems);
        Assert.Equal(value, plan.Machine.Params["odd"].GetRawText());
    }

    /// <summary>Blanks that are copied from a page, and ends of lines in a title, are blanks.</summary>
    [Fact]
    public void ABlankIsABlankWhateverItsKind()
    {
        var plan = Assert.Single(Plan("Name|MAC\u00a0address\nes", "web1|52:54:00:00:00:01,\u00a052:54:00:00:00:02"));
        Assert.Empty(plan.Problems);
        Assert.Equal(["52:54:00:00:00:01", "52:54:00:00:00:02"], plan.Machine.HardwareAddrs);
    }

    /// <summary>What a client is told by its reservation is told at its next address, too.</summary>
    [Fact]
    public void AReservationThatMovesKeepsWhatItSays()
    {
        Import("Name|MACs|Address", "web1|52:54:00:00:00:01|10.0.0.15");
        var old = _extra.OfType<Reservation>().Single();
        _extra.Remove(old);
        _extra.Add(old with { Options = [new DhcpOptionSetting(67, "mine.efi")], NextServer = "10.0.0.9", Documentation = "by hand" });
        var moved = Assert.Single(Plan("Name|Address", "web1|10.0.0.16")).Reservation!;
        Assert.Equal(("10.0.0.16", "10.0.0.9", "by hand", "mine.efi"),
            (moved.Addr, moved.NextServer, moved.Documentation, Assert.Single(moved.Options).Value));
    }

    [Fact]
    public void TwoMachinesHaveNoAddressTogetherReservedOrNot()
    {
        var plans = Plan("Name|Address", "web1|198.51.100.9 unreserved", "web2|198.51.100.9 unreserved");
        Assert.DoesNotContain(plans[0].Problems, p => p.Message.Contains("row", StringComparison.Ordinal));
        Assert.Contains(plans[1].Problems, p => p.Message == "row 2 has this address, too");
    }

    /// <summary>What is locked, or names what is gone by now, is as its sheet says all the same.</summary>
    [Fact]
    public void ARowThatSaysWhatIsSoIsRight()
    {
        Import("Name|MACs|Profiles|param:size", "web1|525400000001|rack1|1");
        _machines[0] = _machines[0] with { Locked = true, Profiles = ["rack1", "gone one"] };
        Assert.Equal(RowAction.None, Assert.Single(Plan("Name|MACs|Profiles|param:size",
            "web1|525400000001|rack1, gone one|1")).Action);
        Assert.Contains("locked", Assert.Single(Assert.Single(Plan("Name|Description", "web1|x")).Problems).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Name|Host name", "Host name")]
    [InlineData("Name|Colour", "Colour")]
    [InlineData("Name|Name", "Name")]
    [InlineData("Name|", "")]
    [InlineData("Address", "Name")]
    [InlineData("Name|param:", "param:")]
    public void AHeaderIsChecked(string header, string column)
    {
        var problems = new List<SheetProblem>();
        MachineSheet.Columns(header.Split('|'), problems);
        Assert.Equal((1, column), (Assert.Single(problems).Row, problems[0].Column));
    }
}
