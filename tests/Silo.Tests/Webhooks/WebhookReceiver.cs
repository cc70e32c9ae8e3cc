using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Anvil.Silo.Tests.Webhooks;

/// <summary>A delivery as it came.</summary>
public sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonNode Json { get; } = JsonNode.Parse(Body)!;

    public string Delivery => Headers["X-Anvil-Delivery"];

    public IEnumerable<JsonNode> Events => Json["Events"]!.AsArray().Select(e => e!);
}

/// <summary>A receiver of webhooks on loopback: keeps what comes, and answers as it is told.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>Its address, without a path.</summary>
    public string Url => _app.Urls.First();

    /// <summary>All that came, in its order.</summary>
    public ConcurrentQueue<Received> All { get; } = [];

    /// <summary>What it answers.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = Status(200);

    /// <summary>The events that came, each once, in their order.</summary>
    public IReadOnlyList<JsonNode> Events => [.. All.DistinctBy(r => r.Delivery).SelectMany(r => r.Events)];

    /// <summary>Their keys.</summary>
    public IReadOnlyList<string> Keys => [.. Events.Select(e => e["Key"]!.ToString())];

    public static Func<HttpContext, Task> Status(int status) => http =>
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public static async Task<WebhookReceiver> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null) listen.UseHttps(certificate);
        }));
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        All.Enqueue(new Received(http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(),
            StringComparer.OrdinalIgnoreCase), body.ToArray()));
        await Answer(http);
    }
}
