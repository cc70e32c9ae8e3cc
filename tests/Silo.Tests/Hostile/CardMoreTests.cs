using System.Net;
using System.Text.Json.Nodes;
using Anvil.Contracts;
using Anvil.Contracts.Access;
using Anvil.Contracts.Machines;
using Anvil.Edge.Dhcp;
using Anvil.Objects.Access;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Machines;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.DependencyInjection;

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

        // It has: one of its cards had an address there, which it has given back meanwhile.
        await LeaseAsync(net, Mac(1));
        address = await LeaseAsync(net, Mac(4));
        (status, body) = await RegisterAtAsync(Mac(4), address, "", [Mac(4), Mac(1), Mac(2)]);
        Assert.True(status == HttpStatusCode.OK && body!["Uuid"]!.ToString() == uuid, $"{status}: {body}");
        Assert.Equal($"{Mac(1)} {Mac(2)} {Mac(4)}", await CardsAsync(uuid));
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
        Assert.Contains(why, boot["Reason"]!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_name, body["Boot"]!["Reason"]!.ToString(), StringComparison.Ordinal);
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
