using System.CommandLine;
using System.Net;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Anvil.Cli;
using Anvil.Silo.Tls;
using Microsoft.Extensions.DependencyInjection;

namespace Anvil.Silo.Tests.Tls;

/// <summary>The API by HTTPS, as a silo serves it by itself.</summary>
public abstract class HttpsTests(SiloFixture silos)
{
    private const string Get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

    private string Pin => Served(silos.Silos[0]).Current.Pin;

    [Fact]
    public async Task EverySiloSpeaksTls12And13AndIsKnownByOneKey()
    {
        foreach (var silo in silos.Silos)
        {
            foreach (var version in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
            {
                using var client = await TlsClient.ConnectAsync(PortOf(silo), version);
                Assert.Equal((version, Served(silo).Current.Fingerprint, Pin), (client.Version, client.Fingerprint, client.Pin));
                Assert.StartsWith("HTTP/1.1 200", await client.HealthAsync(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public void NoOlderVersionIsSpoken(string version, bool isSpoken)
    {
        var (_, said, error) = Commands.Try("sh", "-c",
            $"openssl s_client -connect 127.0.0.1:{silos.ApiPort} {version} -cipher DEFAULT:@SECLEVEL=0 </dev/null 2>&1");
        Assert.True(isSpoken == said.Contains("Cipher is TLS_", StringComparison.Ordinal)
            || isSpoken == said.Contains("Cipher is ECDHE-ECDSA-", StringComparison.Ordinal), said + error);
        Assert.Equal(isSpoken, said.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal));
    }

    /// <summary>A whole call, and what a client hears.</summary>
    [Fact]
    public async Task TheApiAndItsEventsAreServed()
    {
        using var http = TlsClient.Http(silos.ApiPort);
        var info = JsonNode.Parse(await http.GetStringAsync("info"))!;
        Assert.Equal(silos.ApiPort, info["api_port"]!.GetValue<int>());
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        socket.Options.SetRequestHeader("Authorization", http.DefaultRequestHeaders.Authorization!.ToString());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{silos.ApiPort}/api/v3/ws"), patience.Token);
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Theory]
    [InlineData(Get)]
    [InlineData("GET /api/v3/info HTTP/1.0\n\n")]
    [InlineData("POST /api/v3/profiles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
        + "{\"Name\":\"tls-p\"}")]
    [InlineData("POST /api/v3/profiles HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n")]
    [InlineData("SSH-2.0-x\r\n")]
    public async Task PlainHttpIsToldThatThePortSpeaksHttps(string request)
    {
        var answer = await TlsClient.PlainAsync(silos.ApiPort, request, "127.0.0.1");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("speaks HTTPS", answer, StringComparison.Ordinal);
        using var http = TlsClient.Http(silos.ApiPort);
        using var made = await http.GetAsync("profiles/tls-p");
        Assert.Equal(HttpStatusCode.NotFound, made.StatusCode);
    }

    [Fact]
    public async Task PlainHttpIsServedWhereItWasAskedForAndThereAlone()
    {
        Assert.StartsWith("HTTP/1.1 200", await TlsClient.PlainAsync(silos.ApiPort, Get, "127.0.9.1"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await TlsClient.PlainAsync(silos.ApiPort, Get, "127.0.8.1"), StringComparison.Ordinal);
        // Who may be plain may be otherwise.
        using var client = await TlsClient.ConnectAsync(silos.ApiPort, from: "127.0.9.1");
        Assert.StartsWith("HTTP/1.1 200", await client.HealthAsync(), StringComparison.Ordinal);
    }

    /// <summary>What the agent and installed systems are told, and that curl and wget know the API by it.</summary>
    [Fact]
    public async Task MachinesAreToldByWhatTheyKnowTheApi()
    {
        using var files = new HttpClient();
        var config = JsonNode.Parse(await files.GetStringAsync($"http://127.0.0.1:{silos.FilePort}/sledgehammer/agent.json"))!;
        var edge = PortOf(silos.Silos[^1]);
        Assert.Equal(($"https://127.0.0.1:{edge}", Pin), (config["Api"]!.ToString(), config["ApiPin"]!.ToString()));
        var (url, other) = ($"{config["Api"]}/healthz", "sha256//" + Convert.ToBase64String(SHA256.HashData([1])));
        Assert.Equal("alive\n", Commands.Run("curl", "-fsS", "-k", "--pinnedpubkey", Pin, url));
        Assert.Equal(90, Commands.Try("curl", "-fsS", "-k", "--pinnedpubkey", other, url).Code);
        Assert.Equal("alive\n", Commands.Run("wget", "-q", "-O", "-", "--no-check-certificate", $"--pinnedpubkey={Pin}", url));
        Assert.Equal(5, Commands.Try("wget", "-q", "-O", "-", "--no-check-certificate", $"--pinnedpubkey={other}", url).Code);
    }

    [Fact]
    public async Task TheCommandLineKnowsTheServerByPinOrAuthorityOrAsksNobody()
    {
        var file = Served(silos.Silos[0]).Source;
        foreach (var known in new[] { ["--pin", Pin], ["--ca", file], new[] { "--insecure" } })
        {
            var (code, output, error) = await AnvilAsync(known);
            Assert.True(code == 0, $"{string.Join(' ', known)}: {output}{error}");
        }

        var (refused, _, why) = await AnvilAsync();
        Assert.Equal(1, refused);
        Assert.Contains($"give --pin '{Pin}'", why, StringComparison.Ordinal);
        (refused, _, why) = await AnvilAsync("--pin", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        Assert.Equal(1, refused);
        Assert.Contains($"its public key is {Pin}", why, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> AnvilAsync(params string[] known)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await AnvilCommand.Build(TimeProvider.System)
            .Parse(["machines", "list", .. known, "--server", $"127.0.0.1:{silos.ApiPort}", "--key",
                $"rocketskates:{SiloFixture.Password}"])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private static ServerCertificates Served(Microsoft.AspNetCore.Builder.WebApplication silo)
        => silo.Services.GetRequiredService<ServerCertificates>();

    private static int PortOf(Microsoft.AspNetCore.Builder.WebApplication silo)
        => new Uri(silo.Urls.First(u => u.StartsWith("https", StringComparison.Ordinal))).Port;
}

/// <summary>One silo with SQLite.</summary>
public sealed class SingleHttpsTests(HttpsSilo silo) : HttpsTests(silo), IClassFixture<HttpsSilo>;

/// <summary>A cluster with PostgreSQL.</summary>
public sealed class ClusterHttpsTests(HttpsCluster silos) : HttpsTests(silos), IClassFixture<HttpsCluster>;
