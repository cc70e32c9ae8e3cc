using System.Net;
using System.Net.Http.Headers;

namespace Anvil.Agent.Disks;

/// <summary>
/// Reads a file over HTTP to its end: when the server goes away it waits for it and goes on where it was (RFC 9110 section 14), unless the
/// file has changed.
/// </summary>
internal sealed class ResumingDownload : ReadOnceStream
{
    private const int MostTries = 300;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http;
    private readonly string _url;
    private readonly EntityTagHeaderValue? _tag;
    private HttpResponseMessage _response;
    private Stream _body;
    private long _at;

    private ResumingDownload(HttpClient http, string url, HttpResponseMessage response, Stream body)
    {
        (_http, _url, _response, _body) = (http, url, response, body);
        _tag = response.Headers.ETag;
        Size = response.Content.Headers.ContentLength;
    }

    /// <summary>Length of the file in octets; null when the server does not say.</summary>
    public long? Size { get; }

    /// <summary>Octets read so far.</summary>
    public long Taken => _at;

    /// <summary>Begins a download.</summary>
    /// <exception cref="AgentException">The server has no such file.</exception>
    public static async Task<ResumingDownload> OpenAsync(HttpClient http, string url)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
                if (!response.IsSuccessStatusCode) throw new AgentException($"{url}: HTTP {(int)response.StatusCode}");
                return new ResumingDownload(http, url, response, await response.Content.ReadAsStreamAsync());
            }
            catch (HttpRequestException e) when (tries < MostTries)
            {
                Console.WriteLine($"waits for {url} ({e.GetBaseException().Message})");
                await Task.Delay(Pause);
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var read = await _body.ReadAsync(buffer, cancellationToken);
                if (read == 0 && Size is { } size && _at < size) throw new IOException("the server closed the connection");
                _at += read;
                return read;
            }
            catch (Exception e) when (e is IOException or HttpRequestException && tries < MostTries)
            {
                Console.WriteLine($"the download broke off at {_at >> 20} MiB ({e.GetBaseException().Message}); goes on");
                await Task.Delay(Pause, cancellationToken);
                await ReopenAsync(cancellationToken);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task ReopenAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.Range = new RangeHeaderValue(_at, null);
        if (_tag is not null) request.Headers.IfRange = new RangeConditionHeaderValue(_tag);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException)
        {
            // Still away: the next read fails at once and comes here again.
            return;
        }

        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            response.Dispose();
            throw new AgentException($"{_url} cannot be resumed at {_at}: HTTP {(int)response.StatusCode} (has the file changed?)");
        }

        _body.Dispose();
        _response.Dispose();
        _response = response;
        _body = await response.Content.ReadAsStreamAsync(cancellation);
    }
}
