using System.Net;
using System.Text.Json.Nodes;

namespace Anvil.Silo.Tests.Events;

/// <summary>Reads Server-Sent Events as a browser does: fields of lines, a blank line ends one (WHATWG HTML, section 9.2.6).</summary>
internal sealed class EventReader : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
    private readonly HttpResponseMessage _answer;
    private readonly StreamReader _lines;

    private EventReader(HttpResponseMessage answer, Stream stream) => (_answer, _lines) = (answer, new StreamReader(stream));

    /// <summary>The last id that was sent: it is where the next one goes on.</summary>
    public string LastSeen { get; private set; } = "";

    /// <summary>Comments so far.</summary>
    public int Comments { get; private set; }

    /// <summary>Opens a stream.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient http, string query = "", string lastSeen = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"events/stream{query}");
        if (lastSeen.Length > 0) request.Headers.Add("Last-Event-ID", lastSeen);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        return new EventReader(answer, await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null where the stream ends.</summary>
    public async Task<(string Name, string Data)?> NextAsync()
    {
        using var patience = new CancellationTokenSource(Soon);
        var (name, data) = ("message", new List<string>());
        while (await _lines.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Count > 0) return (name, string.Join('\n', data));
                name = "message";
            }
            else if (line[0] == ':')
            {
                Comments++;
            }
            else if (line.Split(": ", 2) is [var field, var value])
            {
                if (field == "id") LastSeen = value;
                else if (field == "event") name = value;
                else if (field == "data") data.Add(value);
            }
        }

        return null;
    }

    /// <summary>The next event of the log.</summary>
    public async Task<JsonNode> HearAsync()
    {
        var (name, data) = Assert.NotNull(await NextAsync());
        Assert.Equal("message", name);
        var happened = JsonNode.Parse(data)!;
        Assert.Equal(LastSeen, happened["Seq"]!.ToString());
        return happened;
    }

    public void Dispose()
    {
        _lines.Dispose();
        _answer.Dispose();
    }
}
