using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Scalar.AspNetCore;

namespace Anvil.Gateway.OpenApi;

/// <summary>
/// `/docs`: the API's document as a page to read and to try (Scalar's, out of its package). All that it loads comes from here, and its
/// policy lets it ask nobody else; nothing stands in the page itself that would have to be run.
/// </summary>
internal static class DocumentPage
{
    /// <summary>The page.</summary>
    public const string Path = "/docs";

    private const string Script = Path + "/scalar.js";
    private const string Start = Path + "/start.js";
    private const string JavaScript = "text/javascript; charset=utf-8";

    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; "
        + "form-action 'none'";

    private const string Page = $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Anvil Machines API</title>
        </head>
        <body>
        <div id="app"></div>
        <noscript>The API is described by <a href="/openapi.json">openapi.json</a>.</noscript>
        <script src="{Script}"></script>
        <script src="{Start}"></script>
        </body>
        </html>

        """;

    private const string Begin = """
        Scalar.createApiReference('#app', {
          url: '/openapi.json',
          withDefaultFonts: false,
          telemetry: false,
          showDeveloperTools: 'never',
          agent: { disabled: true },
          mcp: { disabled: true },
        });

        """;

    public static void MapDocumentPage(this IEndpointRouteBuilder app)
    {
        app.MapGet(Path, http => WriteAsync(http, "text/html; charset=utf-8", Page));
        app.MapGet(Start, http => WriteAsync(http, JavaScript, Begin));
        app.MapGet(Script, WriteScriptAsync);
        // Where people who know DRP look.
        app.MapGet("/swagger-ui", http =>
        {
            http.Response.Redirect(Path);
            return Task.CompletedTask;
        });
    }

    private static Task WriteAsync(HttpContext http, string type, string text)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.ContentType = type;
        return http.Response.WriteAsync(text, http.RequestAborted);
    }

    /// <summary>As the package holds it, packed; a client that takes it in no other way is told so (RFC 9110 section 15.5.7).</summary>
    private static async Task WriteScriptAsync(HttpContext http)
    {
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (!http.Request.GetTypedHeaders().AcceptEncoding.Any(c => c.Value == "gzip" && c.Quality is null or > 0))
        {
            http.Response.StatusCode = StatusCodes.Status406NotAcceptable;
            return;
        }

        await using var script = typeof(ScalarOptions).Assembly.GetManifestResourceStream("ScalarStaticAssets.scalar.js")
            ?? throw new InvalidOperationException("the package of the page has no script");
        http.Response.ContentType = JavaScript;
        http.Response.Headers.ContentEncoding = "gzip";
        // The only thing here that is large and always the same.
        http.Response.Headers.CacheControl = "public, max-age=86400";
        http.Response.ContentLength = script.Length;
        await script.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
