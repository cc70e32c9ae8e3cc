using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Anvil.Agent.Tests;

/// <summary>The agent knows the API by the key that the boot server tells, and gives its token to nobody else.</summary>
public sealed class ApiClientTests : IAsyncDisposable
{
    private const string Other = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;
    private int _asked;

    public ApiClientTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _certificate = new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _listener.Start();
        _serving = ServeAsync();
    }

    private string Pin => "sha256//" + Convert.ToBase64String(SHA256.HashData(_certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    [Fact]
    public async Task WhoHasTheKeyIsTheApi()
    {
        using var api = new ApiClient(Config(Pin), null, _ => { });
        Assert.True((await api.CallAsync(HttpMethod.Get, "info")).IsOk);
        using var either = new ApiClient(Config($"{Other};{Pin}"), null, _ => { });
        Assert.True((await either.CallAsync(HttpMethod.Get, "info")).IsOk);
    }

    /// <summary>A certificate was replaced: the boot server is asked again.</summary>
    [Fact]
    public async Task WhoHasAnotherKeyIsAskedForNothingUntilTheBootServerTellsIt()
    {
        var said = new List<string>();
        using var api = new ApiClient(Config(Other), () =>
        {
            Assert.Equal(0, _asked);
            return Task.FromResult(Config(Pin));
        }, said.Add);
        Assert.True((await api.CallAsync(HttpMethod.Get, "info")).IsOk);
        Assert.Contains(said, s => s.Contains("another certificate", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Other)]
    [InlineData("")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public async Task WhoeverElseAnswersIsGivenNoToken(string pin)
    {
        using var api = new ApiClient(Config(pin), null, _ => { });
        await Assert.ThrowsAsync<AgentException>(() => api.CallAsync(HttpMethod.Get, "info"));
        Assert.Equal(0, _asked);
    }

    [Fact]
    public void TheConfigurationHasThePinWhereThereIsOne()
    {
        Assert.Equal("sha256//x", AgentConfig.Parse("""{"Api":"https://a","ApiPin":"sha256//x","Machine":"","Token":"t"}""").ApiPin);
        Assert.Equal("", AgentConfig.Parse("""{"Api":"http://a","Machine":"","Token":"t"}""").ApiPin);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _certificate.Dispose();
        _end.Dispose();
    }

    private AgentConfig Config(string pin) => new($"https://{_listener.LocalEndpoint}", "", "token", "") { ApiPin = pin };

    private async Task ServeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await using var stream = new SslStream(client.GetStream());
                var options = new SslServerAuthenticationOptions { ServerCertificate = _certificate };
                await stream.AuthenticateAsServerAsync(options, _end.Token);
                if (await stream.ReadAsync(new byte[4096], _end.Token) == 0) continue;
                Interlocked.Increment(ref _asked);
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _end.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException
                or OperationCanceledException or ObjectDisposedException)
            {
                // The client did not want it, or the test ends.
            }
        }
    }
}
