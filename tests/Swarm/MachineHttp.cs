using System.Net;
using System.Net.Http.Headers;
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
        var handler = FromAddress.Handler(own);
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5);
        // What is measured is the server: whether it is the right one is asked by the agent's tests.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(40) };
    }

    /// <summary>Bearer token of API calls.</summary>
    public string Token { get; set; } = "";

    /// <summary>Reads a file to its end, once; empty for one that is missing, null when the server is away or has none for now.</summary>
    /// <param name="url">Where.</param>
    /// <param name="keep">False: the content is thrown away, and one octet stands for it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<byte[]?> TryFileAsync(string url, bool keep, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            using var response = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (response.StatusCode == HttpStatusCode.NotFound) return [];
            if (!response.IsSuccessStatusCode) return null;
            if (keep) return await response.Content.ReadAsByteArrayAsync(patience.Token);
            await response.Content.CopyToAsync(Stream.Null, patience.Token);
            return [1];
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>
    /// Reads a small file, again and again until there is an answer, as the agent does with its configuration; null after five times
    /// "missing".
    /// </summary>
    public async Task<byte[]?> FileAsync(string url, CancellationToken cancellation)
    {
        var began = _swarm.Now;
        for (var missing = 0; missing < 5;)
        {
            var file = await TryFileAsync(url, keep: true, cancellation);
            if (file is { Length: > 0 })
            {
                _swarm.Waited("agent.json", _swarm.Now - began);
                return file;
            }

            if (file is not null) missing++;
            await Task.Delay(Pause, cancellation);
        }

        return null;
    }

    /// <summary>Calls the API until it answers with anything but 5xx.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(HttpMethod method, string url, JsonNode? body,
        CancellationToken cancellation)
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
            catch (Exception e) when (e is HttpRequestException or IOException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
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
            catch (Exception e) when (e is HttpRequestException or IOException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
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
