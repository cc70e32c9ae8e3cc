using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Anvil.Contracts.Diagnostics;
using Anvil.Silo.Tls;

namespace Anvil.Silo.Tests.Tls;

/// <summary>A silo's certificate is replaced while it runs.</summary>
public sealed class ReplacedCertificateTests(ReplacedCertificateTests.Given silo) : IClassFixture<ReplacedCertificateTests.Given>
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task WhoIsConnectedStaysAndWhoComesSeesTheNewOne()
    {
        var keys = new List<string> { silo.Give("first") };
        await ServedAsync();
        using var before = await TlsClient.ConnectAsync(silo.ApiPort);
        Assert.StartsWith("HTTP/1.1 200", await before.HealthAsync(), StringComparison.Ordinal);

        keys.Add(silo.Give("second"));
        await ServedAsync();
        Assert.StartsWith("HTTP/1.1 200", await before.HealthAsync(), StringComparison.Ordinal);

        // One that is not whole is told, and the one before goes on being served.
        var (served, whole) = (await FingerprintAsync(), File.ReadAllText(silo.KeyFile));
        File.WriteAllText(silo.KeyFile, whole[..60]);
        await Wait.UntilAsync(async () => await FaultAsync() is not null, Soon, () => "/readyz says nothing of half a key");
        Assert.Equal(served, await FingerprintAsync());
        Assert.Contains("the certificate before is served", (await FaultAsync())!["Reason"]!.ToString(), StringComparison.Ordinal);

        keys.Add(silo.Give("third"));
        await ServedAsync();
        Assert.Null(await FaultAsync());
        Assert.StartsWith("HTTP/1.1 200", await before.HealthAsync(), StringComparison.Ordinal);
        var log = string.Join('\n', silo.Service<ILogLines>().Lines);
        Assert.Contains("goes on being served", log, StringComparison.Ordinal);
        foreach (var line in keys.SelectMany(k => k.Split('\n')).Where(l => l.Length > 40 && !l.StartsWith('-')))
            Assert.DoesNotContain(line, log, StringComparison.Ordinal);
    }

    private async Task ServedAsync()
    {
        using var wanted = X509CertificateLoader.LoadCertificateFromFile(silo.CertificateFile);
        var fingerprint = wanted.GetCertHashString(HashAlgorithmName.SHA256);
        await Wait.UntilAsync(async () => await FingerprintAsync() == fingerprint, Soon, () => $"{fingerprint} is not served");
    }

    private async Task<string> FingerprintAsync()
    {
        using var client = await TlsClient.ConnectAsync(silo.ApiPort);
        return client.Fingerprint;
    }

    private async Task<JsonNode?> FaultAsync()
    {
        using var http = TlsClient.Http(silo.ApiPort);
        var ready = JsonNode.Parse(await http.GetStringAsync("/readyz"))!;
        Assert.True(ready["Ready"]!.GetValue<bool>());
        return ((JsonArray)ready["Checks"]!).FirstOrDefault(c => c!["Name"]!.ToString() == "certificate");
    }

    /// <summary>A silo with a certificate that was given to it.</summary>
    public sealed class Given : SiloFixture
    {
        private readonly DirectoryInfo _given = Directory.CreateTempSubdirectory("anvil-given-");

        /// <summary>The certificate's file.</summary>
        public string CertificateFile => Path.Combine(_given.FullName, "tls.crt");

        /// <summary>The key's file.</summary>
        public string KeyFile => Path.Combine(_given.FullName, "tls.key");

        /// <summary>Puts another pair into its place, one file after the other; the key.</summary>
        public string Give(string name)
        {
            var (certificate, key) = TestCertificate.Make(name, DateTimeOffset.UtcNow.AddDays(-1), 90);
            File.WriteAllText(KeyFile, key);
            File.WriteAllText(CertificateFile, certificate);
            return key;
        }

        protected override Task StartAsync()
        {
            Give("start");
            return AddAsync($"--Edge:ApiPort={ApiPort}", $"--Edge:FilePort={FilePort}", "--Edge:TftpPort=0",
                $"--Silo:Certificate={CertificateFile}", $"--Silo:CertificateKey={KeyFile}");
        }
    }
}
