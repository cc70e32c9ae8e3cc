using System.Net;
using System.Net.Http.Headers;

namespace Anvil.Agent.Disks;

/// <summary>
/// Reads a file over HTTP to its end: when the server goes away it waits for it and goes on where it was (RFC 9110 section 14), unless the
/// file has changed. Of a server that names no version of the file (a strong ETag, or Last-Modified) nothing is put together: whether it
/// is still the same file, nobody could tell.
/// </summary>
internal sealed class ResumingDownload : ReadOnceStream
{
    private const int MostTries = 300;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly HttpClient _http;
    private readonly string _url;
    private readonly TimeSpan _pause;
    private readonly RangeConditionHeaderValue? _version;
    private HttpResponseMessage _response;
    private Stream _body;
    private long _at;

    private ResumingDownload(HttpClient http, string url, TimeSpan pause, HttpResponseMessage response, Stream body)
    {
        (_http, _url, _pause, _response, _body) = (http, url, pause, response, body);
        _version = VersionOf(response);
        Size = response.Content.Headers.ContentLength;
    }

    /// <summary>Length of the file in octets; null when the server does not say.</summary>
    public long? Size { get; }

    /// <summary>Octets read so far.</summary>
    public long Taken => _at;

    /// <summary>Begins a download.</summary>
    /// <param name="http">The client.</param>
    /// <param name="url">Where the file is.</param>
    /// <param name="pause">Time between two tries; null: two seconds.</param>
    /// <exception cref="AgentException">The server has no such file.</exception>
    public static async Task<ResumingDownload> OpenAsync(HttpClient http, string url, TimeSpan? pause = null)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
                if (!response.IsSuccessStatusCode) throw new AgentException($"{url}: HTTP {(int)response.StatusCode}");
                return new ResumingDownload(http, url, pause ?? Pause, response, await response.Content.ReadAsStreamAsync());
            }
            catch (HttpRequestException e) when (tries < MostTries)
            {
                Console.WriteLine($"waits for {url} ({e.GetBaseException().Message})");
                await Task.Delay(pause ?? Pause);
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
                await Task.Delay(_pause, cancellationToken);
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

    /// <summary>What tells one version of the file from another (RFC 9110 section 13.1.5: a weak tag does not).</summary>
    private static RangeConditionHeaderValue? VersionOf(HttpResponseMessage response)
        => response.Headers.ETag is { IsWeak: false } tag ? new(tag)
            : response.Content.Headers.LastModified is { } modified ? new(modified) : null;

    private async Task ReopenAsync(CancellationToken cancellation)
    {
        if (_version is null)
            throw new AgentException($"{_url} broke off at {_at} and cannot be resumed: the server names no version of the file (ETag or "
                + "Last-Modified), so the rest may be another's");
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.Range = new RangeHeaderValue(_at, null);
        request.Headers.IfRange = _version;
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

        if (Other(response) is { } why)
        {
            response.Dispose();
            throw new AgentException($"{_url} cannot be resumed at {_at}: {why}");
        }

        _body.Dispose();
        _response.Dispose();
        _response = response;
        _body = await response.Content.ReadAsStreamAsync(cancellation);
    }

    /// <summary>Why an answer is not the rest of the file (RFC 9110 section 14.4); null when it is.</summary>
    private string? Other(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentRange is not { Unit: "bytes", From: { } from } range)
            return "the server does not say which part it sends";
        if (from != _at) return $"the server sends what begins at {from}";
        if (Size is { } size && range.Length != size)
            return $"the file has {(range.Length is { } length ? $"{length} octets" : "an unknown length")} now, not {size}";
        return _version?.EntityTag is { } tag
            ? response.Headers.ETag is { } now && !now.Equals(tag) ? $"the file has changed: it is {now} now, not {tag}" : null
            : response.Content.Headers.LastModified is { } modified && modified != _version?.Date ? $"the file has changed at {modified:u}"
            : null;
    }
}
