using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Events;
using Anvil.Contracts.Subnets;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests;

/// <summary>Reservations as rows of their own: rules, all or none, and what a client was told holds for the very next packet.</summary>
public abstract class ReservationTests(SiloFixture silo)
{
    /// <summary>Made and deleted by the API, with a packet right behind each, on every silo.</summary>
    [Fact]
    public async Task WhatTheApiAnsweredHoldsForTheNextPacket()
    {
        await SubnetAsync("next", "10.51.0.0/24", "10.51.0");
        Assert.Equal("10.51.0.10", await OfferAsync("next", 1, 0));
        for (var i = 0; i < 10; i++)
        {
            var address = $"10.51.0.{230 - (10 * i)}";
            Assert.Equal(HttpStatusCode.Created, (await ReserveAsync(address, 50 + i)).Status);
            Assert.NotEqual(address, await OfferAsync("next", 70 + i, i, address));
            Assert.Equal(address, await OfferAsync("next", 50 + i, i));
            Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", $"reservations/{address}")).Status);
            var grain = silo.Silos[i % silo.Silos.Count].Services.GetRequiredService<IGrainFactory>()
                .GetGrain<ISubnetGrain>(GrainKeys.Subnet("next"));
            Assert.Equal(new ClientStanding(false, IPv4.Parse(address)), await grain.StandingOf(Mac("51", 50 + i)));
        }
    }

    [Fact]
    public async Task ReservationsKeepTheirRules()
    {
        await SubnetAsync("rules", "10.52.0.0/24", "10.52.0");
        Assert.Equal(HttpStatusCode.Created, (await ReserveAsync("10.52.0.200", 1)).Status);
        Assert.Equal((HttpStatusCode.Conflict, "already exists"), Said(await ReserveAsync("10.52.0.200", 2)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, $"Reservation 0A3400C8 already has Strategy MAC: Token {Mac("52", 1)}"),
            Said(await ReserveAsync("10.52.0.201", 1)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Token `ff:ff:ff:ff:ff:ff` is the broadcast address: no network card has it"),
            Said(await silo.CallAsync("POST", "reservations", """{"Addr":"10.52.0.202","Token":"ff:ff:ff:ff:ff:ff"}""")));
        Assert.Equal(HttpStatusCode.Created,
            (await silo.CallAsync("POST", "reservations",
                $$"""{"Addr":"10.52.0.203","Token":"{{Mac("52", 3)}}","Scoped":true}""")).Status);
        Assert.Equal("rules", (await silo.CallAsync("GET", "reservations/10.52.0.203")).Body!["Subnet"]!.ToString());
        Assert.Equal((HttpStatusCode.Conflict, "Reservation 10.52.0.203 is scoped for Subnet rules, cannot delete."),
            Said(await silo.CallAsync("DELETE", "subnets/rules")));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Scoped cannot change"),
            Said(await silo.CallAsync("PATCH", "reservations/10.52.0.203", """[{"op":"replace","path":"/Scoped","value":false}]""")));
        Assert.Equal("10.52.0.9",
            (await silo.CallAsync("PATCH", "reservations/0A3400CB",
                """[{"op":"replace","path":"/NextServer","value":"10.52.0.9"}]""")).Body!["NextServer"]!.ToString());
        var listed = (JsonArray)(await silo.CallAsync("GET", "reservations")).Body!;
        Assert.Equal(["10.52.0.200", "10.52.0.203"],
            listed.Select(r => r!["Addr"]!.ToString()).Where(a => a.StartsWith("10.52.", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "reservations/10.52.0.203")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await silo.CallAsync("GET", "reservations/10.52.0.203")).Status);
        Assert.Equal(HttpStatusCode.OK, (await silo.CallAsync("DELETE", "subnets/rules")).Status);
    }

    /// <summary>Filters, pages, versions and events are those of every kind.</summary>
    [Fact]
    public async Task ReservationsAreListedVersionedAndToldOf()
    {
        var place = await silo.LogEndAsync();
        for (var i = 1; i <= 3; i++) Assert.Equal(HttpStatusCode.Created, (await ReserveAsync($"10.54.0.{100 + i}", i)).Status);
        var digits = Mac("54", 2).Replace(":", "", StringComparison.Ordinal);
        Assert.Equal(["10.54.0.102"], await ListedAsync($"Token={digits}"));
        Assert.Equal(["10.54.0.103", "10.54.0.102"], await ListedAsync("Addr=Re(^10[.]54[.])&reverse=true&limit=2"));
        Assert.Equal(["10.54.0.101"], await ListedAsync("Addr=Between(10.54.0.0,10.54.0.101)"));

        using var get = await silo.Http.GetAsync(new Uri("reservations/Addr:10.54.0.102", UriKind.Relative));
        var tag = get.Headers.ETag!.Tag;
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.PreconditionFailed),
            (await DescribeAsync(tag, "first"), await DescribeAsync(tag, "second")));
        Assert.Equal("first", (await silo.CallAsync("GET", "reservations/0A360066")).Body!["Description"]!.ToString());

        var told = (await silo.HappenedAsync(place)).Where(
            e => e.Type == "reservations" && e.Key == "0A360066").ToList();
        Assert.Equal(["create", "update"], told.Select(e => e.Action));
        Assert.All(told, e => Assert.NotEqual("", e.Principal));
    }

    /// <summary>Many at once: all or none, and what goes makes room for what comes.</summary>
    [Fact]
    public async Task ManyAreWrittenAllOrNone()
    {
        var writer = silo.Service<IGrainFactory>().GetGrain<ICatalogGrain>(GrainKeys.Catalog);
        var store = silo.Service<IReservationStore>();
        var terms = new ChangeTerms(new Actor("test", false, false));
        var all = Enumerable.Range(0, 2000).Select(i => Of(IPv4.Parse("10.53.0.0") + (uint)i + 1, i)).ToList();
        var merged = await writer.MergeAll(new CatalogMerge("reservations", all, [], terms));
        Assert.Null(merged.Error);
        Assert.Equal(2000, (await store.ChangesAsync(new Cidr(IPv4.Parse("10.53.0.0"), 16), 0, CancellationToken.None)).Set.Count);
        var twice = await writer.MergeAll(
            new CatalogMerge("reservations",
                new List<Reservation> { Of(IPv4.Parse("10.53.200.1"), 5000), Of(IPv4.Parse("10.53.200.2"), 7) }, [], terms));
        Assert.Equal((422, "0A35C802: Reservation 0A350008 already has Strategy MAC: Token " + Mac("53", 7)),
            (twice.Status, Assert.Single(twice.Error!.Messages)));
        Assert.Null(await store.FindAsync(IPv4.Parse("10.53.200.1"), CancellationToken.None));
        var moved = await writer.MergeAll(
            new CatalogMerge("reservations", new List<Reservation> { Of(IPv4.Parse("10.53.200.2"), 7) }, new List<string> { "0A350008" },
                terms));
        Assert.Equal(200, moved.Status);
        Assert.Equal(Mac("53", 7), (await store.FindAsync(IPv4.Parse("10.53.200.2"), CancellationToken.None))!.Token);
        var stale = await writer.Remove(new CatalogRemoval("reservations", "0A35C802", terms with { IfRevision = merged.Revision }));
        Assert.Equal(412, stale.Status);
        Assert.Equal(200,
            (await writer.Remove(new CatalogRemoval("reservations", "0A35C802", terms with { IfRevision = moved.Revision }))).Status);
    }

    private async Task<IEnumerable<string>> ListedAsync(string query)
        => ((JsonArray)(await silo.CallAsync("GET", $"reservations?{query}")).Body!).Select(r => r!["Addr"]!.ToString());

    private async Task<HttpStatusCode> DescribeAsync(string tag, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "reservations/10.54.0.102");
        request.Content = new StringContent($$"""[{"op":"replace","path":"/Description","value":"{{text}}"}]""", Encoding.UTF8,
            "application/json");
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        using var answer = await silo.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private static Reservation Of(uint address, int client)
        => new() { Addr = IPv4.Format(address), Token = Mac("53", client), Strategy = "MAC" };

    private static string Mac(string net, int client) => $"02:00:00:{net}:{client >> 8:x2}:{client & 255:x2}";

    private static (HttpStatusCode Status, string Message) Said((HttpStatusCode Status, JsonNode? Body) answer)
        => (answer.Status, answer.Body!["Messages"]![0]!.ToString());

    private Task<(HttpStatusCode Status, JsonNode? Body)> ReserveAsync(string address, int client)
        => silo.CallAsync("POST", "reservations", $$"""{"Addr":"{{address}}","Token":"{{Mac(address.Split('.')[1], client)}}"}""");

    private async Task SubnetAsync(string name, string network, string prefix)
    {
        var body =
            $$"""
            {"Name":"{{name}}","Subnet":"{{network}}","Enabled":true,"ActiveStart":"{{prefix}}.10",
            "ActiveEnd":"{{prefix}}.240","ActiveLeaseTime":600,"ReservedLeaseTime":7200}
            """;
        Assert.Equal(HttpStatusCode.Created, (await silo.CallAsync("POST", "subnets", body)).Status);
        foreach (var one in silo.Silos)
        {
            var catalog = one.Services.GetRequiredService<ICatalog>();
            await Wait.UntilAsync(() => Task.FromResult(catalog.Current.Subnets.ContainsKey(name)), TimeSpan.FromMinutes(3),
                () => $"a silo does not see subnet {name}");
        }
    }

    /// <summary>The address that a client is offered by way of the n-th silo.</summary>
    private async Task<string> OfferAsync(string subnet, int client, int way, string requested = "0.0.0.0")
    {
        var grains = silo.Silos[way % silo.Silos.Count].Services.GetRequiredService<IGrainFactory>();
        var call = new LeaseCall(LeaseAct.Discover, Mac("51", client), IPv4.Parse(requested), IPv4.Parse("10.51.0.1"));
        var answer = await GrainCalls.AskAsync(() => grains.GetGrain<ISubnetGrain>(GrainKeys.Subnet(subnet)).Handle(call));
        return answer.Lease!.Addr;
    }
}

/// <summary>Reservations on one silo with SQLite.</summary>
public sealed class SingleReservationTests(SingleSilo silo) : ReservationTests(silo), IClassFixture<SingleSilo>;

/// <summary>Reservations on a cluster with PostgreSQL.</summary>
public sealed class ClusterReservationTests(SiloCluster silos) : ReservationTests(silos), IClassFixture<SiloCluster>;
