namespace Anvil.Silo;

/// <summary>
/// What tells browsers to be careful, in every answer: no guessing of types, no frames, nothing from elsewhere, no address of ours sent
/// along; and for all but files, no copies kept.
/// </summary>
internal static class SecurityHeaders
{
    private const string Nothing = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>Orleans' dashboard has scripts of its own and styles at its elements.</summary>
    private const string Pages = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app, int filePort, int apiPort) => app.Use((http, next) =>
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/dashboard") ? Pages : Nothing;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // Boot files are large, and are read again and again by ranges.
        if (filePort == apiPort || http.Connection.LocalPort != filePort) headers.CacheControl = "no-store";
        return next();
    });
}
