using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Anvil.Silo.Tests;

/// <summary>A span as it came.</summary>
public sealed record ReceivedSpan(string Trace, string Id, string Parent, string Name);

/// <summary>Takes OTLP over HTTP, as a collector does, and reads as much of its protobuf as the tests ask for.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Where to send to.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Spans so far.</summary>
    public ConcurrentBag<ReceivedSpan> Spans { get; } = [];

    /// <summary>Names of metrics so far.</summary>
    public ConcurrentDictionary<string, bool> Metrics { get; } = new(StringComparer.Ordinal);

    /// <summary>Starts one on a free port of loopback.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/traces", async (HttpRequest request) => receiver.TakeTraces(await ReadAsync(request)));
        app.MapPost("/v1/metrics", async (HttpRequest request) => receiver.TakeMetrics(await ReadAsync(request)));
        await app.StartAsync();
        return receiver;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<byte[]> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    private void TakeTraces(byte[] body)
    {
        // ExportTraceServiceRequest.resource_spans(1).scope_spans(2).spans(2): trace_id(1), span_id(2), parent_span_id(4), name(5).
        foreach (var span in Fields(body, 1).SelectMany(r => Fields(r, 2)).SelectMany(s => Fields(s, 2)))
        {
            string Hex(int field) => Convert.ToHexStringLower(Fields(span, field).FirstOrDefault([]));
            Spans.Add(new ReceivedSpan(Hex(1), Hex(2), Hex(4), Encoding.UTF8.GetString(Fields(span, 5).Single())));
        }
    }

    private void TakeMetrics(byte[] body)
    {
        // ExportMetricsServiceRequest.resource_metrics(1).scope_metrics(2).metrics(2).name(1).
        foreach (var metric in Fields(body, 1).SelectMany(r => Fields(r, 2)).SelectMany(s => Fields(s, 2)))
            Metrics[Encoding.UTF8.GetString(Fields(metric, 1).Single())] = true;
    }

    /// <summary>The length-delimited fields of a number in a protobuf message.</summary>
    private static List<byte[]> Fields(byte[] message, int wanted)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0: Varint(message, ref at); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                default:
                    var length = (int)Varint(message, ref at);
                    if ((int)(tag >> 3) == wanted) found.Add(message[at..(at + length)]);
                    at += length;
                    break;
            }
        }

        return found;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var octet = message[at++];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80) return value;
        }
    }
}
