using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;

namespace Anvil.Provisioning.Tests.Access;

/// <summary>What tenants leave their users, and who may write roles and tenants.</summary>
public sealed class ReachTests
{
    private static readonly string Hash = Passwords.Hash("a password");
    private static readonly Claim Everything = Claim.All;

    private static CatalogSnapshot Catalog => new(1,
    [
        User("root", "superuser"), User("second", "superuser"), User("ann", "operator"), User("bob", "operator"), User("eve"),
        Role("operator", new RoleClaim { Scope = "machines,profiles", Action = "*", Specific = "*" }),
        Tenant("blue", ["ann"], ("machines", ["m1", "m2"]), ("profiles", [])),
    ]);

    [Theory]
    [InlineData("ann", "machines", "get", "m1", true)]
    [InlineData("ann", "machines", "get", "m3", false)]
    [InlineData("ann", "machines", "get", "*", false)]
    [InlineData("ann", "machines", "update:/Params/x", "m2", true)]
    [InlineData("ann", "profiles", "get", "p", false)]
    [InlineData("ann", "users", "get", "ann", true)]
    [InlineData("ann", "stages", "get", "s", false)]
    [InlineData("bob", "machines", "get", "m3", true)]
    [InlineData("bob", "machines", "get", "*", true)]
    [InlineData("eve", "machines", "get", "m1", false)]
    public void ATenantsUserReachesItsMembersAlone(string user, string scope, string action, string key, bool may)
        => Assert.Equal(may, Catalog.PrincipalOf(Catalog.Users[user]).May(scope, action, key));

    [Fact]
    public void WhatFollowsMachinesIsReachedByNoKeyOfItsOwn()
    {
        var reach = Catalog.ReachOf("ann");
        foreach (var kind in new[] { "jobs", "leases", "reservations" })
        {
            Assert.True(reach.Limits(kind));
            Assert.False(reach.Holds(kind, "m1"));
            Assert.Empty(reach.KeysOf(kind));
        }

        Assert.False(reach.Limits("stages"));
        Assert.Equal(["m1", "m2"], reach.KeysOf("machines").Order(StringComparer.Ordinal));
        Assert.Equal(["blue"], reach.TenantsFor("machines"));
        Assert.Empty(reach.TenantsFor("stages"));
    }

    [Fact]
    public void ALimitedUserHasNotWhatItDoesNotReach()
    {
        var limited = Catalog.PrincipalOf(Catalog.Users["ann"]);
        Assert.False(limited.Has(new Claim("machines", "get", "*")));
        Assert.False(limited.Has(new Claim("machines", "get", "m1,m3")));
        Assert.True(limited.Has(new Claim("machines", "get", "m1,m2")));
        Assert.False((limited with { Claims = [Everything] }).Has(Everything));
        Assert.False((limited with { Claims = [Everything] }).Has(new Claim("jobs", "get", "j")));
        Assert.True((limited with { Claims = [Everything] }).Has(new Claim("stages", "get", "*")));
        Assert.NotNull(Rights.Of(limited with { Claims = [Everything] }));
    }

    /// <summary>
    /// Whoever is given tasks by their names has those tasks' rights, and jobs are in no tenant: they would make users who are in none.
    /// </summary>
    [Fact]
    public void ALimitedUserGivesNoRightThatLeadsOutOfTenants()
    {
        var limited = Catalog.PrincipalOf(Catalog.Users["ann"]) with { Claims = [Everything] };
        foreach (var right in new[] { new Claim("tasks", "assign", "t"), new Claim("stages,tasks", "get,assign", "*"),
            new Claim("tasks", "*", "t"), new Claim("users", "create", "*"), new Claim("stages,users", "get,update:/Secret", "eve"),
            new Claim("users", "*", "eve"), new Claim("tenants", "update", "blue"), new Claim("preferences", "list,post", "*") })
            Assert.False(limited.Has(right), right.ToString());
        Assert.True(limited.Has(new Claim("users,tenants,preferences", "get,list", "*")));
        Assert.True(limited.Has(new Claim("tasks", "get,update", "*")));
        Assert.True(limited.Has(new Claim("stages", "assign", "*")));
        var role = Role("rr", new RoleClaim { Scope = "tasks", Action = "assign", Specific = "t" });
        Assert.False(GrantRules.MayWrite(limited, null, role, Catalog));
        Assert.True(GrantRules.MayWrite(limited with { Reach = Reach.All }, null, role, Catalog));
    }

    /// <summary>By a user without the tenant, whatever that one may do, somebody would be out of it.</summary>
    [Fact]
    public void ALimitedUserActsAsNobodyOfOtherTenants()
    {
        var catalog = Catalog.With(new CatalogDelta(2,
            [new CatalogEntry(Tenant("blue", ["ann", "cid"], ("machines", ["m1"])), 2), new CatalogEntry(User("cid"), 2)], [],
            IsWhole: false));
        var limited = catalog.PrincipalOf(catalog.Users["ann"]) with { Claims = [Everything] };
        var (eve, cid, ann) = (catalog.Users["eve"], catalog.Users["cid"], catalog.Users["ann"]);
        Assert.False(GrantRules.MayActAs(limited, eve, catalog));
        Assert.False(GrantRules.MayWrite(limited, eve, eve with { PasswordHash = Hash }, catalog));
        Assert.False(GrantRules.MayPatch(limited, eve, ["/Description"], catalog));
        Assert.False(GrantRules.MayDelete(limited, eve, catalog));
        Assert.False(GrantRules.MayGive(limited, eve, eve with { Secret = "known" }, catalog));
        Assert.True(GrantRules.MayActAs(limited, cid, catalog));
        Assert.True(GrantRules.MayWrite(limited, cid, cid with { Secret = "known" }, catalog));
        Assert.True(GrantRules.MayPatch(limited, cid, ["/Description"], catalog));
        Assert.True(GrantRules.MayActAs(limited, ann, catalog));
        Assert.True(GrantRules.MayActAs(limited with { Limits = [Everything] }, cid, catalog));
        Assert.False(GrantRules.MaySetPreferences(limited));
        // A new one becomes its tenant's; where nobody knows which that is, there is none.
        Assert.True(GrantRules.MayWrite(limited, null, User("new"), catalog));
        Assert.False(GrantRules.MayWrite(limited with { Name = "bob", Reach = Reach.Nothing }, null, User("new"), catalog));
        Assert.False(GrantRules.MayActAs(limited with { Name = "bob", Reach = Reach.Nothing }, eve, catalog));
    }

    [Fact]
    public void OfSeveralTenantsCountsWhatAllHave()
    {
        var reach = Reach.Of([Tenant("a", [], ("machines", ["m1", "m2"])),
            Tenant("b", [], ("machines", ["m2", "m3"]), ("stages", ["s"]))]);
        Assert.Equal(["m2"], reach.KeysOf("machines"));
        Assert.False(reach.Holds("machines", "m1"));
        Assert.False(reach.Holds("stages", "t"));
    }

    /// <summary>Nobody knows whom a tenant limits that cannot be read: all but those who have to mend it.</summary>
    [Fact]
    public void WhileATenantCannotBeReadNobodyIsFreeOfIt()
    {
        var damaged = Catalog.With(new CatalogDelta(2,
            [new CatalogEntry(CatalogRules.Stored["tenants"].Empty("red"), 2, "it is damaged")], [], IsWhole: false));
        Assert.False(damaged.PrincipalOf(damaged.Users["bob"]).May("machines", "get", "m1"));
        Assert.False(damaged.ReachOf("bob").Holds("machines", "m1"));
        Assert.True(damaged.PrincipalOf(damaged.Users["ann"]).May("machines", "get", "m1"));
        Assert.True(damaged.PrincipalOf(damaged.Users["root"]).May("tenants", "delete", "red"));
        Assert.True(damaged.PrincipalOf(damaged.Users["bob"]).May("users", "token", "bob"));
    }

    /// <summary>What a damaged role gave, or a damaged tenant limited, nobody knows: who mends it has all there is to have.</summary>
    [Fact]
    public void WhatCannotBeReadIsMendedByWhoHasEverything()
    {
        static CatalogEntry Damaged(string kind, string key) => new(CatalogRules.Stored[kind].Empty(key), 2, "it is damaged");
        var damaged = Catalog.With(new CatalogDelta(2, [Damaged("roles", "operator"), Damaged("tenants", "red")], [], IsWhole: false));
        Assert.Empty(CatalogRules.Kinds["roles"].Problems(Role("operator"), null, damaged));
        var root = damaged.PrincipalOf(damaged.Users["root"]);
        var keeper = new Principal("k", PrincipalKind.Machine, [new Claim("roles,tenants,users", "*", "*")]);
        var (role, tenant) = (damaged.Roles["operator"], damaged.Tenants["red"]);
        Assert.False(role.Validated || tenant.Validated);
        foreach (var (before, after) in new (Document, Document)[] { (role, Role("operator")), (tenant, Tenant("red", [])) })
        {
            Assert.True(GrantRules.MayWrite(root, before, after, damaged));
            Assert.True(GrantRules.MayDelete(root, before, damaged));
            Assert.False(GrantRules.MayWrite(keeper, before, after, damaged));
            Assert.False(GrantRules.MayDelete(keeper, before, damaged));
            Assert.False(GrantRules.MayGive(keeper, before, after, damaged));
        }

        // Whom it may have limited makes nobody who is not.
        Assert.False(GrantRules.MayWrite(damaged.PrincipalOf(damaged.Users["bob"]), null, User("new"), damaged));
        Assert.False(GrantRules.MayActAs(damaged.PrincipalOf(damaged.Users["bob"]), damaged.Users["eve"], damaged));
    }

    /// <summary>Issue 10: whatever is done to users, roles or tenants, somebody can still do everything.</summary>
    [Fact]
    public void TheLastAdministratorStaysFree()
    {
        var tenants = CatalogRules.Kinds["tenants"];
        Assert.Empty(tenants.Problems(Tenant("tt", ["root"]), null, Catalog));
        Assert.Contains(tenants.Problems(Tenant("tt", ["root", "second"]), null, Catalog), p => p.Contains("last administrator",
            StringComparison.Ordinal));
        var one = Catalog.With(new CatalogDelta(2, [new CatalogEntry(Tenant("tt", ["root"]), 2)], [], IsWhole: false));
        var users = CatalogRules.Kinds["users"];
        Assert.Equal(["second is the last administrator"], users.Stays(one.Users["second"], one));
        Assert.NotEmpty(users.Problems(one.Users["second"] with { Roles = [] }, one.Users["second"], one));
        Assert.Empty(users.Problems(one.Users["root"] with { Roles = [] }, one.Users["root"], one));
        Assert.NotEmpty(tenants.Problems(Tenant("uu", ["second"]), null, one));
        // What is stored under its name makes superuser nothing else.
        var other = one.With(new CatalogDelta(3, [new CatalogEntry(Role("superuser"), 3)], [], IsWhole: false));
        Assert.True(other.PrincipalOf(other.Users["second"]).Has(Everything));
        Assert.Equal("BasicStore", Catalog.Roles["superuser"].Bundle);
    }

    [Theory]
    [InlineData("""{"Name":"tt","Users":["nobody"]}""", "User nobody does not exist")]
    [InlineData("""{"Name":"tt","Users":["ann"]}""", "User ann is in tenant blue already")]
    [InlineData("""{"Name":"tt","Members":{"jobs":["x"]}}""", "Members: jobs follow their machine: name machines")]
    [InlineData("""{"Name":"tt","Members":{"bananas":["x"]}}""", "Members: there is no kind bananas whose objects have tenants")]
    [InlineData("""{"Name":"tt","Members":{"machines":["*"]}}""", "Members: a key has 1 to 255 characters, and is not *")]
    [InlineData("""{"Name":"/"}""", "Invalid Name `/`")]
    public void ATenantSaysWhatCanBeHeld(string json, string problem)
        => Assert.Contains(problem, CatalogRules.Kinds["tenants"].Problems(DocumentReader.Read<Tenant>(json, "tenants", "POST"), null,
            Catalog));

    [Theory]
    [InlineData("""{"Name":"rr","Claims":[{"scope":"a","action":"b"}]}""", "Claims[0]: a claim has a scope, an action and a specific")]
    [InlineData("""{"Name":"rr","Claims":[{"Scope":"a","Action":"b,","Specific":"c"}]}""",
        "Claims[0]: a claim has a scope, an action and a specific")]
    public void ARolesClaimsHaveTheirParts(string json, string problem)
        => Assert.Contains(problem, CatalogRules.Kinds["roles"].Problems(DocumentReader.Read<Role>(json, "roles", "POST"), null, Catalog));

    [Fact]
    public void ARoleHasSoManyRightsAndIsNotNamedBeforeItIsThere()
    {
        var kind = CatalogRules.Kinds["roles"];
        var claim = new RoleClaim { Scope = "machines", Action = "get", Specific = new string('x', 200) };
        Assert.Empty(kind.Problems(Role("rr", [.. Enumerable.Repeat(claim, 100)]), null, Catalog));
        Assert.NotEmpty(kind.Problems(Role("rr", [.. Enumerable.Repeat(claim, 257)]), null, Catalog));
        Assert.NotEmpty(kind.Problems(Role("rr", claim with { Specific = new string('x', Roles.MostCharacters) }), null, Catalog));
        var named = Catalog.With(new CatalogDelta(2, [new CatalogEntry(User("old", "gone"), 2)], [], IsWhole: false));
        Assert.Contains("user old names a role gone already", kind.Problems(Role("gone"), null, named).Single(), StringComparison.Ordinal);
        Assert.Contains("Role none does not exist", CatalogRules.Kinds["users"].Problems(User("new", "none"), null, Catalog));
        Assert.Contains("users:ann still uses operator", Catalog.Uses("roles", "operator"));
        Assert.Contains("tenants:blue still uses ann", Catalog.Uses("users", "ann"));
    }

    [Fact]
    public void NobodyWritesRolesOrTenantsThatGiveWhatItHasNot()
    {
        var writer = new Principal("w", PrincipalKind.User,
            [new Claim("roles,tenants,users", "*", "*"), new Claim("profiles", "get,update:/Params", "*")]);
        bool May(Document? before, Document after, Principal? who = null) => GrantRules.MayWrite(who ?? writer, before, after, Catalog);
        static Role Reader(string scope, string action) => Role("rr", new RoleClaim { Scope = scope, Action = action, Specific = "*" });
        Assert.True(May(null, Reader("profiles", "get,update:/Params/x")));
        Assert.False(May(null, Reader("profiles", "update")));
        Assert.False(May(null, Reader("*", "get")));
        Assert.False(May(Reader("machines", "get"), Role("rr")));
        Assert.False(GrantRules.MayPatch(writer, Reader("machines", "get"), ["/Description"], Catalog));
        Assert.False(GrantRules.MayDelete(writer, Reader("machines", "get"), Catalog));
        // Who takes a user into a tenant, or out of one, changes what its rights are on.
        Assert.True(May(null, Tenant("tt", ["eve"])));
        Assert.False(May(null, Tenant("tt", ["bob"])));
        Assert.False(May(Catalog.Tenants["blue"], Tenant("blue", [])));
        Assert.False(GrantRules.MayDelete(writer, Catalog.Tenants["blue"], Catalog));
        Assert.False(May(null, Tenant("tt", []), Catalog.PrincipalOf(Catalog.Users["ann"]) with { Claims = [Everything] }));
        Assert.False(GrantRules.MayGive(writer, Reader("profiles", "get"), Reader("profiles", "delete"), Catalog));
        Assert.True(GrantRules.MayGive(null, null, Reader("*", "*"), Catalog));
        Assert.False(GrantRules.MayActAs(writer, Catalog.Users["bob"], Catalog));
        Assert.True(GrantRules.MayActAs(Catalog.PrincipalOf(Catalog.Users["ann"]), Catalog.Users["ann"], Catalog));
    }

    [Fact]
    public void WhatARoleGrowsByEndsPasswordsThatOthersHaveSet()
    {
        var catalog = Catalog.With(new CatalogDelta(2,
            [new CatalogEntry(User("set", "operator") with { SetByLess = true, Secret = "s" }, 2)], [], IsWhole: false));
        var old = catalog.Roles["operator"];
        Assert.Empty(AccessConsequences.Of(old, Role("operator"), "root", catalog));
        var ended = Assert.IsType<User>(Assert.Single(AccessConsequences.Of(old,
            Role("operator", [.. old.Claims, new RoleClaim { Scope = "users", Action = "get", Specific = "*" }]), "root", catalog)));
        Assert.Equal(("set", "", false), (ended.Name, ended.PasswordHash, ended.SetByLess));
        Assert.NotEqual("s", ended.Secret);
    }

    [Fact]
    public void WhatATenantsUserMakesIsItsTenantsAndWhatIsGoneIsNobodys()
    {
        var profile = new Profile { Name = "new" };
        var taken = Assert.IsType<Tenant>(Assert.Single(AccessConsequences.Of(null, profile, "ann", Catalog)));
        Assert.Equal(["new"], taken.Members["profiles"]);
        Assert.Empty(AccessConsequences.Of(null, profile, "bob", Catalog));
        Assert.Empty(AccessConsequences.Of(null, new Stage { Name = "new" }, "ann", Catalog));
        var with = Catalog.With(new CatalogDelta(2, [new CatalogEntry(taken, 2)], [], IsWhole: false));
        Assert.True(with.ReachOf("ann").Holds("profiles", "new"));
        var left = Assert.IsType<Tenant>(Assert.Single(AccessConsequences.Of(profile, null, "", with)));
        Assert.Empty(left.Members["profiles"]);
        var full = Tenant("blue", ["ann"], ("profiles", [.. Enumerable.Range(0, Anvil.Provisioning.Access.Tenant.MostMembers)
            .Select(i => $"p{i}")]));
        var filled = Catalog.With(new CatalogDelta(2, [new CatalogEntry(full, 2)], [], IsWhole: false));
        Assert.Equal(422, Assert.Throws<ApiException>(() => AccessConsequences.Of(null, profile, "ann", filled)).Error.Code);
    }

    /// <summary>It would be a way out of the tenant.</summary>
    [Fact]
    public void AUserThatATenantsUserMakesIsInTheTenant()
    {
        var joined = Assert.IsType<Tenant>(Assert.Single(AccessConsequences.Of(null, User("new"), "ann", Catalog)));
        Assert.Equal(["ann", "new"], joined.Users);
        Assert.Equal(["machines", "profiles"], joined.Members.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(AccessConsequences.Of(null, User("new"), "bob", Catalog));
        Assert.Empty(AccessConsequences.Of(Catalog.Users["eve"], User("eve"), "ann", Catalog));
        CatalogSnapshot With(Tenant tenant) => Catalog.With(new CatalogDelta(2, [new CatalogEntry(tenant, 2)], [], IsWhole: false));
        // Where users are limited, too, it is a member besides.
        var limiting = With(Tenant("blue", ["ann"], ("users", ["ann"])));
        joined = Assert.IsType<Tenant>(Assert.Single(AccessConsequences.Of(null, User("new"), "ann", limiting)));
        Assert.Equal((2, 2), (joined.Users.Count, joined.Members["users"].Count));
        var full = With(Tenant("blue", ["ann", .. Enumerable.Range(1, Anvil.Provisioning.Access.Tenant.MostUsers - 1)
            .Select(i => $"u{i}")], ("machines", [])));
        Assert.Equal(422, Assert.Throws<ApiException>(() => AccessConsequences.Of(null, User("new"), "ann", full)).Error.Code);
    }

    private static User User(string name, params string[] roles) => new() { Name = name, Roles = roles, PasswordHash = Hash };

    private static Role Role(string name, params RoleClaim[] claims) => new() { Name = name, Claims = claims, Validated = true };

    private static Tenant Tenant(string name, string[] users, params (string Kind, string[] Keys)[] members) => new()
    {
        Name = name,
        Users = users,
        Members = members.ToDictionary(m => m.Kind, m => (IReadOnlyList<string>)m.Keys, StringComparer.Ordinal),
        Validated = true,
    };
}
