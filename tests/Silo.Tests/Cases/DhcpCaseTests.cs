using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Anvil.Edge.Dhcp;
using Anvil.Protocols.Dhcp;
using Anvil.Provisioning.Network;

namespace Anvil.Silo.Tests.Cases;

/// <summary>
/// Each line of `dhcp.jsonl`: packets in hex, how they arrive, and what the answers must hold. The server is 192.168.77.1 on its own link,
/// and 10.99.0.1 towards the relay of 172.20.5.0/24.
/// </summary>
public sealed class DhcpCaseTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    private static readonly IReadOnlyList<JsonObject> All =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Cases", "dhcp.jsonl")).Select(l => (JsonObject)JsonNode.Parse(l)!)];

    public static TheoryData<string> Ids { get; } = [.. All.Select(c => c["id"]!.ToString())];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task WhatOnceWentWrongIsRight(string id)
    {
        var one = All.Single(c => c["id"]!.ToString() == id);
        var made = new List<(string Kind, string Key)>();
        var wrong = new List<string>();
        try
        {
            foreach (var step in one["after"]?.AsArray() ?? [])
            {
                var kind = step!["path"]!.ToString().Trim('/');
                var (status, body) = await silo.CallAsync(step["method"]!.ToString(), kind, step["body"]!.ToJsonString());
                Assert.True(status is HttpStatusCode.Created, $"{kind}: {status} {body}");
                made.Add((kind, body![kind == "subnets" ? "Name" : "Addr"]!.ToString()));
            }

            var number = 0;
            foreach (var packet in one["packets"]!.AsArray())
            {
                number++;
                wrong.AddRange(Faults((JsonObject)packet!["expect"]!, await AnswerAsync(packet, one))
                    .Select(f => $"packet {number}: {f}"));
            }
        }
        finally
        {
            made.Reverse();
            foreach (var (kind, key) in made) await silo.CallAsync("DELETE", $"{kind}/{key}");
        }

        Assert.True(wrong.Count == 0, $"{one["what"]} ({one["why"]}): {string.Join('\n', wrong)}");
    }

    /// <summary>A user's kind of clients, from the API to the packet.</summary>
    [Fact]
    public async Task AKindOfClientsIsToldWhatItsRowSays()
    {
        await silo.CallAsync("POST", "subnets",
            """
            {"Name":"kinds","Subnet":"192.168.77.0/24","Enabled":true,"ActiveStart":"192.168.77.100","ActiveEnd":"192.168.77.149",
            "ActiveLeaseTime":3600,"ReservedLeaseTime":7200}
            """);
        var (status, body) = await silo.CallAsync("PATCH", "profiles/global",
            """
            [{"op":"add","path":"/Params/dhcp~1client-kinds","value":[
            {"Name":"leaf switch","VendorClass":"AcmeOS","Options":[{"Code":66,"Value":"10.1.0.9"},{"Code":67,"Value":"ztp/leaf.py"}]},
            {"Name":"board","Macs":["02:ca:5e:0b"],"File":"grubaa64.efi"}]}]
            """);
        Assert.True(status == HttpStatusCode.OK, body?.ToJsonString());
        try
        {
            var leaf = await OfferAsync(0x0a, "AcmeOS 4.2");
            Assert.Equal(("10.1.0.9", "ztp/leaf.py"), (leaf.OptionText(66), leaf.OptionText(67)));
            Assert.Equal("grubaa64.efi", (await OfferAsync(0x0b, "PXEClient:Arch:00011:UNDI:003000")).File);
        }
        finally
        {
            await silo.CallAsync("PATCH", "profiles/global", """[{"op":"remove","path":"/Params/dhcp~1client-kinds"}]""");
            await silo.CallAsync("DELETE", "subnets/kinds");
        }
    }

    /// <summary>No answer is right, and is told: who looks for the board finds why.</summary>
    [Theory]
    [InlineData("BOOTP", "it has no option 53", "")]
    [InlineData("message of no client", "option 53 is 10,", "35010a")]
    [InlineData("INFORM", "no address", "350108")]
    public async Task WhatIsNoneOfItsMessagesIsInTheTimeline(string what, string why, string options)
    {
        await silo.CallAsync("POST", "subnets",
            """
            {"Name":"bootp","Subnet":"192.168.77.0/24","Enabled":true,"ActiveStart":"192.168.77.100","ActiveEnd":"192.168.77.149",
            "ActiveLeaseTime":3600,"ReservedLeaseTime":7200}
            """);
        try
        {
            var mac = Random.Shared.Next(1 << 24).ToString("x6", System.Globalization.CultureInfo.InvariantCulture);
            var hex = $"010106005ca50600{new string('0', 40)}02ca5e{mac}{new string('0', 404)}63825363{options}ff{new string('0', 112)}";
            var packet = new JsonObject { ["hex"] = hex };
            var arrives = JsonNode.Parse("""{"link":"direct","from":"0.0.0.0","from_port":68,"to":"255.255.255.255"}""");
            var one = new JsonObject { ["arrives"] = arrives };
            Assert.Null(await AnswerAsync(packet, one));
            var name = string.Join(':', $"02ca5e{mac}".Chunk(2).Select(c => new string(c)));
            var (_, lines) = await silo.CallAsync("GET", $"timeline/{name}");
            Assert.Matches(why, lines!.AsArray().Single(l => l!["What"]!.ToString() == what)!["Detail"]!.ToString());
        }
        finally
        {
            await silo.CallAsync("DELETE", "subnets/bootp");
        }
    }

    private async Task<DhcpMessage> OfferAsync(byte kind, string vendorClass)
    {
        var message = new DhcpMessage
        {
            Op = 1,
            TransactionId = 9,
            HardwareAddress = [2, 0xCA, 0x5E, kind, 0, 1],
            Options = [KeyValuePair.Create<byte, byte[]>(53, [1]), KeyValuePair.Create<byte, byte[]>(55, [1, 3, 66, 67]),
                KeyValuePair.Create((byte)60, System.Text.Encoding.ASCII.GetBytes(vendorClass))],
        };
        var arrival = new DhcpArrival(message, [IPv4.Parse("192.168.77.1")], 0, 68, IsBinl: false, "case");
        var outcome = await silo.Service<DhcpHandler>().HandleAsync(arrival, CancellationToken.None);
        return outcome.Departure?.Message ?? throw new SetupException($"no answer: {outcome.Drop}");
    }

    private async Task<DhcpDeparture?> AnswerAsync(JsonNode packet, JsonObject one)
    {
        var arrives = packet["arrives"] ?? one["arrives"]!;
        var octets = Convert.FromHexString(packet["hex"]!.ToString());
        if (DhcpMessage.TryParse(octets, out _) is not { } message) return null;
        var arrival = new DhcpArrival(message, [IPv4.Parse(arrives["link"]!.ToString() == "direct" ? "192.168.77.1" : "10.99.0.1")],
            IPv4.Parse(arrives["from"]!.ToString()), arrives["from_port"]!.GetValue<int>(), IsBinl: false, "case")
        {
            ServerAddresses = [IPv4.Parse("192.168.77.1"), IPv4.Parse("10.99.0.1")],
            Destination = IPv4.Parse(arrives["to"]!.ToString()),
        };
        return (await silo.Service<DhcpHandler>().HandleAsync(arrival, CancellationToken.None)).Departure;
    }

    private static IEnumerable<string> Faults(JsonObject expect, DhcpDeparture? answer)
    {
        if (expect["answer"]?.GetValue<bool>() == false)
        {
            if (answer is not null) yield return $"{answer.Message.Type} where no answer is right";
            yield break;
        }

        if (answer is null)
        {
            yield return "no answer";
            yield break;
        }

        // As the client gets it: in no more octets than it takes, and read again.
        var octets = answer.Message.ToBytes(548);
        var reply = DhcpMessage.TryParse(octets, out _)!;
        foreach (var (name, wanted) in expect)
        {
            if (name is "options")
            {
                foreach (var (code, value) in wanted!.AsObject())
                {
                    var own = reply.Option(byte.Parse(code)) is { } held ? Convert.ToHexStringLower(held) : null;
                    var isRight = value is null ? own is null : value.GetValueKind() == System.Text.Json.JsonValueKind.True
                        ? own is not null : own == value.ToString();
                    if (!isRight) yield return $"option {code} is {own ?? "missing"}, wanted {value?.ToJsonString() ?? "none"}";
                }

                continue;
            }

            var (part, how) = name.Split('_') is [var first, ("match" or "lacks") and var last] ? (first, last) : (name, "");
            var text = Part(part, answer, reply, octets);
            var holds = how switch
            {
                "match" => Regex.IsMatch(text, wanted!.ToString()),
                "lacks" => !text.Contains(wanted!.ToString(), StringComparison.Ordinal),
                _ => text == wanted!.ToString(),
            };
            if (!holds) yield return $"{part} is '{text}', wanted {how} {wanted}";
        }
    }

    private static string Part(string name, DhcpDeparture answer, DhcpMessage reply, byte[] octets) => name switch
    {
        "answer" => "true",
        "type" => reply.Type.ToString().ToUpperInvariant(),
        "yiaddr" => IPv4.Format(reply.YourAddress),
        "ciaddr" => IPv4.Format(reply.ClientAddress),
        "siaddr" => IPv4.Format(reply.ServerAddress),
        "giaddr" => IPv4.Format(reply.RelayAddress),
        "hlen" => $"{octets[2]}",
        "to" => IPv4.Format(answer.Address),
        "to_port" => $"{answer.Port}",
        "file" => reply.File,
        "sname" => reply.ServerName,
        "bootfile" => reply.OptionText(67) ?? reply.File,
        "bootserver" => reply.OptionText(66) ?? (reply.ServerAddress == 0 ? reply.ServerName : IPv4.Format(reply.ServerAddress)),
        "options" => Convert.ToHexStringLower(octets.AsSpan(240)),
        _ => throw new InvalidOperationException($"no part of an answer is called {name}"),
    };
}
