using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Anvil.Swarm;

/// <summary>HTTP from a machine's own address; requests that fail are sent again, as iPXE's script and Sledgehammer's agent do.</summary>
public sealed class MachineHttp : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly SwarmState _swarm;
    private readonly HttpClient _http;

    /// <summary>A client with a source address.</summary>
    public MachineHttp(SwarmState swarm, IPAddress own)
    {
        _swarm = swarm;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(own, 0));
                    await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        { Timeout = TimeSpan.FromSeconds(40) };
    }

    /// <summary>Bearer token of API calls.</summary>
    public string Token { get; set; } = "";

    /// <summary>Reads a file to its end; its text, or "" for a missing one. Null after a minute without an answer.</summary>
    public async Task<byte[]?> FileAsync(string url, string step, CancellationToken cancellation)
    {
        var began = _swarm.Now;
        while (_swarm.Now - began < TimeSpan.FromSeconds(60))
        {
            try
            {
                using var response = await _http.GetAsync(url, cancellation);
                if (response.StatusCode == HttpStatusCode.NotFound) return [];
                if (response.IsSuccessStatusCode)
                {
                    var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
                    _swarm.Waited(step, _swarm.Now - began);
                    return bytes;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // The server is away.
            }

            await Task.Delay(Pause, cancellation);
        }

        _swarm.GaveUp.Add($"{url}: no answer in a minute, at {_swarm.Now.TotalSeconds:F0} s");
        return null;
    }

    /// <summary>Calls the API until it answers with anything but 5xx.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(HttpMethod method, string url, JsonNode? body, CancellationToken cancellation)
    {
        var began = _swarm.Now;
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(method, url);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
                if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
                using var response = await _http.SendAsync(request, cancellation);
                var text = await response.Content.ReadAsStringAsync(cancellation);
                if ((int)response.StatusCode < 500)
                {
                    _swarm.Answered(true);
                    _swarm.Waited("API", _swarm.Now - began);
                    return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // The server is away.
            }

            _swarm.Answered(false);
            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>Sends a job's log until it is taken.</summary>
    public async Task LogAsync(string url, string text, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new StringContent(text) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
                using var response = await _http.SendAsync(request, cancellation);
                if ((int)response.StatusCode < 500)
                {
                    _swarm.Answered(true);
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // The server is away.
            }

            _swarm.Answered(false);
            await Task.Delay(Pause, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
