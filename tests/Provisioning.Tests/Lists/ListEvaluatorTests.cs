using System.Text.Json;
using System.Text.Json.Nodes;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Provisioning.Tests.Lists;

/// <summary>What lists mean. The databases are held to the same by a property test in Storage.Tests.</summary>
public sealed class ListEvaluatorTests
{
    private static readonly ListEvaluator Evaluator = new(TimeProvider.System);

    private static readonly Machine[] Machines =
    [
        Machine(1) with { Address = "10.0.0.2", HardwareAddrs = ["02:ca:5e:00:03:01"], Params = Params("""{"x/y": "r1", "n": 2}"""),
            CurrentTask = 2 },
        Machine(2) with { Address = "10.0.0.10", Profiles = ["web", "db"], Params = Params("""{"x/y": "r2", "n": 10}"""),
            Runnable = true },
        Machine(3) with { Address = "10.0.0.100", Params = Params("""{"x/y": 5, "n": "10"}"""),
            Boot = new MachineBoot { Phase = Phase.Failed } },
        Machine(4) with { Params = Params("""{"n": null}"""),
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["color"] = "red" } },
    ];

    [Theory]
    [InlineData("Address=Between(10.0.0.2,10.0.0.20)", "m1 m2")]
    [InlineData("Address=Lt(10.0.0.9)", "m1")]
    [InlineData("Address=Gte(10.0.0.9)", "m2 m3")]
    [InlineData("Address=Except(10.0.0.3,10.0.0.99)", "m1 m3 m4")]
    [InlineData("Address=Eq()", "m4")]
    [InlineData("Address=0A000002", "m1")]
    [InlineData("sort=Address", "m4 m1 m2 m3")]
    [InlineData("sort=Address&reverse=true", "m3 m2 m1 m4")]
    [InlineData("HardwareAddrs=Eq(02-CA-5E-00-03-01)", "m1")]
    [InlineData("HardwareAddrs=Re(^02:ca)", "m1")]
    [InlineData("x/y=r2", "m2")]
    [InlineData("x/y=In(r1,5)", "m1 m3")]
    [InlineData("x/y=Ne(r1)", "m2 m3 m4")]
    [InlineData("params.n=Gt(9)", "m2")]
    [InlineData("params.n=10", "m2 m3")]
    [InlineData("params.n=Lte(2)", "m1 m3")]
    [InlineData("params.n=Eq()", "")]
    [InlineData("sort=params.n", "m4 m1 m2 m3")]
    [InlineData("Profiles=db", "m2")]
    [InlineData("Profiles=Nin(db,x)", "m1 m3 m4")]
    [InlineData("Meta=color", "m4")]
    [InlineData("Boot.Phase=Failed", "m3")]
    [InlineData("Name=m1&Name=m3", "m1 m3")]
    [InlineData("Name=In(m1,m2)&Runnable=true", "m2")]
    [InlineData("sort=Runnable&sort=Name&offset=1&limit=2", "m3 m4")]
    [InlineData("Valid=true", "")]
    [InlineData("Key=0B3C6A8E-0000-4000-8000-000000000002", "m2")]
    public void AListLeavesOutSortsAndPages(string query, string expected)
        => Assert.Equal(expected, string.Join(' ', Evaluator.Page(ListParserTests.Parse(query), Machines).Rows.Select(m => m.Name)));

    [Fact]
    public void ReservationsAreKnownByAddressAndMacInAnySpelling()
    {
        Reservation[] all = [new() { Addr = "198.18.9.100", Token = "02:ca:5e:00:00:64" },
            new() { Addr = "198.18.9.2", Token = "02:ca:5e:00:00:02" }, new() { Addr = "198.18.9.10", Token = "other" }];
        string List(string query)
            => string.Join(' ',
                Evaluator.Page(ListParser.Query(CatalogFields.Tables["reservations"], ListParserTests.Words(query), _ => ParamUse.Known),
                    all).Rows.Select(r => r.Addr));
        Assert.Equal("198.18.9.2 198.18.9.10 198.18.9.100", List(""));
        Assert.Equal("198.18.9.2", List("Token=02CA5E000002"));
        Assert.Equal("198.18.9.10", List("Token=other"));
        Assert.Equal("198.18.9.10", List("Key=C612090A"));
    }

    [Fact]
    public void TextsAreInTheOrderOfCodePoints()
    {
        string[] texts = ["", "a", "aa", "b", "é", "\uD7FF", "\uE000", "\uFFFF", "😀", "😀a"];
        Assert.Equal(texts, texts.Reverse().Order(CodePoints.Order));
        Assert.Equal("😀é", CodePoints.First("😀éa", 2));
        Assert.False(CodePoints.IsStorable("a\uD800"));
        Assert.True(CodePoints.IsStorable("😀"));
    }

    [Fact]
    public void PagesByPlaceNeitherMissNorDouble()
    {
        var query = ListParserTests.Parse("sort=Address&limit=1&reverse=true");
        var names = new List<string>();
        for (var page = Evaluator.Page(query, Machines); ; page = Evaluator.Page(query, Machines))
        {
            names.AddRange(page.Rows.Select(m => m.Name));
            Assert.Equal((4, 4), (page.Total, page.Filtered));
            if (page.Next is not { } next) break;
            query = ListParserTests.Parse($"sort=Address&limit=1&reverse=true&after={next}");
        }

        Assert.Equal(["m3", "m2", "m1", "m4"], names);
        var other = Evaluator.Page(query with { After = null }, Machines).Next;
        Assert.Equal("after is a place in a list of another order",
            Assert.Throws<ApiException>(() => ListParserTests.Parse($"sort=Name&after={other}")).Error.Messages[0]);
    }

    [Fact]
    public void ThePatternsOfAListShareTheirTime()
    {
        // Each look at the clock is half a second later than the one before.
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(500) };
        var many = Enumerable.Range(0, 10).Select(Machine).ToList();
        Assert.Equal(406,
            Assert.Throws<ApiException>(() => new ListEvaluator(time).Page(ListParserTests.Parse("Name=Re(^m)"), many)).Error.Code);
        Assert.Equal(3, new ListEvaluator(time).Page(ListParserTests.Parse("Name=Re(^m)"), many[..3]).Filtered);
    }

    [Theory]
    [InlineData("^(case)?(a+)+$")]
    [InlineData("^(a|aa)+$")]
    [InlineData("(.*)*x$")]
    public void PatternsThatExplodeElsewhereEnd(string pattern)
    {
        var many = Enumerable.Range(0, 20).Select(i => Machine(i) with { Description = new string('a', 5000) + "!" }).ToList();
        Assert.Empty(Evaluator.Page(ListParserTests.Parse($"Description=Re({pattern})"), many).Rows);
    }

    /// <summary>Matching makes a state for each place that it may be at, of which a pattern keeps all.</summary>
    [Fact]
    public void PatternsOfAListHaveAMemoryInAll()
    {
        var random = new Random(1);
        var text = new string([.. Enumerable.Range(0, 1000).Select(_ => "ab"[random.Next(2)])]);
        var fault = Assert.Throws<ApiException>(
            () => Evaluator.Page(ListParserTests.Parse("Description=Re((a?b?){500}c)"), [Machine(1) with { Description = text }]));
        Assert.Equal(406, fault.Error.Code);
        Assert.Contains("67108864 octets of memory", fault.Error.Messages[0], StringComparison.Ordinal);
    }

    [Fact]
    public void FacetsCountTheRowsThatAreLeft()
    {
        IEnumerable<(string, long)> Counts(string query, string field)
            => Evaluator.Facet(ListParserTests.Parse(query), MachineFields.Table[field], Machines).Select(f => (f.Value, f.Count));
        Assert.Equal([("Unknown", 3L), ("Failed", 1L)], Counts("", "Boot.Phase"));
        Assert.Equal([("Unknown", 1L)], Counts("Runnable=true&limit=0", "Boot.Phase"));
        Assert.Equal([("db", 1L), ("web", 1L)], Counts("", "Profiles"));
        Assert.Equal([("", 1L), ("10.0.0.2", 1L), ("10.0.0.10", 1L), ("10.0.0.100", 1L)], Counts("", "Address"));
    }

    [Fact]
    public void WhatIsLeftOutMakesARowPartial()
    {
        JsonObject Row(string query)
        {
            var row = (JsonObject)Json.Node(
                Machines[0] with { Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" } });
            ListParser.View("machines", ListParserTests.Words(query)).Trim(row);
            return row;
        }

        Assert.Equal(("{}", "{}", true),
            (Row("slim=Meta,Params")["Meta"]!.ToJsonString(), Row("slim=Meta,Params")["Params"]!.ToJsonString(),
                Row("slim=Meta")["Partial"]!.GetValue<bool>()));
        Assert.Equal("""{"n":2}""", Row("params=n,absent")["Params"]!.ToJsonString());
        Assert.False(Row("limit=1")["Partial"]!.GetValue<bool>());
    }

    private static Machine Machine(int number) => new() { Uuid = $"0b3c6a8e-0000-4000-8000-{number:d12}", Name = $"m{number}" };

    private static Dictionary<string, JsonElement> Params(string json) => Json.Read<Dictionary<string, JsonElement>>(json);
}
