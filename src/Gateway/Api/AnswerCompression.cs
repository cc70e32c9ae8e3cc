using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>
/// Answers by zstd, or by gzip (which DRP has, too), for clients that take it: what they prefer, else zstd. A short answer goes as it is:
/// packed it would cost more than it saves. So does one with a secret in clear, since its length would tell of the secret to who can have
/// something of its own beside it (BREACH). The version of an object (ETag) is the same in each coding: it is what `If-Match` asks for.
/// </summary>
internal sealed class AnswerCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options), IResponseCompressionProvider
{
    // Only these: each brotli stream would take megabytes.
    private readonly ICompressionProvider[] _codings =
    [
        new ZstdCoding(),
        new GzipCompressionProvider(Options.Create(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest })),
    ];

    /// <summary>Octets below which an answer fits into one packet anyway.</summary>
    public const int Shortest = 1400;

    /// <summary>Adds what it needs.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddResponseCompression(o =>
        {
            o.EnableForHttps = true;
            o.MimeTypes = ["application/json", "application/x-ndjson", "text/csv"];
        });
        services.AddSingleton<IResponseCompressionProvider, AnswerCompression>();
    }

    /// <summary>The answer has a secret in clear, and goes as it is.</summary>
    public static void LeaveAsItIs(HttpContext http) => http.Items[typeof(AnswerCompression)] = true;

    /// <summary>Every answer is looked at: who does not ask for a coding is told as well that there are some (Vary).</summary>
    bool IResponseCompressionProvider.CheckRequestAcceptsCompression(HttpContext context) => true;

    /// <inheritdoc/>
    public override bool ShouldCompressResponse(HttpContext context)
        => context.Response.ContentLength is null or >= Shortest && !context.Items.ContainsKey(typeof(AnswerCompression))
            && base.ShouldCompressResponse(context);

    /// <summary>
    /// What the client prefers (RFC 9110 section 12.5.3), the first of two that it likes alike; null: as it is. What it names with a
    /// weight of 0 is none of what it means by `*`.
    /// </summary>
    public override ICompressionProvider? GetCompressionProvider(HttpContext context)
    {
        var accepted = context.Request.GetTypedHeaders().AcceptEncoding;
        if (accepted.Count == 0) return null;
        var best = _codings.MaxBy(c => Weight(c.EncodingName) ?? Weight("*") ?? 0);
        var weight = best is null ? 0 : Weight(best.EncodingName) ?? Weight("*") ?? 0;
        if (weight <= 0 || Weight("identity") > weight) return null;
        return best is ZstdCoding ? ZstdCoding.Of(context) : best;

        double? Weight(string coding)
            => accepted.FirstOrDefault(a => a.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) is { } named
                ? named.Quality ?? 1 : null;
    }
}
