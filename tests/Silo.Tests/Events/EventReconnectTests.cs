using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Events;

/// <summary>Three gateways on PostgreSQL.</summary>
public sealed class ThreeGateways(PostgresFixture postgres) : SiloFixture
{
    /// <summary>A client of each gateway.</summary>
    public IReadOnlyList<HttpClient> Clients { get; private set; } = [];

    protected override async Task StartAsync()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        List<int> ports = [ApiPort, FreePort(), FreePort()];
        foreach (var port in ports)
            await AddAsync($"--Silo:Postgres={database}", "--Silo:ClusterAddress=127.0.0.1", $"--Edge:ApiPort={port}",
                $"--Edge:FilePort={FreePort()}", "--Edge:TftpPort=0");
        Clients = [.. ports.Select(port => new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v3/"),
            DefaultRequestHeaders =
            {
                Authorization = new AuthenticationHeaderValue("Basic",
                    Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{Password}"))),
            },
        })];
    }
}

/// <summary>
/// Who follows the events and loses its silo goes on at another one: while many write at once, by all silos, it is told each event once,
/// and all in the order of the log.
/// </summary>
public sealed class EventReconnectTests(ThreeGateways silos) : IClassFixture<ThreeGateways>
{
    private const int Writers = 9;
    private const int Rounds = 20;

    /// <summary>Each round makes, changes and deletes a profile, and posts an event.</summary>
    private const int Events = Writers * Rounds * 4;

    [Fact]
    public async Task NothingIsLostOrDoubledAcrossSilos()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var first = await EventReader.OpenAsync(silos.Clients[0], "?Key=Re(^follow-)");
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(w), cancellation)));
        var heard = new List<(string Seq, string What)>();
        heard.Add(Told(await first.HearAsync()));
        var (seen, at) = (first.LastSeen, 0);
        var begin = seen;
        while (heard.Count < Events)
        {
            at++;
            // Some by the header, as browsers do, some by the word, as others do.
            using var reader = at % 2 == 0 ? await EventReader.OpenAsync(silos.Clients[at % 3], "?Key=Re(^follow-)", seen)
                : await EventReader.OpenAsync(silos.Clients[at % 3], $"?Key=Re(^follow-)&after={seen}");
            for (var i = 0; i < 3 + (at * 7 % 23) && heard.Count < Events; i++)
            {
                heard.Add(Told(await reader.HearAsync()));
                seen = reader.LastSeen;
            }
        }

        await writing;
        Assert.Equal(Events, heard.Select(h => h.Seq).Distinct(StringComparer.Ordinal).Count());
        foreach (var writer in Enumerable.Range(0, Writers))
        {
            var mine = heard.Where(h => h.What.Contains($" follow-{writer}-", StringComparison.Ordinal)).Select(h => h.What);
            Assert.Equal(Enumerable.Range(0, Rounds).SelectMany(round => Written(writer, round)), mine);
        }

        Assert.True(at > 30, $"there were {at} connections");
        foreach (var client in silos.Clients)
        {
            var log = await silos.OkAsync("GET", $"events?Key=Re(^follow-)&after={begin}&limit=10000", client: client);
            Assert.Equal(heard.Skip(1), log.AsArray().Select(e => Told(e!)));
        }
    }

    private static (string Seq, string What) Told(JsonNode happened)
        => (happened["Seq"]!.ToString(), $"{happened["Type"]} {happened["Action"]} {happened["Key"]}");

    private static IEnumerable<string> Written(int writer, int round)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"follow-{writer}-{round}");
        return [$"profiles create {key}", $"profiles update {key}", $"mine did {key}", $"profiles delete {key}"];
    }

    private async Task WriteAsync(int writer)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var http = silos.Clients[(writer + round) % 3];
            var key = string.Create(CultureInfo.InvariantCulture, $"follow-{writer}-{round}");
            await silos.OkAsync("POST", "profiles", $$"""{"Name":"{{key}}"}""", http);
            await silos.OkAsync("PATCH", $"profiles/{key}", """[{"op":"replace","path":"/Description","value":"d"}]""", http);
            Assert.Equal(HttpStatusCode.NoContent,
                (await silos.CallAsync("POST", "events", $$"""{"Type":"mine","Action":"did","Key":"{{key}}"}""", http)).Status);
            await silos.OkAsync("DELETE", $"profiles/{key}", client: http);
        }
    }
}
