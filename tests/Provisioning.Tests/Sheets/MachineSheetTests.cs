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
            new ReservationBook(_extra.OfType<Reservation>()), TestCatalog.Keys, TestCatalog.Start)];
    }

    /// <summary>Carries a plan out, as the gateway does.</summary>
    private void Import(string header, params string[] rows)
    {
        foreach (var plan in Plan(header, rows))
        {
            Assert.Empty(plan.Problems);
            if (plan.Action == RowAction.None) continue;
            var catalog = TestCatalog.With(_extra);
            var old = _machines.Find(m => m.Uuid == plan.Machine.Uuid);
            if (old is not null) _machines.Remove(old);
            _machines.Add(old is null ? MachineRules.Create(plan.Machine, catalog, TestCatalog.Start, false, new ChangeOptions(), "secret")
                : MachineRules.Update(old, plan.Machine, catalog, TestCatalog.Start, new ChangeOptions()));
            if (plan.Reservation is not null) _extra.Add(plan.Reservation);
        }
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

    [Theory]
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
