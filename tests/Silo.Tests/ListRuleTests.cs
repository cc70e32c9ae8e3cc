using System.Net;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests;

/// <summary>What lists compare by, and what objects must not name, on both databases.</summary>
public abstract class ListRuleTests(SiloFixture silo)
{
    private async Task<string> NamesAsync(string kind, string query)
    {
        var (status, body) = await silo.CallAsync("GET", $"{kind}?{query}");
        Assert.True(status == HttpStatusCode.OK, $"{query}: {body?.ToJsonString()}");
        return string.Join(' ', ((JsonArray)body!).Select(o => (o!["Addr"] ?? o["Name"])!.ToString()));
    }

    [Fact]
    public async Task AddressesAndCardsCompareByTheirValue()
    {
        foreach (var (n, address, mac) in new[] { (1, "192.0.2.9", "02:0f:00:00:00:0a"), (2, "192.0.2.10", "020f.0000.0009"),
            (3, "192.0.2.100", "02-0F-00-00-00-FF"), (4, "9.9.9.9", "02:0e:00:00:00:00") })
        {
            var (made, body) = await silo.CallAsync("POST", "machines",
                $$"""{"Name":"cmp{{n}}","BootEnv":"local","Address":"{{address}}","HardwareAddrs":["{{mac}}"]}""");
            Assert.True(made == HttpStatusCode.Created, body?.ToJsonString());
            Assert.Equal(HttpStatusCode.Created,
                (await silo.CallAsync("POST", "reservations", $$"""{"Addr":"{{address}}","Token":"{{mac}}"}""")).Status);
            var net = $"10.{(n == 4 ? "7" : address.Split('.')[3])}.0";
            (made, body) = await silo.CallAsync("POST", "subnets",
                $$"""
                {"Name":"cmp{{n}}","Subnet":"{{net}}.0/24","ActiveStart":"{{net}}.9","ActiveEnd":"{{net}}.10","ActiveLeaseTime":600}
                """);
            Assert.True(made == HttpStatusCode.Created, body?.ToJsonString());
        }

        foreach (var (kind, query, expected) in new[]
        {
            ("machines", "sort=Address", "cmp4 cmp1 cmp2 cmp3"),
            ("machines", "Address=Lt(192.0.2.10)&sort=Name", "cmp1 cmp4"),
            ("machines", "Address=Gt(192.0.2.9)&sort=Name", "cmp2 cmp3"),
            ("machines", "Address=Between(192.0.2.9,192.0.2.50)&sort=Name", "cmp1 cmp2"),
            ("machines", "HardwareAddrs=020F.0000.00FF", "cmp3"),
            ("reservations", "sort=Addr", "9.9.9.9 192.0.2.9 192.0.2.10 192.0.2.100"),
            ("reservations", "Addr=Between(192.0.2.9,192.0.2.50)", "192.0.2.9 192.0.2.10"),
            ("reservations", "sort=Token", "9.9.9.9 192.0.2.10 192.0.2.9 192.0.2.100"),
            ("reservations", "Token=Lt(02-0F-00-00-00-0A)&sort=Token", "9.9.9.9 192.0.2.10"),
            ("reservations", "Token=Between(020f00000009,02:0f:00:00:00:0A)&sort=Token", "192.0.2.10 192.0.2.9"),
            ("subnets", "sort=ActiveStart", "cmp4 cmp1 cmp2 cmp3"),
            ("subnets", "ActiveStart=Lt(10.10.0.0)&sort=Name", "cmp1 cmp4"),
            ("subnets", "sort=Subnet", "cmp4 cmp1 cmp2 cmp3"),
            ("subnets", "Subnet=Between(10.9.0.0/24,10.50.0.0/24)&sort=Name", "cmp1 cmp2"),
            ("subnets", "Subnet=10.10.0.0/24", "cmp2"),
        })
        {
            // Beside what other tests have made.
            var mine = kind == "reservations" ? query : $"{query}&Name=Re(^cmp)";
            Assert.Equal((query, expected), (query, await NamesAsync(kind, mine)));
        }
    }

    [Fact]
    public async Task ParamsAreFields()
    {
        await silo.CallAsync("POST", "params", """{"Name":"cmp-rack","Schema":{"type":"string"}}""");
        await silo.CallAsync("POST", "machines", """{"Name":"rack1","BootEnv":"local","Params":{"cmp-rack":"r1","cmp-free":5}}""");
        await silo.CallAsync("POST", "machines", """{"Name":"rack2","BootEnv":"local","Params":{"cmp-rack":"r2","cmp-free":40}}""");
        Assert.Equal("rack1", await NamesAsync("machines", "cmp-rack=r1"));
        Assert.Equal("rack2", await NamesAsync("machines", "params.cmp-free=Gt(5)"));
        Assert.Equal("rack2 rack1", await NamesAsync("machines", "params.cmp-free=Gte(5)&sort=cmp-rack&reverse=true"));
    }

    [Fact]
    public async Task WhatIsNamedMustBeThere()
    {
        await silo.CallAsync("POST", "stages", """{"Name":"cmp-stage","BootEnv":"sledgehammer"}""");
        var (_, machine) = await silo.CallAsync("POST", "machines", """{"Name":"staged","Stage":"cmp-stage"}""");
        Assert.Equal("sledgehammer", machine!["BootEnv"]!.ToString());
        foreach (var (method, path, body) in new[]
        {
            ("POST", "machines", """{"Name":"bad","BootEnv":"local","Tasks":["cmp-nosuch"]}"""),
            ("POST", "machines", """{"Name":"bad","BootEnv":"local","Tasks":["stage:cmp-nosuch"]}"""),
            ("PATCH", "machines/Name:staged", """[{"op":"add","path":"/Tasks","value":["cmp-nosuch"]}]"""),
            ("PATCH", "machines/Name:staged", """[{"op":"add","path":"/Tasks","value":["bootenv:cmp-nosuch"]}]"""),
        })
            Assert.Equal((body, HttpStatusCode.UnprocessableEntity), (body, (await silo.CallAsync(method, path, body)).Status));
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(53, "1")]
    [InlineData(54, "192.0.2.1")]
    [InlineData(61, "x")]
    [InlineData(82, "x")]
    [InlineData(255, "x")]
    [InlineData(1, "wide")]
    [InlineData(3, "router")]
    [InlineData(3, "192.0.2.1,router")]
    [InlineData(6, "dns.example")]
    [InlineData(6, "192.0.2.300")]
    [InlineData(42, "time.example")]
    [InlineData(28, "all")]
    [InlineData(121, "default via 192.0.2.1")]
    public async Task OptionsThatCannotBeSentAreRefused(int code, string value)
    {
        var options = $$"""[{"Code":{{code}},"Value":"{{value}}"}]""";
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("POST", "subnets",
            $$"""
            {"Name":"opt","Subnet":"198.51.100.0/24","ActiveStart":"198.51.100.9","ActiveEnd":"198.51.100.10","ActiveLeaseTime":600,
            "Options":{{options}}}
            """)).Status);
        await silo.CallAsync("DELETE", "subnets/opt");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await silo.CallAsync("POST", "reservations",
            $$"""{"Addr":"198.51.100.12","Token":"02:0f:00:00:01:00","Options":{{options}}}""")).Status);
    }

    [Theory]
    [InlineData("subnets", """{"Name":"opt","Subnet":"198.51.100.0/24","ActiveStart":"first","ActiveEnd":"198.51.100.10"}""")]
    [InlineData("subnets", """{"Name":"opt","Subnet":"198.51.100.0/24","ActiveStart":"198.51.100.9","ActiveEnd":"010.0.0.1"}""")]
    [InlineData("subnets", """{"Name":"opt","Subnet":"here","ActiveStart":"198.51.100.9","ActiveEnd":"198.51.100.10"}""")]
    [InlineData("subnets",
        """{"Name":"opt","Subnet":"198.51.100.0/24","ActiveStart":"198.51.100.9","ActiveEnd":"198.51.100.10","NextServer":"boot"}""")]
    [InlineData("reservations", """{"Addr":"here","Token":"02:0f:00:00:01:00"}""")]
    [InlineData("reservations", """{"Addr":"198.51.100.12","Token":"02:0f:00:00:01:00","NextServer":"boot"}""")]
    [InlineData("machines", """{"Name":"opt","BootEnv":"local","Address":"here"}""")]
    public async Task ATextWhereAnAddressBelongsIsRefused(string kind, string body)
    {
        if (kind == "subnets") body = body[..^1] + ",\"ActiveLeaseTime\":600}";
        Assert.Contains((await silo.CallAsync("POST", kind, body)).Status,
            new[] { HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity });
    }
}

/// <summary>On one silo with SQLite.</summary>
public sealed class SingleListRuleTests(SingleSilo silo) : ListRuleTests(silo), IClassFixture<SingleSilo>;

/// <summary>On three silos with PostgreSQL.</summary>
public sealed class ClusterListRuleTests(SiloCluster silo) : ListRuleTests(silo), IClassFixture<SiloCluster>;
