using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace Anvil.Silo.Tests.Hostile;

/// <summary>Who begins something and goes away, or never comes to its end.</summary>
public sealed class HalfwayTests(SingleSilo silo) : IClassFixture<SingleSilo>
{
    private const int Rows = 600;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(3);

    /// <summary>A sheet whose sender has gone is imported whole.</summary>
    [Fact]
    public async Task AnImportGoesOnToItsEnd()
    {
        var mark = $"half-{Guid.NewGuid():N}"[..14];
        var csv = new StringBuilder("Name\n");
        for (var i = 0; i < Rows; i++) csv.Append(mark).Append('-').Append(i).Append('\n');
        using (var request = new HttpRequestMessage(HttpMethod.Post, "machines/import"))
        {
            request.Content = new StringContent(csv.ToString(), Encoding.UTF8, "text/csv");
            request.Headers.Accept.ParseAdd("application/x-ndjson");
            using var response = await silo.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            Assert.Contains("Progress", await reader.ReadLineAsync(), StringComparison.Ordinal);
        }

        var made = 0;
        await Wait.UntilAsync(async () =>
        {
            using var response =
                await silo.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"machines?Name=Re({mark}-.*)&limit=1"));
            made = int.Parse(response.Headers.GetValues("X-DRP-LIST-FILTER-COUNT").Single(),
                System.Globalization.CultureInfo.InvariantCulture);
            return made == Rows;
        }, Soon, () => $"{made} of {Rows} machines were made");
    }

    /// <summary>A command of empty frames comes to an end that its sender does not choose.</summary>
    [Fact]
    public async Task ACommandOfEmptyFramesIsEnded()
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", silo.Http.DefaultRequestHeaders.Authorization!.ToString());
        using var patience = new CancellationTokenSource(Soon);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{silo.ApiPort}/api/v3/ws"), patience.Token);
        for (var i = 0; i < 100; i++)
            await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, endOfMessage: false, patience.Token);
        var heard = await socket.ReceiveAsync(new byte[64], patience.Token);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.PolicyViolation, "a command has at most 64 frames"),
            (heard.MessageType, socket.CloseStatus, socket.CloseStatusDescription));
    }

    [Theory]
    [InlineData("lines=0-1", HttpStatusCode.OK)]
    [InlineData("items 0-1", HttpStatusCode.OK)]
    [InlineData("bytes=0-1", HttpStatusCode.PartialContent)]
    [InlineData("Bytes=0-1", HttpStatusCode.PartialContent)]
    public async Task ARangeOfAnUnknownUnitIsNone(string range, HttpStatusCode status)
    {
        var name = $"range-{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(Path.Combine(silo.Files, name), "0123456789");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{silo.FilePort}/{name}");
        request.Headers.TryAddWithoutValidation("Range", range);
        using var response = await http.SendAsync(request);
        Assert.Equal((status, status == HttpStatusCode.OK ? "0123456789" : "01"),
            (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }
}
