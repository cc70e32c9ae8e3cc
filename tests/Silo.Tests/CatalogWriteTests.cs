using System.Net;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;
using Serilog.Events;

namespace Anvil.Silo.Tests;

/// <summary>What holds once a write of the catalog has been answered.</summary>
public abstract class CatalogWriteTests(SiloFixture silo)
{
    private static readonly ChangeTerms Terms = new(new Actor("rugby fan", IsMachine: false, MayUpdateTaskList: false));

    private ICatalogGrain Writer => silo.Service<IGrainFactory>().GetGrain<ICatalogGrain>(GrainKeys.Catalog);

    [Fact]
    public async Task WhatWasAnsweredIsSeenByEverySiloAtOnce()
    {
        Assert.Equal(201, (await Writer.Make(new CatalogWrite("profiles", "", new Profile { Name = "told" }, Terms))).Status);
        for (var turn = 0; turn < 20; turn++)
        {
            var patch = $$"""[{"op":"replace","path":"/Description","value":"turn {{turn}}"}]""";
            var answer = await Writer.Amend(new CatalogPatch("profiles", "told", patch, Terms));
            Assert.Equal(200, answer.Status);
            foreach (var catalog in silo.Silos.Select(s => s.Services.GetRequiredService<ICatalog>()))
            {
                // One that stalled goes by its view no more.
                var isOld = catalog.Age > ICatalog.OldestView;
                var seen = catalog.Current.Profiles["told"].Description;
                Assert.True(seen == $"turn {turn}" || isOld, $"turn {turn} was answered, and a silo that trusts its view goes by {seen}");
            }
        }

        // On a machine that stalls each may be late once; none stays so.
        foreach (var catalog in silo.Silos.Select(s => s.Services.GetRequiredService<ICatalog>()))
            await Support.Wait.UntilAsync(() => Task.FromResult(catalog.Age <= ICatalog.OldestView), TimeSpan.FromMinutes(1),
                () => $"the catalog was last confirmed {catalog.Age} ago");
    }

    /// <summary>A role that was given more since somebody was asked whether he may delete it is not deleted by him.</summary>
    [Fact]
    public async Task WhoMayDeleteIsAskedUponWhatIsThereByNow()
    {
        var role = $"gives-{Guid.NewGuid():N}";
        var less = Terms with { Actor = Terms.Actor with { Rights = new Rights { Claims = [new Claim("roles", "*", "*")] } } };
        Role Giving(string scope) => new() { Name = role, Claims = [new RoleClaim { Scope = scope, Action = "get", Specific = "*" }] };
        Assert.Equal(201, (await Writer.Make(new CatalogWrite("roles", "", Giving("machines"), Terms))).Status);
        Assert.Equal(403, (await Writer.Remove(new CatalogRemoval("roles", role, less))).Error!.Code);
        Assert.Equal(403, (await Writer.MergeAll(new CatalogMerge("roles", [], [role], less))).Error!.Code);
        Assert.Equal(200, (await Writer.Replace(new CatalogWrite("roles", role, Giving("roles"), Terms))).Status);
        Assert.Equal(200, (await Writer.Remove(new CatalogRemoval("roles", role, less))).Status);
    }

    /// <summary>It is carried out upon the newest catalog, whoever changes it meanwhile, and twice is as once.</summary>
    [Fact]
    public async Task WhatIsGoneLeavesAllTenants()
    {
        var mark = Guid.NewGuid().ToString("N");
        Tenant Of(string name) => new()
        {
            Name = $"{name}-{mark}",
            Members = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
            {
                ["machines"] = [$"gone-{mark}", "left"],
                ["profiles"] = [$"gone-{mark}"],
            },
        };
        foreach (var name in new[] { "a", "b" })
            Assert.Equal(201, (await Writer.Make(new CatalogWrite("tenants", "", Of(name), Terms))).Status);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => Writer.Leave(new MemberGone("machines", $"gone-{mark}", Terms))));
        Assert.All(answers, a => Assert.Null(a.Error));
        foreach (var name in new[] { "a", "b" })
        {
            var members = (await silo.OkAsync("GET", $"tenants/{name}-{mark}"))["Members"]!;
            Assert.Equal($$"""{"machines":["left"],"profiles":["gone-{{mark}}"]}""", members.ToJsonString());
        }
    }

    [Fact]
    public async Task AChangeOfARevisionThatIsNoLongerThereIsRefused()
    {
        var made = await Writer.Make(new CatalogWrite("profiles", "", new Profile { Name = "conditional" }, Terms));
        Assert.Equal(made.Revision, silo.Service<ICatalog>().Current.RevisionOf("profiles", "conditional"));
        var first = await Writer.Replace(
            new CatalogWrite("profiles", "conditional", new Profile { Name = "conditional", Description = "a" },
                Terms with { IfRevision = made.Revision }));
        Assert.Equal(200, first.Status);
        var second = await Writer.Replace(
            new CatalogWrite("profiles", "conditional", new Profile { Name = "conditional", Description = "b" },
                Terms with { IfRevision = made.Revision }));
        Assert.Equal(412, second.Error!.Code);
        Assert.Equal(412,
            (await Writer.Remove(new CatalogRemoval("profiles", "conditional", Terms with { IfRevision = made.Revision }))).Error!.Code);
        Assert.Equal(200,
            (await Writer.Remove(new CatalogRemoval("profiles", "conditional", Terms with { IfRevision = first.Revision }))).Status);
    }

    /// <summary>A text may take three times the octets that it was sent in.</summary>
    [Fact]
    public async Task WhatIsLongerAsItIsStoredThanItMayBeIsNotStoredHalf()
    {
        var smiles = string.Concat(Enumerable.Repeat("\U0001F600", 1_500_000));
        await silo.OkAsync("POST", "profiles", """{"Name":"kept-whole","Description":"before"}""");
        foreach (var (method, path, body) in new[]
        {
            ("POST", "profiles", $$"""{"Name":"never-made","Description":"{{smiles}}"}"""),
            ("PUT", "profiles/kept-whole", $$"""{"Name":"kept-whole","Description":"{{smiles}}"}"""),
            ("PATCH", "profiles/kept-whole", $$"""[{"op":"replace","path":"/Description","value":"{{smiles}}"}]"""),
            ("POST", "machines", $$"""{"Name":"never-made","BootEnv":"local","Description":"{{smiles}}"}"""),
        })
        {
            var (status, answer) = await silo.CallAsync(method, path, body);
            // On a busy machine a body of this size may take longer than its call waits.
            Assert.True((int)status is 406 or 413 or 503, $"{method} {path}: {status} {answer}");
        }

        Assert.Equal("before", (await silo.OkAsync("GET", "profiles/kept-whole"))["Description"]!.ToString());
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "profiles/never-made")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "machines/Name:never-made")).Status);
        await silo.OkAsync("DELETE", "profiles/kept-whole");
    }

    /// <summary>A version before has stored it: it is read, shown as not available, and deleted; none like it is written.</summary>
    [Fact]
    public async Task ABootEnvironmentBeyondTheBoundsCanBeReadAndDeleted()
    {
        var env = new BootEnv
        {
            Name = "too-long",
            Kernel = "k",
            OS = new OsInfo { Name = new string('a', 1_000_000) },
            Initrds = [.. Enumerable.Range(0, 5000).Select(i => $"a{i}")],
            Templates = [.. Enumerable.Range(0, 20_000).Select(i => new TemplateInfo { Name = $"t{i}", Path = $"p{i}", Contents = "c" })],
            Validated = true,
            Available = true,
        };
        var refused = await Writer.Make(new CatalogWrite("bootenvs", "", env, Terms));
        Assert.Equal(422, refused.Error!.Code);
        Assert.Contains("OS.Name has at most 255 characters", refused.Error.Messages);
        var store = silo.Service<ICatalogStore>();
        long? written = null;
        await Support.Wait.UntilAsync(async () => (written = await store.WriteAsync(await store.RevisionAsync(CancellationToken.None),
            [new CatalogChange(env.Prefix, env.Name, env) { IsNew = true }], "", CancellationToken.None)) is not null,
            TimeSpan.FromMinutes(1), () => "another change always came first");
        await silo.RestartAsync();
        var shown = await silo.OkAsync("GET", "bootenvs/too-long");
        Assert.False(shown["Available"]!.GetValue<bool>());
        Assert.Contains("Initrds: 5000 are more than the 64 that there may be", shown["Errors"]!.AsArray().Select(e => e!.ToString()));
        await silo.OkAsync("GET", "bootenvs");
        await silo.OkAsync("DELETE", "bootenvs/too-long");
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "bootenvs/too-long")).Status);
    }

    [Fact]
    public async Task TheLastAdministratorStays()
    {
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "users", """{"Name":"plain-user","Roles":[]}""")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("DELETE", "users/rocketskates")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity,
            (await silo.CallAsync("PATCH", "users/rocketskates", """[{"op":"replace","path":"/Roles","value":[]}]""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("GET", "users/rocketskates")).Status);
    }

    [Fact]
    public async Task ATemplateThatTakesAPacksNameIsRefused()
    {
        var pack = silo.Service<ICatalog>().Current.Templates.Values.First(t => t.ReadOnly).ID;
        var answer = await Writer.Make(
            new CatalogWrite("templates", "", new Template { ID = "hijack", Contents = $"{{{{define \"{pack}\"}}}}x{{{{end}}}}" }, Terms));
        Assert.Equal((422, $"Template hijack defines {pack}, which belongs to template {pack}"),
            (answer.Error!.Code, answer.Error.Messages.Single()));
    }

    [Fact]
    public async Task ThePreferenceLogLevelTakesEffectOnEverySilo()
    {
        try
        {
            Assert.Equal(201,
                (await Writer.WritePrefs(
                    new PrefsWrite(new Dictionary<string, string>(StringComparer.Ordinal) { ["logLevel"] = "error" }, Terms))).Status);
            Assert.All(silo.Silos,
                s => Assert.Equal(LogEventLevel.Error, s.Services.GetRequiredService<LoggingLevelSwitch>().MinimumLevel));
        }
        finally
        {
            await Writer.WritePrefs(
                new PrefsWrite(new Dictionary<string, string>(StringComparer.Ordinal) { ["logLevel"] = "info" }, Terms));
        }

        Assert.All(silo.Silos,
            s => Assert.Equal(LogEventLevel.Information, s.Services.GetRequiredService<LoggingLevelSwitch>().MinimumLevel));
    }

    [Fact]
    public async Task DocumentsThatAreWrittenTogetherAreCheckedAgainstEachOther()
    {
        Provisioning.Network.Reservation At(string address) => new() { Addr = address, Token = "02:aa:00:00:00:01" };
        var twice = await Writer.MergeAll(new CatalogMerge("reservations", [At("10.99.0.1"), At("10.99.0.2")], [], Terms));
        Assert.Equal((422, "0A630002: Reservation 0A630001 already has Strategy MAC: Token 02:aa:00:00:00:01"),
            (twice.Error!.Code, twice.Error.Messages.Single()));
        Assert.Equal(200, (await Writer.MergeAll(new CatalogMerge("reservations", [At("10.99.0.1")], ["0A6300FF"], Terms))).Status);
        Assert.Equal(200, (await Writer.MergeAll(new CatalogMerge("reservations", [At("10.99.0.2")], ["0A630001"], Terms))).Status);
        Assert.Equal(["10.99.0.2"],
            (await silo.Service<IReservationStore>().FindManyAsync([], ["02:aa:00:00:00:01"], CancellationToken.None)).Select(
                r => r.Addr));
    }
}

/// <summary>On SQLite.</summary>
public sealed class SingleCatalogWriteTests(SingleSilo silo) : CatalogWriteTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos and PostgreSQL.</summary>
public sealed class ClusterCatalogWriteTests(SiloCluster silo) : CatalogWriteTests(silo), IClassFixture<SiloCluster>;
