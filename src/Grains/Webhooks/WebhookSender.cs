using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Anvil.Contracts.Webhooks;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Network;
using Microsoft.Extensions.Options;

namespace Anvil.Grains.Webhooks;

/// <summary>
/// Posts deliveries of one webhook. It goes to the address that it was given and nowhere else: it follows no redirect, uses no proxy, and
/// connects to no address that is not allowed, whatever name leads there. Of an answer it tells the status alone: what else the receiver
/// says is shown to nobody, or webhooks would be a way to read what others may not.
/// </summary>
public sealed class WebhookSender(IOptions<WebhookOptions> options, TimeProvider time) : IDisposable
{
    /// <summary>Octets of an answer that are read, so that the connection can be used again.</summary>
    private const int MostRead = 64 << 10;

    /// <summary>KiB of an answer's headers.</summary>
    private const int MostHeaders = 16;

    /// <summary>Addresses of one name that are tried.</summary>
    private const int MostAddresses = 4;

    private readonly ReachableNetworks _networks = ReachableNetworks.Of(options.Value.Networks);
    private HttpClient? _http;
    private string _fingerprint = "";

    /// <summary>Posts a delivery.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="secret">What it is signed with.</param>
    /// <param name="id">The delivery.</param>
    /// <param name="events">The events, each as JSON; none for a test.</param>
    /// <param name="cancellation">Ends it: whether it was taken is not known then.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task<WebhookAnswer> PostAsync(Webhook webhook, string secret, string id, IReadOnlyList<ReadOnlyMemory<byte>> events,
        CancellationToken cancellation)
    {
        var body = WebhookBody.Of(webhook.Name, id, events);
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Anvil-Webhook/1");
        // Names have letters that headers do not (RFC 9110 section 5.5).
        request.Headers.Add("X-Anvil-Webhook", Uri.EscapeDataString(webhook.Name));
        request.Headers.Add("X-Anvil-Delivery", id);
        request.Headers.Add("X-Anvil-Timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("X-Anvil-Signature", WebhookBody.Signature(secret, now.ToUnixTimeSeconds(), body));
        var patience = TimeSpan.FromSeconds(options.Value.TimeoutSeconds);
        using var slow = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, cancellation);
        var began = time.GetTimestamp();
        WebhookAnswer Answer(int status, string error) => new(status, error, (long)time.GetElapsedTime(began).TotalMilliseconds);
        try
        {
            using var response = await Client(webhook).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var status = (int)response.StatusCode;
            return Answer(status, response.IsSuccessStatusCode ? "" : status is >= 300 and < 400
                ? $"answered {status}: redirects are not followed" : $"answered {status}") with
            {
                RetryAfter = response.Headers.RetryAfter is { } after
                    ? after.Delta ?? (after.Date is { } date ? date - now : null) : null,
            };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Answer(0, string.Create(CultureInfo.InvariantCulture, $"no answer within {patience.TotalSeconds:0.###} s"));
        }
        catch (HttpRequestException e)
        {
            return Answer(0, Words(e));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http?.Dispose();

    private static string Words(HttpRequestException exception)
        => exception.InnerException is RefusedAddressException refused ? refused.Message : exception.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its host has no address",
            HttpRequestError.SecureConnectionError => "no TLS connection: the receiver's certificate is not trusted, or it speaks no TLS",
            HttpRequestError.ConnectionError => "no connection",
            HttpRequestError.ResponseEnded => "the connection ended before an answer",
            _ when exception.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }
                => "its host has no address",
            _ when exception.InnerException is IOException => "the connection ended before an answer",
            _ when exception.InnerException is SocketException => "no connection",
            _ => "the answer is none that HTTP has",
        };

    private HttpClient Client(Webhook webhook)
    {
        if (_http is { } known && _fingerprint == webhook.Fingerprint) return known;
        _http?.Dispose();
        _fingerprint = webhook.Fingerprint;
        return _http = new HttpClient(Handler(_fingerprint)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private SocketsHttpHandler Handler(string fingerprint)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            // Traces of ours are no business of the receiver's.
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MostHeaders,
            MaxResponseDrainSize = MostRead,
            ResponseDrainTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            // Whoever moves the name moves what comes later.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = ConnectAsync,
        };
        if (fingerprint.Length > 0)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, fingerprint);
        return handler;
    }

    private static bool IsPinned(X509Certificate? certificate, string fingerprint)
        => certificate is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(certificate.GetRawCertData()),
            Convert.FromHexString(fingerprint));

    /// <summary>Connects to an address that is allowed: that is asked of what the name leads to, when it is connected.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var host = context.DnsEndPoint.Host;
        var found = IPAddress.TryParse(host.Trim('[', ']'), out var written) ? [written]
            : await Dns.GetHostAddressesAsync(host, cancellation);
        var allowed = found.Where(_networks.Allows).Take(MostAddresses).ToList();
        if (allowed.Count == 0)
            throw new RefusedAddressException($"{host} is at no address that deliveries may be sent to (Webhooks:Networks)");
        for (var i = 0; ; i++)
        {
            var socket = new Socket(allowed[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(allowed[i], context.DnsEndPoint.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i < allowed.Count - 1)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private sealed class RefusedAddressException(string message) : Exception(message);
}
