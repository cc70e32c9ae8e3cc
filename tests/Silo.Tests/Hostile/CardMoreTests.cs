using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Catalog;
using Anvil.Contracts.Machines;
using Anvil.Contracts.Subnets;
using Anvil.Edge.Dhcp;
using Anvil.Grains.Retention;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>A known machine boots from a card that nobody knew of: it is that machine, or it is stuck and a person decides.</summary>
public abstract class CardMoreTests(SiloFixture silo)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..12];
    private readonly string _macs =
        $"06:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}:{Random.Shared.Next(256):x2}";

    [Fact]
    public async Task ItIsFoundByItsOtherCardsBeforeAnybodyHasSeenIt()
    {
        var uuid = await DefinedAsync("a", Mac(1), Mac(2));
        var (status, body) = await RegisterAsync(Mac(3), "", Mac(3), Mac(1), Mac(2));
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal($"{Mac(1)} {Mac(2)} {Mac(3)}", await CardsAsync(uuid));
        Assert.Equal("", body["Secret"]?.ToString() ?? "");
    }

    [Theory]
    [InlineData("Serial")]
    [InlineData("AssetTag")]
    public async Task ItIsFoundByItsSerialNumberOrAssetTag(string mark)
    {
        var uuid = await DefinedByAsync("s", mark, $"{_name} X");
        var (status, body) = await RegisterAsync(Mac(3), $"\"{mark}\":\" {_name.ToUpperInvariant()} x \"", Mac(3));
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal($"{Mac(3)}", await CardsAsync(uuid));
    }

    [Fact]
    public async Task WhatFirmwareSaysWithoutASerialNumberIsNone()
    {
        await DefinedByAsync("g", "Serial", "To Be Filled By O.E.M.");
        var (status, body) = await RegisterAsync(Mac(3), "\"Serial\":\"To be filled by O.E.M.\"", Mac(3));
        Assert.Equal((HttpStatusCode.Created, false), (status, body!["Boot"]!["Stuck"]!.GetValue<bool>()));
    }

    [Theory]
    [InlineData("\"Serial\":\"System Serial Number\",\"AssetTag\":\"Asset-1234567890\"")]
    [InlineData("\"Serial\":\"SYS-1234567890\"")]
    [InlineData("\"Serial\":\"01234567890123456789AB\",\"AssetTag\":\"01234567890123456789AB\"")]
    [InlineData("\"AssetTag\":\"7783-7084-3265-9085-8269-3286-77\"")]
    public async Task BoardsThatSayWhatTheirMakerSetAreEachOneOfTheirOwn(string facts)
    {
        await MadeAsync("b", $$"""{"hardware/system":{{{facts}}} }""", [Mac(1)]);
        var (status, body) = await RegisterAsync(Mac(3), facts, Mac(3));
        Assert.Equal((HttpStatusCode.Created, false), (status, body!["Boot"]!["Stuck"]!.GetValue<bool>()));
    }

    /// <summary>Nodes of one chassis, and machines of a maker that ships one tag for all: their serial numbers tell them apart.</summary>
    [Fact]
    public async Task AnAssetTagOfMachinesWithSerialNumbersOfTheirOwnSaysNothing()
    {
        var uuid = await MadeAsync("c1", $$"""{"hardware/system":{"Serial":"{{_name}}-1","AssetTag":"{{_name}}"} }""", [Mac(1)]);
        await MadeAsync("c2", $$"""{"hardware/system":{"Serial":"{{_name}}-2","AssetTag":"{{_name}}"} }""", [Mac(2)]);
        var (status, body) = await RegisterAsync(Mac(3), $"\"Serial\":\"{_name}-3\",\"AssetTag\":\"{_name}\"", Mac(3));
        Assert.Equal((HttpStatusCode.Created, false), (status, body!["Boot"]!["Stuck"]!.GetValue<bool>()));
        Assert.Equal(Mac(1), await CardsAsync(uuid));

        // One that tells no serial number may be any of them.
        (status, body) = await RegisterAsync(Mac(4), $"\"AssetTag\":\"{_name}\"", Mac(4));
        await IsStuckAsync(status, body, "which have the same asset");
    }

    [Fact]
    public async Task WhereTwoMatchNeitherIsTouchedAndBothAreNamed()
    {
        var first = await DefinedByAsync("t1", "Serial", _name);
        var second = await DefinedByAsync("t2", "Serial", _name);
        var before = (await CardsAsync(first), await CardsAsync(second));
        var (status, body) = await RegisterAsync(Mac(3), $"\"Serial\":\"{_name}\"", Mac(3));
        await IsStuckAsync(status, body, $"it may be one of {_name}-t1, {_name}-t2, which have the same serial");
        Assert.Equal(before, (await CardsAsync(first), await CardsAsync(second)));
        // A person makes it one of its own.
        var (approved, machine) = await silo.CallAsync("POST", $"machines/{body!["Uuid"]}/approve");
        Assert.Equal((HttpStatusCode.OK, false), (approved, machine!["Boot"]!["Stuck"]!.GetValue<bool>()));
    }

    /// <summary>The card was moved, or is the one on USB that a controller shows on every board: it stays whose it was.</summary>
    [Theory]
    [InlineData("\"Serial\":\"NAME\"", "\"Serial\":\"NAME-3133\"")]
    [InlineData("\"Serial\":\"none\",\"Uuid\":\"4c4c4544-0042-3510-8052-b4c04f4d3132\"",
        "\"Serial\":\"none\",\"Uuid\":\"4c4c4544-0042-3510-8052-b4c04f4d3133\"")]
    public async Task AnotherSystemWithACardOfAMachineIsOneOfItsOwn(string own, string other)
    {
        (own, other) = (own.Replace("NAME", _name, StringComparison.Ordinal), other.Replace("NAME", _name, StringComparison.Ordinal));
        var uuid = await MadeAsync("o", $$"""{"hardware/system":{{{own}}} }""", [Mac(1)]);
        for (var i = 3; i < 5; i++)
        {
            var (status, body) = await RegisterAsync(Mac(i), other, Mac(i), Mac(1));
            Assert.True(status == HttpStatusCode.Created && !body!["Boot"]!["Stuck"]!.GetValue<bool>(), $"{status}: {body}");
            Assert.Equal((Mac(1), Mac(i)), (await CardsAsync(uuid), await CardsAsync(body["Uuid"]!.ToString())));
            // And so is the next one.
            other = other.Replace("3133", "3134", StringComparison.Ordinal);
        }
    }

    /// <summary>A card that another system has says nothing; the next mark does.</summary>
    [Fact]
    public async Task WhereACardIsAnotherSystemsTheNextMarkDecides()
    {
        var other = await DefinedByAsync("x", "Serial", $"{_name}-x", Mac(1));
        var uuid = await DefinedByAsync("y", "Serial", $"{_name}-y");
        var (status, body) = await RegisterAsync(Mac(3), $"\"Serial\":\"{_name}-y\"", Mac(3), Mac(1));
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal((Mac(1), Mac(3)), (await CardsAsync(other), await CardsAsync(uuid)));
    }

    /// <summary>DHCP has seen the other's card on this link, so that it would be this one's too.</summary>
    [Fact]
    public async Task ACardThatWasSeenAndIsAnotherSystemsStaysThere()
    {
        var net = await SubnetAsync();
        var uuid = await DefinedByAsync("z", "Serial", $"{_name}-z", Mac(1));
        await LeaseAsync(net, Mac(1));
        var address = await LeaseAsync(net, Mac(3));
        var (status, body) = await RegisterAtAsync(Mac(3), address, $"\"Serial\":\"{_name}-new\"", [Mac(3), Mac(1)]);
        Assert.True(status == HttpStatusCode.Created && !body!["Boot"]!["Stuck"]!.GetValue<bool>(), $"{status}: {body}");
        Assert.Equal((Mac(1), Mac(3)), (await CardsAsync(uuid), await CardsAsync(body["Uuid"]!.ToString())));
    }

    /// <summary>What a controller shows is not named as the machine's; that it is in its inventory is enough.</summary>
    [Fact]
    public async Task AKnownCardThatIsInTheInventoryAloneIsNamed()
    {
        var uuid = await DefinedAsync("i", Mac(1), Mac(2));
        var (status, body) = await RegisterAsync(Mac(3), "", Mac(3), Mac(1));
        await IsStuckAsync(status, body, "and others that were not named");
        (status, body) = await RegisterAtAsync(Mac(4), $"10.247.{Random.Shared.Next(256)}.{Random.Shared.Next(1, 255)}", "",
            [Mac(4), Mac(1)], $$"""[{"Name":"enx0","Mac":"{{Mac(2)}}"}]""");
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal($"{Mac(1)} {Mac(2)} {Mac(4)}", await CardsAsync(uuid));
    }

    [Fact]
    public async Task AMachineWithSecretsThatNobodyHasSeenIsNotTakenByAWord()
    {
        await silo.CallAsync("POST", "params", $$"""{"Name":"{{_name}}/pw","Secure":true,"Schema":{"type":"string"} }""");
        var uuid = await DefinedAsync("p", Mac(1));
        await silo.CallAsync("POST", $"machines/{uuid}/params/{_name}/pw", "\"x\"");
        var (status, body) = await RegisterAsync(Mac(3), "", Mac(3), Mac(1));
        await IsStuckAsync(status, body, "it is given secure params");
        Assert.Equal($"{Mac(1)}", await CardsAsync(uuid));
    }

    [Fact]
    public async Task ALockedMachineStaysAsItIs()
    {
        var uuid = await DefinedAsync("l", Mac(1));
        await silo.CallAsync("PATCH", $"machines/{uuid}", """[{"op":"replace","path":"/Locked","value":true}]""");
        var (status, body) = await RegisterAsync(Mac(3), "", Mac(3), Mac(1));
        await IsStuckAsync(status, body, "is locked");
        Assert.Equal($"{Mac(1)}", await CardsAsync(uuid));
    }

    [Fact]
    public async Task OneThatWasSeenIsBelievedOnItsLinkAlone()
    {
        var net = await SubnetAsync();
        var uuid = await DefinedAsync("n", Mac(1), Mac(2));
        await silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid))
            .Sighted(new Sighting(SightingKind.Script, "", "uefi", "ipxe"));
        var address = await LeaseAsync(net, Mac(3));
        var (status, body) = await RegisterAtAsync(Mac(3), address, "", [Mac(3), Mac(1), Mac(2)]);
        await IsStuckAsync(status, body, "DHCP has not seen both on one link");
        Assert.Equal($"{Mac(1)} {Mac(2)}", await CardsAsync(uuid));

        // It has: one of its cards had an address there. Machines come in by themselves there, and this one is given nothing of value.
        await LeaseAsync(net, Mac(1));
        address = await LeaseAsync(net, Mac(4));
        (status, body) = await RegisterAtAsync(Mac(4), address, "", [Mac(4), Mac(1), Mac(2)]);
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal($"{Mac(1)} {Mac(2)} {Mac(4)}", await CardsAsync(uuid));
    }

    /// <summary>
    /// Whoever is on its link has seen its cards, and its serial number is on its case: what it says is its word, whatever DHCP saw.
    /// </summary>
    [Theory]
    [InlineData("own secret", "it is given secure params")]
    [InlineData("profile's secret", "it is given secure params")]
    [InlineData("secret of a later stage", "it is given secure params")]
    [InlineData("task with rights", "has rights of its own")]
    [InlineData("approve here", "machines do not come in by their own word there")]
    [InlineData("approve there", "machines do not come in by their own word where that one is")]
    [InlineData("approved", "somebody has approved of that one as it is")]
    [InlineData("pending", "that one waits for approval itself")]
    public async Task WhatIsWorthSomethingIsNobodysByAWord(string worth, string why)
    {
        var net = await SubnetAsync();
        var uuid = "";
        if (worth is "approved" or "pending")
        {
            var facts = worth == "pending" ? await MarkedTwiceAsync() : $"\"Serial\":\"{_name}\"";
            var (created, own) = await RegisterAtAsync(Mac(1), await LeaseAsync(net, Mac(1)), facts, [Mac(1)]);
            Assert.Equal(HttpStatusCode.Created, created);
            uuid = own!["Uuid"]!.ToString();
            if (worth == "approved") await silo.CallAsync("POST", $"machines/{uuid}/approve");
            else await DoneAsync("PATCH", $"machines/{uuid}",
                $$"""[{"op":"replace","path":"/Params/hardware~1system/Serial","value":"{{_name}}"}]""");
        }
        else
        {
            uuid = await DefinedByAsync("v", "Serial", _name, Mac(1));
            await LeaseAsync(net, Mac(1));
        }

        await WorthAsync(worth, uuid);
        await silo.Service<IGrainFactory>().GetGrain<IMachineGrain>(GrainKeys.Machine(uuid))
            .Sighted(new Sighting(SightingKind.Script, "", "uefi", "ipxe"));
        var cards = await CardsAsync(uuid);
        var card = 0x40;
        // By its cards, by its number alone, by both.
        var number = $"\"Serial\":\"{_name}\"";
        foreach (var (facts, others) in new[] { ("", true), (number, false), (number, true) })
        {
            var mine = Mac(card++);
            var address = await LeaseAsync(net, mine);
            var (status, body) = await RegisterAtAsync(mine, address, facts, others ? [mine, Mac(1)] : [mine]);
            await IsStuckAsync(status, body, why);
            Assert.Equal(cards, await CardsAsync(uuid));
            // Else two have that number.
            await DoneAsync("DELETE", $"machines/{body!["Uuid"]}");
        }
    }

    /// <summary>What a machine may read tells no other's name: itself, a patch, its timeline, a job's list.</summary>
    [Fact]
    public async Task WhoIsDoubtedLearnsNoNames()
    {
        var first = await DefinedByAsync("t1", "Serial", _name);
        await DefinedByAsync("t2", "Serial", _name, Mac(1));
        var (status, body) = await RegisterAsync(Mac(3), $"\"Serial\":\"{_name}\"", Mac(3));
        await IsStuckAsync(status, body, $"it may be one of {_name}-t1, {_name}-t2");
        var uuid = body!["Uuid"]!.ToString();
        foreach (var (key, isItself) in new[] { (uuid, true), (first, false) })
        {
            using var machine = silo.Client((await silo.Service<AccessService>().ForRenderingAsync(new Machine { Uuid = key }))(key, Life,
                ""));
            foreach (var path in new[] { $"machines/{key}", $"machines/{key}/timeline" })
            {
                var (read, told) = await silo.CallAsync("GET", path, client: machine);
                Assert.Equal(HttpStatusCode.OK, read);
                var text = told!.ToJsonString().Replace($"{_name}-t1", isItself ? $"{_name}-t1" : "", StringComparison.Ordinal);
                Assert.DoesNotContain($"{_name}-t", text, StringComparison.Ordinal);
                Assert.DoesNotContain(Mac(3).Replace(':', '-'), isItself ? "" : text, StringComparison.Ordinal);
            }

            if (!isItself) continue;
            foreach (var from in new[] { "/Boot/Doubt", "/Boot/Reason", "/Boot" })
            {
                await silo.CallAsync("PATCH", $"machines/{key}",
                    $$"""[{"op":"copy","from":"{{from}}","path":"/Params/hardware~1x"}]""", machine);
                var copied = (await silo.CallAsync("GET", $"machines/{key}/params")).Body!.ToJsonString();
                Assert.DoesNotContain($"{_name}-t", copied, StringComparison.Ordinal);
            }

            var doubt = (await silo.CallAsync("GET", $"machines/{key}")).Body!["Boot"]!["Doubt"]!.ToJsonString();
            Assert.Equal(HttpStatusCode.Conflict, (await silo.CallAsync("PATCH", $"machines/{key}",
                $$"""[{"op":"test","path":"/Boot/Doubt","value":{{doubt}}},{"op":"add","path":"/Params/hardware~1x","value":1}]""",
                machine)).Status);
        }

        // A job that may list machines reads their names anyway, but not who may be whom.
        var lists = silo.Service<ObjectFloor>();
        var job = new Principal(uuid, PrincipalKind.Machine, [new Claim("machines", "list", "*"), new Claim("machines", "get", "*")]);
        async Task<string> ListedAsync(Principal who, string filter = "Uuid", string value = "")
        {
            var words = new Dictionary<string, IReadOnlyList<string>> { [filter] = [value.Length > 0 ? value : uuid] };
            var page = await lists.ListAsync("machines", new ObjectRequest(who, "machines").Saying(words, VerbWords.List),
                CancellationToken.None);
            return string.Concat(page.Rows);
        }

        Assert.DoesNotContain("it may be one of", await ListedAsync(job), StringComparison.Ordinal);
        Assert.Contains("it may be one of", await ListedAsync(job with { Kind = PrincipalKind.User }), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ApiException>(() => ListedAsync(job, "Boot.Doubt", $"Re({_name}-t1)"));
    }

    /// <summary>A token is who carries it: not from an address that somebody else has.</summary>
    [Fact]
    public async Task ARegistrationComesFromWhereItsTokenWasGivenTo()
    {
        var net = await SubnetAsync();
        var (address, other, second) = (await LeaseAsync(net, Mac(1)), await LeaseAsync(net, Mac(2)), await LeaseAsync(net, Mac(3)));
        var principal = new Principal("unknown", PrincipalKind.Unknown, MachineClaims.Unknown)
        {
            TokenId = _name,
            Mac = Mac(1),
            Address = address,
        };
        Task<ObjectAnswer> RegisterAsync(string source) => silo.Service<ObjectFloor>().CreateAsync("machines",
            System.Text.Encoding.UTF8.GetBytes($$"""{"Name":"{{_name}}-from","HardwareAddrs":["{{Mac(1)}}","{{Mac(3)}}"]}"""),
            new ObjectRequest(principal, "machines") { Source = source }, CancellationToken.None);
        var refused = await Assert.ThrowsAsync<ApiException>(() => RegisterAsync(other));
        Assert.Equal(403, refused.Error.Code);
        Assert.DoesNotContain(Mac(2), string.Concat(refused.Error.Messages), StringComparison.Ordinal);
        // By its other card, by an address that nobody has, and from beyond: it may be a balancer's.
        Assert.Equal(201, (await RegisterAsync(second)).Status);
        foreach (var source in new[] { $"10.249.{net}.200", "192.0.2.1", "" })
            Assert.Equal(409, (await Assert.ThrowsAsync<ApiException>(() => RegisterAsync(source))).Error.Code);
    }

    /// <summary>What registered itself and came to nothing goes; what holds a lease, or somebody has touched, stays.</summary>
    [Fact]
    public async Task WhatNobodyApprovesOfAndNobodySeesGoes()
    {
        var net = await SubnetAsync();
        await DoneAsync("PATCH", $"subnets/{_name}", """[{"op":"replace","path":"/ActiveLeaseTime","value":1728000}]""");
        var uuids = new Dictionary<string, string>(StringComparer.Ordinal) { ["defined"] = await DefinedAsync("d", Mac(90)) };
        var twice = await MarkedTwiceAsync();
        foreach (var name in new[] { "left", "pending", "written", "locked", "approved", "param" })
        {
            var card = Mac(uuids.Count);
            var (status, body) = await RegisterAsync(card, name == "pending" ? twice : "", card);
            Assert.Equal(HttpStatusCode.Created, status);
            uuids[name] = body!["Uuid"]!.ToString();
        }

        var (_, leased) = await RegisterAtAsync(Mac(7), await LeaseAsync(net, Mac(7)), twice, [Mac(7)]);
        uuids["leased"] = leased!["Uuid"]!.ToString();
        await DoneAsync("PATCH", $"machines/{uuids["written"]}", """[{"op":"replace","path":"/Description","value":"mine"}]""");
        await DoneAsync("PATCH", $"machines/{uuids["locked"]}", """[{"op":"replace","path":"/Locked","value":true}]""");
        await DoneAsync("PATCH", $"machines/{uuids["param"]}", """[{"op":"add","path":"/Params/mine","value":1}]""");
        await DoneAsync("POST", $"machines/{uuids["approved"]}/approve");

        // Whose it is keeps it from nothing, and ends with it.
        await DoneAsync("POST", "tenants",
            $$"""{"Name":"t-{{_name}}","Members":{"machines":["{{uuids["pending"]}}","{{uuids["left"]}}"]} }""");

        async Task<string> LeftAfterAsync(TimeSpan later)
        {
            var clock = new FakeTimeProvider(DateTimeOffset.UtcNow + later);
            var unapproved = new UnapprovedMachines(silo.Service<IMachineQueries>(), silo.Service<ILeaseStore>(),
                silo.Service<GrainFinder>(), silo.Service<ICatalog>(), clock);
            await unapproved.TrimAsync(RetentionRules.Of(silo.Service<ICatalog>().Current.Prefs, RetentionRules.Unapproved),
                CancellationToken.None);
            var left = new List<string>();
            foreach (var (name, uuid) in uuids)
            {
                if ((await silo.CallAsync("GET", $"machines/{uuid}")).Status == HttpStatusCode.OK) left.Add(name);
            }

            return string.Join(' ', left.Order(StringComparer.Ordinal));
        }

        Assert.Equal("approved defined leased left locked param pending written", await LeftAfterAsync(TimeSpan.FromDays(13)));
        Assert.Equal("approved defined leased left locked param written", await LeftAfterAsync(TimeSpan.FromDays(15)));
        Assert.Equal($$"""{"machines":["{{uuids["left"]}}"]}""",
            (await silo.CallAsync("GET", $"tenants/t-{_name}")).Body!["Members"]!.ToJsonString());
        Assert.Equal("approved defined left locked param written", await LeftAfterAsync(TimeSpan.FromDays(30)));
    }

    /// <summary>Makes a machine worth something, by the name of the case.</summary>
    private async Task WorthAsync(string worth, string uuid)
    {
        await silo.CallAsync("POST", "params", $$"""{"Name":"{{_name}}/pw","Secure":true,"Schema":{"type":"string"} }""");
        switch (worth)
        {
            case "own secret":
                await DoneAsync("POST", $"machines/{uuid}/params/{_name}/pw", "\"x\"");
                break;
            case "profile's secret":
                await DoneAsync("POST", "profiles", $$"""{"Name":"{{_name}}","Params":{"{{_name}}/pw":"x"} }""");
                await DoneAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"add","path":"/Profiles/-","value":"{{_name}}"}]""");
                break;
            case "secret of a later stage" or "task with rights":
                await DoneAsync("POST", "tasks",
                    $$"""{"Name":"{{_name}}","ExtraClaims":[{"Scope":"machines","Action":"get","Specific":"*"}]}""");
                await DoneAsync("POST", "stages", $$"""{"Name":"{{_name}}-a"}""");
                await DoneAsync("POST", "stages", worth == "task with rights" ? $$"""{"Name":"{{_name}}-b","Tasks":["{{_name}}"]}"""
                    : $$"""{"Name":"{{_name}}-b","Params":{"{{_name}}/pw":"x"} }""");
                await DoneAsync("POST", "workflows", $$"""{"Name":"{{_name}}","Stages":["{{_name}}-a","{{_name}}-b"]}""");
                await DoneAsync("PATCH", $"machines/{uuid}", $$"""[{"op":"replace","path":"/Workflow","value":"{{_name}}"}]""");
                break;
            case "approve here":
                await DoneAsync("PATCH", $"subnets/{_name}", """[{"op":"add","path":"/Meta/registration","value":"approve"}]""");
                break;
            case "approve there":
                await silo.CallAsync("POST", "subnets",
                    $$"""
                    {"Name":"{{_name}}-x","Subnet":"10.247.9.0/24","Enabled":true,"Proxy":true,"Meta":{"registration":"approve"} }
                    """);
                await DoneAsync("PATCH", $"machines/{uuid}",
                    $$"""[{"op":"replace","path":"/Address","value":"10.247.9.{{Random.Shared.Next(1, 255)}}"}]""");
                break;
        }
    }

    /// <summary>Facts by which a registration waits: two machines have them.</summary>
    private async Task<string> MarkedTwiceAsync()
    {
        await DefinedByAsync("q1", "Serial", $"{_name}q");
        await DefinedByAsync("q2", "Serial", $"{_name}q");
        return $"\"Serial\":\"{_name}q\"";
    }

    private async Task DoneAsync(string method, string path, string? body = null)
    {
        var (status, answer) = await silo.CallAsync(method, path, body);
        Assert.True((int)status is >= 200 and < 300, $"{method} {path}: {status} {answer}");
    }

    [Fact]
    public async Task APersonSaysWhatIsMatched()
    {
        await DefinedByAsync("w", "Serial", _name);
        var (status, _) = await silo.CallAsync("POST", "prefs", """{"matchMachinesBy":"serial,sex"}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        await silo.CallAsync("POST", "prefs", """{"matchMachinesBy":"none"}""");
        try
        {
            (status, var body) = await RegisterAsync(Mac(3), $"\"Serial\":\"{_name}\"", Mac(3));
            Assert.Equal((HttpStatusCode.Created, false), (status, body!["Boot"]!["Stuck"]!.GetValue<bool>()));

            // Nor by a card that DHCP has seen beside it: that stays the other one's.
            var net = await SubnetAsync();
            var uuid = await DefinedAsync("c", Mac(5));
            await LeaseAsync(net, Mac(5));
            var address = await LeaseAsync(net, Mac(6));
            (status, body) = await RegisterAtAsync(Mac(6), address, "", [Mac(6), Mac(5)]);
            Assert.True(status == HttpStatusCode.Created && body!["Uuid"]!.ToString() != uuid, $"{status}: {body}");
            Assert.Equal((Mac(5), Mac(6)), (await CardsAsync(uuid), await CardsAsync(body["Uuid"]!.ToString())));
        }
        finally
        {
            await silo.CallAsync("POST", "prefs", """{"matchMachinesBy":"macs,serial,asset"}""");
        }
    }

    private string Mac(int number) => $"{_macs}:{number:x2}";

    private async Task IsStuckAsync(HttpStatusCode status, JsonNode? body, string why)
    {
        Assert.True(status == HttpStatusCode.Created, $"{status}: {body}");
        var machine = (await silo.CallAsync("GET", $"machines/{body!["Uuid"]}")).Body!;
        var boot = machine["Boot"]!;
        Assert.Equal((true, "pending", false),
            (boot["Stuck"]!.GetValue<bool>(), boot["Admission"]!.ToString(), machine["Runnable"]!.GetValue<bool>()));
        // Who decides reads it in the doubt; the reason is in timelines and events, which machines read.
        Assert.Contains(why, boot["Doubt"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal((MachineRules.Doubted, MachineRules.Doubted, ""),
            (boot["Reason"]!.ToString(), body["Boot"]!["Reason"]!.ToString(), body["Boot"]!["Doubt"]!.ToString()));
    }

    private Task<string> DefinedAsync(string name, params string[] macs) => MadeAsync(name, "{}", macs);

    private Task<string> DefinedByAsync(string name, string mark, string value, params string[] macs)
        => MadeAsync(name, $$"""{"hardware/system":{"{{mark}}":"{{value}}"} }""", macs);

    private async Task<string> MadeAsync(string name, string facts, string[] macs)
    {
        var (status, made) = await silo.CallAsync("POST", "machines",
            $$"""
            {"Name":"{{_name}}-{{name}}","BootEnv":"local","Params":{{facts}},
            "HardwareAddrs":[{{string.Join(',', macs.Select(m => $"\"{m}\""))}}]}
            """);
        Assert.True(status == HttpStatusCode.Created, $"{status}: {made}");
        return made!["Uuid"]!.ToString();
    }

    private async Task<string> CardsAsync(string uuid) => string.Join(' ',
        (await silo.CallAsync("GET", $"machines/{uuid}")).Body!["HardwareAddrs"]!.AsArray().Select(m => m!.ToString()).Order());

    private Task<(HttpStatusCode Status, JsonNode? Body)> RegisterAsync(string card, string facts, params string[] macs)
        => RegisterAtAsync(card, $"10.248.{Random.Shared.Next(256)}.{Random.Shared.Next(1, 255)}", facts, macs);

    private async Task<(HttpStatusCode Status, JsonNode? Body)> RegisterAtAsync(string card, string address, string facts,
        string[] macs, string nics = "[]")
    {
        var token = (await silo.Service<AccessService>().ForRenderingAsync(null, new Stranger(address, card)))(null, Life, "");
        using var stranger = silo.Client(token);
        return await silo.CallAsync("POST", "machines",
            $$"""
            {"Name":"d{{card.Replace(':', '-')}}","HardwareAddrs":[{{string.Join(',', macs.Select(m => $"\"{m}\""))}}],
            "Params":{"hardware/system":{{{facts}}},"hardware/nics":{{nics}} } }
            """, stranger);
    }

    /// <summary>A subnet 10.249.N.0/24; its N.</summary>
    private async Task<byte> SubnetAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var net = (byte)Random.Shared.Next(1, 250);
            var (status, body) = await silo.CallAsync("POST", "subnets",
                $$"""
                {"Name":"{{_name}}","Subnet":"10.249.{{net}}.0/24","Enabled":true,"ActiveStart":"10.249.{{net}}.10",
                "ActiveEnd":"10.249.{{net}}.90","ActiveLeaseTime":600,"ReservedLeaseTime":7200}
                """);
            // Two tests may have taken the same.
            if (status == HttpStatusCode.Created) return net;
            Assert.True(tries < 50, $"{status}: {body}");
        }
    }

    /// <summary>The address that DHCP leases to a card.</summary>
    private async Task<string> LeaseAsync(byte net, string mac)
    {
        var address = 0u;
        foreach (var type in new[] { DhcpMessageType.Discover, DhcpMessageType.Request })
        {
            List<KeyValuePair<byte, byte[]>> options = [KeyValuePair.Create((byte)53, new[] { (byte)type })];
            if (address != 0) options.Add(KeyValuePair.Create((byte)50, OptionText.UInt32(address)));
            var message = new DhcpMessage
            {
                Op = 1,
                TransactionId = 7,
                HardwareAddress = Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal)),
                Options = options,
            };
            var outcome = await silo.Service<DhcpHandler>().HandleAsync(
                new DhcpArrival(message, [IPv4.Parse($"10.249.{net}.1")], 0, 68, IsBinl: false, "more"), CancellationToken.None);
            address = outcome.Departure?.Message.YourAddress ?? throw new SetupException($"{type} of {mac}: {outcome.Drop}");
        }

        return IPv4.Format(address);
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleCardMoreTests(SingleSilo silo) : CardMoreTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterCardMoreTests(SiloCluster silo) : CardMoreTests(silo), IClassFixture<SiloCluster>;
