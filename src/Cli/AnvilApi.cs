using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Anvil.Cli;

/// <summary>The Machines API of a server.</summary>
public sealed class AnvilApi : IDisposable
{
    private readonly HttpClient _http;
    private readonly AuthenticationHeaderValue _who;
    private readonly ServerTrust _trust;

    /// <summary>A client for a server's URL, with a token or user:password.</summary>
    /// <param name="server">Where.</param>
    /// <param name="token">A token; null: a user with a password.</param>
    /// <param name="key">User and password with a colon between them.</param>
    /// <param name="trust">By what the server is known.</param>
    public AnvilApi(Uri server, string? token, string? key, ServerTrust trust)
    {
        _trust = trust;
        _who = token is not null ? new AuthenticationHeaderValue("Bearer", token)
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key ?? "")));
        _http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = trust.Check } })
        {
            BaseAddress = new Uri(server, "/api/v3/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Authorization = _who;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Reads an object or a list.</summary>
    /// <exception cref="CliException">The server cannot be reached, or refuses.</exception>
    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))!;
    }

    /// <summary>Does what a path names, without a body; the object afterwards.</summary>
    /// <exception cref="CliException">The server cannot be reached, or refuses.</exception>
    public async Task<JsonNode> PostAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path), cancellation);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))!;
    }

    /// <summary>Every row of a list, page by page.</summary>
    public async IAsyncEnumerable<JsonObject> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        const int Page = 500;
        for (var offset = 0; ; offset += Page)
        {
            var rows = (JsonArray)await GetAsync(
                $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Page}&offset={offset}", cancellation);
            foreach (var row in rows) yield return (JsonObject)row!;
            if (rows.Count < Page) yield break;
        }
    }

    /// <summary>An object as it is, then each time that it changes.</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? revision = null;
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (revision is not null)
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", revision);
                request.Headers.TryAddWithoutValidation("Prefer", "wait=30");
            }

            using var response = await SendAsync(request, cancellation);
            if (response.StatusCode == HttpStatusCode.NotModified) continue;
            revision = response.Headers.ETag?.Tag ?? throw new CliException($"the server gives {path} no revision to watch by");
            yield return (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))!;
        }
    }

    /// <summary>The events of a pattern such as machines.*.* as they happen.</summary>
    public async IAsyncEnumerable<JsonObject> EventsAsync(string pattern, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", _who.ToString());
        socket.Options.RemoteCertificateValidationCallback = _trust.Check;
        var url = new UriBuilder(new Uri(_http.BaseAddress!, "ws")) { Scheme = _http.BaseAddress!.Scheme == "https" ? "wss" : "ws" };
        try
        {
            await socket.ConnectAsync(url.Uri, cancellation);
        }
        catch (WebSocketException e)
        {
            throw new CliException($"the events of {_http.BaseAddress} cannot be heard: {Why(e)}", e);
        }

        await socket.SendAsync(Encoding.UTF8.GetBytes("register " + pattern), WebSocketMessageType.Text, endOfMessage: true, cancellation);
        var buffer = new byte[1 << 16];
        var text = new MemoryStream();
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            if (received.MessageType == WebSocketMessageType.Close) throw new CliException("the server has ended the stream of events");
            text.Write(buffer, 0, received.Count);
            if (!received.EndOfMessage) continue;
            var heard = JsonNode.Parse(text.GetBuffer().AsSpan(0, (int)text.Length)) as JsonObject;
            text.SetLength(0);
            if (heard is not null && heard["Type"]?.ToString() != "websocket") yield return heard;
        }
    }

    /// <summary>Sends a file; the lines of the answer as they come.</summary>
    public async IAsyncEnumerable<JsonObject> UploadAsync(string path, string file,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var content = Open(file);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(content) };
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await SendAsync(request, cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line) yield return (JsonObject)JsonNode.Parse(line)!;
    }

    /// <summary>Writes what is at a path to a stream.</summary>
    public async Task DownloadAsync(string path, Stream to, CancellationToken cancellation)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation);
        await response.Content.CopyToAsync(to, cancellation);
    }

    private static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(e.Message, e);
        }
    }

    private string Why(Exception e) => _trust.Refusal.Length > 0 ? _trust.Refusal : e.Message;

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new CliException($"{_http.BaseAddress} cannot be reached: {Why(e)}", e);
        }

        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified) return response;
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellation);
            throw new CliException(Message(response, text));
        }
    }

    private static string Message(HttpResponseMessage response, string text)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized) return "the server does not know this user, password or token";
        try
        {
            if (JsonNode.Parse(text)?["Messages"] is JsonArray messages && messages.Count > 0)
                return string.Join("; ", messages.Select(m => m?.ToString()));
        }
        catch (JsonException)
        {
            // Not the API's own answer: a proxy's.
        }

        return $"{(int)response.StatusCode} {response.ReasonPhrase}";
    }
}
