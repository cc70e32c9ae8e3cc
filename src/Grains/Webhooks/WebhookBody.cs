using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Anvil.Provisioning.Documents;

namespace Anvil.Grains.Webhooks;

/// <summary>What is sent: the body of a delivery, and its signature.</summary>
public static class WebhookBody
{
    private static readonly JsonWriterOptions Writer = new() { Encoder = Json.Options.Encoder };

    /// <summary>A delivery as JSON, UTF-8.</summary>
    /// <param name="webhook">The webhook's name.</param>
    /// <param name="id">The delivery.</param>
    /// <param name="events">The events, each as JSON; none for a test.</param>
    public static byte[] Of(string webhook, string id, IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        using var stream = new MemoryStream(events.Sum(e => e.Length + 1) + 512);
        using (var json = new Utf8JsonWriter(stream, Writer))
        {
            json.WriteStartObject();
            json.WriteString("Webhook", webhook);
            json.WriteString("Delivery", id);
            json.WriteBoolean("Ping", events.Count == 0);
            json.WriteStartArray("Events");
            foreach (var happened in events) json.WriteRawValue(happened.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>
    /// The signature of a body: HMAC-SHA256 (RFC 2104) of the time, a dot and the body, by the secret's UTF-8. With the time in it, one
    /// that was overheard is good for no longer than the receiver takes old ones.
    /// </summary>
    /// <param name="secret">The webhook's secret.</param>
    /// <param name="seconds">Unix time of the attempt.</param>
    /// <param name="body">The body.</param>
    /// <returns>`t=SECONDS,v1=HEX`.</returns>
    public static string Signature(string secret, long seconds, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        mac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.")));
        mac.AppendData(body);
        return string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(mac.GetHashAndReset())}");
    }
}
