using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Anvil.Edge;
using Anvil.Silo.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Anvil.Silo.Tests.Tls;

/// <summary>What the settings of TLS may be, and what they come to.</summary>
public sealed class TlsSettingsTests
{
    [Theory]
    [InlineData("loopback", "127.0.0.1", true)]
    [InlineData("loopback", "127.3.2.1", true)]
    [InlineData("loopback", "::1", true)]
    [InlineData("Loopback", "::ffff:127.0.0.1", true)]
    [InlineData("loopback", "10.0.0.1", false)]
    [InlineData("loopback", "", false)]
    [InlineData("", "127.0.0.1", false)]
    [InlineData("10.1.0.0/16", "10.1.255.1", true)]
    [InlineData("10.1.0.0/16", "::ffff:10.1.2.3", true)]
    [InlineData("10.1.0.0/16", "10.2.0.1", false)]
    [InlineData("10.1.0.0/16", "127.0.0.1", false)]
    [InlineData("fd00::/8", "fd12::1", true)]
    public void PlainHttpIsTakenFromWhatIsNamed(string word, string address, bool isTaken)
        => Assert.Equal(isTaken, PlainNetworks.Of(word.Length > 0 ? [word] : [])
            .Has(address.Length > 0 ? IPAddress.Parse(address) : null));

    [Theory]
    [InlineData("local")]
    [InlineData("10.0.0.1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("")]
    public void WhatIsNoNetworkIsRefused(string word)
        => Assert.Contains("Silo:PlainApi is loopback, or a network", Assert.Throws<InvalidOperationException>(
            () => PlainNetworks.Of([word])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ftp", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "Edge:ApiScheme is https or http")]
    [InlineData("https", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "Edge:ApiPins are")]
    [InlineData("https", "sha256//47DE", "Edge:ApiPins are")]
    [InlineData("https", "sha256//'; reboot; '", "Edge:ApiPins are")]
    public void WhatMachinesAreToldIsChecked(string scheme, string pin, string problem)
        => Assert.StartsWith(problem, Assert.Throws<InvalidOperationException>(
            () => ApiReach.Check(new EdgeOptions { ApiScheme = scheme, ApiPins = [pin] })).Message, StringComparison.Ordinal);

    [Fact]
    public void MachinesAreToldTheKeyThatIsServedOrThoseThatAreNamed()
    {
        var (certificate, key) = TestCertificate.Make("told", DateTimeOffset.UtcNow.AddDays(-1), 90);
        var served = ServerCertificate.Parse(certificate, key);
        using var certificates = new ServerCertificates(new GivenCertificate("", ""), served, TimeProvider.System,
            NullLogger<ServerCertificates>.Instance);
        (string Scheme, string Pin, string Url) Told(EdgeOptions edge)
        {
            var reach = new ApiReach(edge, certificates);
            var server = new BootServers(Microsoft.Extensions.Options.Options.Create(edge), reach).At(IPAddress.Parse("::ffff:10.0.0.1"));
            return (reach.Scheme, server.ApiPin, server.ApiUrl);
        }

        const string Other = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        Assert.Equal(("https", served.Pin, "https://10.0.0.1:8092"), Told(new EdgeOptions()));
        Assert.Equal(("https", $"{Other};{served.Pin}", "https://api.example:443"),
            Told(new EdgeOptions { ApiPins = [Other, served.Pin], ApiAddress = "api.example", ApiPort = 443 }));
        Assert.Equal(("http", "", "http://10.0.0.1:8092"), Told(new EdgeOptions { ApiScheme = "http", ApiPins = [Other] }));
    }

    [Fact]
    public void ACertificateAndItsKeyGoTogether()
        => Assert.Throws<InvalidOperationException>(() => TlsServices.Check(new SiloOptions { Certificate = "/x" }, new EdgeOptions()));

    /// <summary>A silo does not start without the certificate that it was given: others would be served another one.</summary>
    [Fact]
    public async Task ASiloWithoutItsCertificateDoesNotStart()
    {
        var folder = Directory.CreateTempSubdirectory("anvil-tls-");
        try
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SiloHost.BuildAsync(
            [
                $"--Silo:DataFolder={folder.FullName}", $"--Silo:Certificate={folder.FullName}/no.crt",
                $"--Silo:CertificateKey={folder.FullName}/no.key",
            ]));
            Assert.Contains("Silo:Certificate", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>From another address of this host plain HTTP is not taken where loopback may speak it.</summary>
    [Fact]
    public async Task LoopbackIsLoopbackAlone()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(own is null, "this host has no address beside loopback");
        var folder = Directory.CreateTempSubdirectory("anvil-tls-");
        using var ports = new Ports();
        var port = ports.Take();
        try
        {
            await using var silo = await SiloHost.BuildAsync(
            [
                $"--Silo:DataFolder={folder.FullName}", $"--Silo:SiloPort={ports.Take()}", $"--Silo:AdminPassword={SiloFixture.Password}",
                $"--Edge:ApiPort={port}", $"--Edge:FilePort={ports.Take()}", "--Edge:TftpPort=0", "--Silo:PlainApi:0=loopback",
            ]);
            await silo.StartAsync();
            using var http = new HttpClient();
            Assert.Equal("alive\n", await http.GetStringAsync($"http://127.0.0.1:{port}/healthz"));
            using var refused = await http.GetAsync($"http://{own}:{port}/healthz");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            // One that says nothing does not hold up the end.
            using var silent = await TlsClient.OpenAsync(port, "127.0.0.1");
            await silo.StopAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
