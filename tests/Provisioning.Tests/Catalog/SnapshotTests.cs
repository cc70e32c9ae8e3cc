using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Network;

namespace Anvil.Provisioning.Tests.Catalog;

/// <summary>What a change of the catalog reaches, and what it does not.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void AChangeReachesWhatNamesItThroughAllKinds()
    {
        TemplateInfo[] files = [new() { Name = "ipxe", Path = "p", ID = "t1" }];
        var catalog = new CatalogSnapshot(1, [
            new Template { ID = "t1" }, new BootEnv { Name = "env", Kernel = "k", Templates = files },
            new Stage { Name = "st", BootEnv = "env" }, new Workflow { Name = "wf", Stages = ["st"] }]);
        Assert.True(catalog.Workflows["wf"].Available);
        var without = catalog.Without([new DocumentKey("templates", "t1")]);
        Assert.Equal(["Templates[0]: No common template for t1"], without.BootEnvs["env"].Errors);
        Assert.Equal(["BootEnv env is not available"], without.Stages["st"].Errors);
        Assert.Equal(["Stage st is not available"], without.Workflows["wf"].Errors);
        Assert.True(without.With(
            new CatalogDelta(2, [new CatalogEntry(new Template { ID = "t1" }, 2)], [], IsWhole: false)).Workflows["wf"].Available);
        var unknown = catalog.With(
            new CatalogDelta(2, [new CatalogEntry(new BootEnv { Name = "env", Kernel = "k", Templates = files, OnlyUnknown = true }, 2)],
                [], IsWhole: false));
        Assert.Equal(["BootEnv env serves only unknown machines"], unknown.Stages["st"].Errors);
    }

    [Fact]
    public void WhatAChangeDoesNotReachStaysTheSameObject()
    {
        var catalog = TestCatalog.With(new Profile { Name = "own" }, TestCatalog.Subnet());
        var next = catalog.With(
            new CatalogDelta(2, [new CatalogEntry(new Profile { Name = "own", Description = "d" }, 2)], [], IsWhole: false));
        Assert.Equal("d", next.Profiles["own"].Description);
        Assert.All(catalog.Stages, s => Assert.Same(s.Value, next.Stages[s.Key]));
        Assert.Same(catalog.Subnets["net"], next.Subnets["net"]);
        Assert.Same(catalog.TemplateSet, next.TemplateSet);
    }

    [Fact]
    public void ADeletedDocumentShowsTheContentPacksAgain()
    {
        var catalog = CatalogSnapshot.Of(
            [new CatalogEntry(new Profile { Name = "p1", Description = "pack", ReadOnly = true, Bundle = "b" })])
            .With(new CatalogDelta(1, [new CatalogEntry(new Profile { Name = "p1", Description = "own" }, 1)], [], IsWhole: false));
        Assert.Equal(("own", 1), (catalog.Profiles["p1"].Description, catalog.RevisionOf("profiles", "p1")));
        var without = catalog.Without([new DocumentKey("profiles", "p1")]);
        Assert.Equal(("pack", 0), (without.Profiles["p1"].Description, without.RevisionOf("profiles", "p1")));
    }

    [Fact]
    public void WhatIsUsedIsNamedAsDrpNamesIt()
    {
        var catalog = new CatalogSnapshot(1, [
            new TaskDefinition { Name = "t1" }, new TaskDefinition { Name = "t2", Prerequisites = ["t1"] },
            new Stage { Name = "s1", Tasks = ["t1"] },
            new Workflow { Name = "w1", Stages = ["s1"] }, TestCatalog.Pref("defaultStage", "s1"),
            TestCatalog.Pref("unknownBootEnv", "e1"), new BootEnv { Name = "e1" }]);
        Assert.Equal(["stages:s1 still uses t1", "tasks:t2 still uses t1"], catalog.Uses("tasks", "t1"));
        Assert.Equal(["Stage s1 in use by Workflow w1", "s1 is the defaultStage"],
            catalog.Uses("stages", "s1").Order(StringComparer.Ordinal));
        Assert.Equal(["BootEnv e1 is the active unknownBootEnv, cannot remove it"], catalog.Uses("bootenvs", "e1"));
        Assert.Equal(["BootEnv local is the active defaultBootEnv, cannot remove it"], catalog.Uses("bootenvs", "local"));
        Assert.Empty(catalog.Uses("tasks", "t2"));
    }

    /// <summary>There may be a hundred thousand: no snapshot holds them, and no content pack brings any.</summary>
    [Fact]
    public void RowsOfTheirOwnAreInNoSnapshotAndNoContentPack()
    {
        var reservation = new Reservation { Addr = "10.0.0.1", Token = "02:00:00:00:00:01", Scoped = true, Subnet = "net" };
        var catalog = TestCatalog.With(TestCatalog.Subnet(), reservation);
        Assert.Empty(catalog.OfKind("reservations"));
        Assert.Empty(catalog.With(new CatalogDelta(2, [new CatalogEntry(reservation, 2)], [], IsWhole: false)).OfKind("reservations"));
        Assert.Empty(catalog.Uses("subnets", "net"));
        var pack = ContentPack.Load("pack", [new ContentFile("reservations/r.yml", "Addr: 10.0.0.1\nToken: 02:00:00:00:00:01\n")]);
        Assert.Empty(pack.Entries);
        Assert.Equal("reservations are kept in the database alone, and are no content of packs: make them by the API or a sheet",
            Assert.Single(pack.Faults).Reason);
    }

    [Fact]
    public void EverySubnetThatHoldsAnAddressIsFoundTheLargestFirst()
    {
        Subnet Of(string name, string network) => new() { Name = name, Network = network };
        var catalog = new CatalogSnapshot(1,
            [Of("small", "10.0.0.0/28"), Of("large", "10.0.0.0/16"), Of("same", "10.0.0.0/16"), Of("one", "10.0.0.3/32"),
                Of("other", "10.1.0.0/16")]);
        Assert.Equal(["large", "same", "small", "one"], catalog.SubnetsHolding(0x0A000003).Select(s => s.Name));
        Assert.Equal(["large", "same"], catalog.SubnetsHolding(0x0A00FFFF).Select(s => s.Name));
        Assert.Empty(catalog.SubnetsHolding(0x0A020000));
    }

    [Fact]
    public void KindsComeAfterThoseThatTheyName()
    {
        var order = CatalogRules.InOrder.Select(k => k.Prefix).ToList();
        Assert.Equal(CatalogRules.Stored.Count, order.Count);
        Assert.All(CatalogRules.InOrder,
            k => Assert.All(k.References.Where(r => r.To != k.Prefix), r => Assert.True(order.IndexOf(r.To) < order.IndexOf(k.Prefix))));
    }

    [Fact]
    public void TheSmallestSubnetHoldsAnAddressAndOverlapsAreToldBothWays()
    {
        Subnet Net(string name, string network) => new() { Name = name, Network = network };
        var catalog = new CatalogSnapshot(1,
            [Net("all", "10.0.0.0/8"), Net("half", "10.1.0.0/16"), Net("small", "10.1.2.0/24"), Net("away", "192.168.0.0/24")]);
        uint At(string address) => IPv4.Parse(address);
        Assert.Equal(["small", "half", "all", "away"],
            new[] { "10.1.2.3", "10.1.3.1", "10.200.0.1", "192.168.0.9" }.Select(a => catalog.SubnetOf(At(a))!.Name));
        Assert.Null(catalog.SubnetOf(At("172.16.0.1")));
        Assert.Equal(["Overlaps subnet all", "Overlaps subnet small"], catalog.Subnets["half"].Errors);
        Assert.Equal(["Overlaps subnet half", "Overlaps subnet small"], catalog.Subnets["all"].Errors);
        Assert.True(catalog.Subnets["away"].Available);
        Assert.True(catalog.Without([new DocumentKey("subnets", "all"), new DocumentKey("subnets", "half")]).Subnets["small"].Available);
    }

    [Fact]
    public void ALargeNetworkNamesNotAllOfAThousandThatItHolds()
    {
        var catalog = new CatalogSnapshot(1, [new Subnet { Name = "all", Network = "10.0.0.0/8" },
            .. Enumerable.Range(0, 1000).Select(i => new Subnet { Name = $"n{i:d4}", Network = $"10.{i / 256}.{i % 256}.0/24" })]);
        Assert.Equal(21, catalog.Subnets["all"].Errors.Count);
        Assert.Equal("Overlaps 980 more subnets", catalog.Subnets["all"].Errors[^1]);
        Assert.Equal(["Overlaps subnet all"], catalog.Subnets["n0500"].Errors);
    }

    [Fact]
    public void ATemplateMayNotDefineANameOfAnother()
    {
        var catalog = TestCatalog.With(new Template { ID = "own-part", Contents = "{{define \"piece\"}}a{{end}}" });
        IEnumerable<string> Problems(Template t) => CatalogRules.Kinds["templates"].Problems(t, null, catalog);
        var pack = catalog.Templates.Values.First(t => t.ReadOnly).ID;
        Assert.Equal([$"Template case-define defines {pack}, which belongs to template {pack}"],
            Problems(new Template { ID = "case-define", Contents = $"{{{{define \"{pack}\"}}}}x{{{{end}}}}" }));
        Assert.Equal(["Template case-define defines piece, which belongs to template own-part"],
            Problems(new Template { ID = "case-define", Contents = "{{block \"piece\" .}}b{{end}}" }));
        Assert.Equal(["Template piece defines piece, which belongs to template own-part"],
            Problems(new Template { ID = "piece", Contents = "c" }));
        Assert.Empty(Problems(new Template { ID = "own-part", Contents = "{{define \"piece\"}}z{{end}}{{define \"other\"}}{{end}}" }));
    }

    [Fact]
    public void AStoredTemplateThatTakesAPacksNameDoesNotCountAndIsUnavailable()
    {
        var catalog = CatalogSnapshot.Of(
            [new CatalogEntry(new Template { ID = "linux.ipxe", Contents = "the pack's", ReadOnly = true, Bundle = "b" })])
            .With(new CatalogDelta(1,
                [new CatalogEntry(new Template { ID = "aaa", Contents = "{{define \"linux.ipxe\"}}hijack{{end}}" }, 1)], [],
                IsWhole: false));
        Assert.Equal("the pack's", catalog.TemplateSet.Execute("linux.ipxe", null));
        Assert.Equal(["Template aaa defines linux.ipxe, which belongs to template linux.ipxe"], catalog.Templates["aaa"].Errors);
        Assert.True(catalog.Templates["linux.ipxe"].Available);
    }

    [Fact]
    public void ATemplateTakesWhatItDefinesAlongWhenItGoes()
    {
        var with = Anvil.Templates.TemplateSet.Empty.With("a", "{{define \"x\"}}1{{end}}{{template \"x\"}}")
            .With("b", "{{define \"x\"}}2{{end}}");
        Assert.Equal("1", with.Execute("a", null));
        Assert.Equal("2", with.Without("a").Execute("x", null));
        Assert.False(with.Without("a").Without("b").Contains("x"));
        Assert.False(with.With("a", "none").With("b", "none").Contains("x"));
        Assert.Equal("own", with.Render("c", "{{define \"x\"}}own{{end}}{{template \"x\"}}", null));
        Assert.Equal("1", with.Execute("x", null));
    }

    [Fact]
    public void OneAdministratorWithAPasswordRemains()
    {
        var h = Passwords.Hash("a password");
        User Admin(string name, string? hash = null) => new() { Name = name, Roles = ["superuser"], PasswordHash = hash ?? h };
        var kind = CatalogRules.Kinds["users"];
        var one = new CatalogSnapshot(1, [Admin("root"), new User { Name = "plain", PasswordHash = h }, Admin("nobody", hash: "")]);
        Assert.Equal(["root is the last administrator"], kind.Stays(one.Users["root"], one));
        Assert.Empty(kind.Stays(one.Users["plain"], one));
        Assert.Equal(["root is the last administrator: its role superuser cannot be taken away"],
            kind.Problems(one.Users["root"] with { Roles = [] }, one.Users["root"], one));
        var two = one.With(new CatalogDelta(2, [new CatalogEntry(Admin("second"), 2)], [], IsWhole: false));
        Assert.Empty(kind.Stays(two.Users["root"], two));
        Assert.Empty(kind.Problems(two.Users["root"] with { Roles = [] }, two.Users["root"], two));
        Assert.Equal(h, ((User)kind.Keep(Admin("root", hash: ""), one.Users["root"])).PasswordHash);
    }

    [Fact]
    public void ADocumentThatCannotBeReadIsUnavailableWithTheReasonAndTakesPartInNothing()
    {
        var catalog = new CatalogSnapshot(1, [new Stage { Name = "st", BootEnv = "env" }])
            .With(new CatalogDelta(2,
                [new CatalogEntry(CatalogRules.Stored["bootenvs"].Empty("env"), 2, "it is damaged"),
                    new CatalogEntry(CatalogRules.Stored["subnets"].Empty("net"), 2, "it is damaged")], [], IsWhole: false));
        Assert.Equal((false, false, "it is damaged"),
            (catalog.BootEnvs["env"].Validated, catalog.BootEnvs["env"].Available, catalog.BootEnvs["env"].Errors.Single()));
        Assert.Equal(["BootEnv env is not available"], catalog.Stages["st"].Errors);
        Assert.Null(catalog.SubnetOf(0));
        Assert.True(catalog.With(
            new CatalogDelta(3, [new CatalogEntry(new BootEnv { Name = "env" }, 3)], [], IsWhole: false)).Stages["st"].Available);
    }
}
