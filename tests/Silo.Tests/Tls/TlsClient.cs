using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Anvil.Silo.Tests.Tls;

/// <summary>A connection to a port that speaks HTTPS, from an address of this host's.</summary>
internal sealed class TlsClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Socket _socket;
    private readonly SslStream _stream;

    private TlsClient(Socket socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>What was agreed upon.</summary>
    public SslProtocols Version => _stream.SslProtocol;

    /// <summary>SHA-256 of the server's certificate.</summary>
    public string Fingerprint => _stream.RemoteCertificate!.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>SHA-256 of its public key, as curl writes it.</summary>
    public string Pin => "sha256//" + Convert.ToBase64String(
        SHA256.HashData(((X509Certificate2)_stream.RemoteCertificate!).PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Connects, and shakes hands with whoever answers.</summary>
    public static async Task<TlsClient> ConnectAsync(int port, SslProtocols versions = SslProtocols.None, string from = "127.0.0.1")
    {
        using var patience = new CancellationTokenSource(Patience);
        var socket = await OpenAsync(port, from);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    EnabledSslProtocols = versions,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                }, patience.Token);
            return new TlsClient(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a connection and sends nothing.</summary>
    public static async Task<Socket> OpenAsync(int port, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Ended as soon as it was taken.
        }

        return socket;
    }

    /// <summary>What a plain request is answered; "" when the connection ends without a word.</summary>
    public static async Task<string> PlainAsync(int port, string request, string from)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var socket = await OpenAsync(port, from);
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), patience.Token);
            while (await socket.ReceiveAsync(buffer, patience.Token) is var length and > 0)
            {
                answer.Append(Encoding.ASCII.GetString(buffer, 0, length));
                if (answer.ToString().StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) break;
            }
        }
        catch (SocketException)
        {
            // Ended: what came counts.
        }

        return answer.ToString();
    }

    /// <summary>A client of the API that takes whoever answers.</summary>
    public static HttpClient Http(int port)
    {
        var http = new HttpClient(
            new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } })
        { BaseAddress = new Uri($"https://127.0.0.1:{port}/api/v3/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"rocketskates:{SiloFixture.Password}")));
        return http;
    }

    /// <summary>Asks whether the silo lives, on this connection; the head of the answer.</summary>
    public async Task<string> HealthAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _stream.WriteAsync("HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), patience.Token);
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var length = await _stream.ReadAsync(buffer, patience.Token);
            if (length == 0) break;
            answer.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }

        return answer.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
