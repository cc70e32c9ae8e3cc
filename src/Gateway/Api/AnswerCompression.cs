using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Api;

/// <summary>
/// Answers by gzip for clients that take it (DRP does so). A short answer goes as it is: packed it would cost more than it saves. Over TLS
/// too: no page of another site can make a browser ask with somebody's rights, so that none can guess at secrets by lengths.
/// </summary>
internal sealed class AnswerCompression(IServiceProvider services, IOptions<ResponseCompressionOptions> options)
    : ResponseCompressionProvider(services, options)
{
    /// <summary>Octets below which an answer fits into one packet anyway.</summary>
    public const int Shortest = 1400;

    /// <summary>Adds what it needs.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddResponseCompression(o =>
        {
            o.EnableForHttps = true;
            // Only this: each brotli stream would take megabytes.
            o.Providers.Add<GzipCompressionProvider>();
            o.MimeTypes = ["application/json", "text/csv"];
        });
        services.Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Fastest);
        services.AddSingleton<IResponseCompressionProvider, AnswerCompression>();
    }

    /// <inheritdoc/>
    public override bool ShouldCompressResponse(HttpContext context)
        => context.Response.ContentLength is null or >= Shortest && base.ShouldCompressResponse(context);
}
