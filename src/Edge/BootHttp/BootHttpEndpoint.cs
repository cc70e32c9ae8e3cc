using System.Net;
using Anvil.Templates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Anvil.Edge.BootHttp;

/// <summary>Boot HTTP: GET and HEAD of boot files, with ranges (RFC 9110 section 14), streamed.</summary>
public static class BootHttpEndpoint
{
    /// <summary>Answers one request.</summary>
    public static async Task HandleAsync(HttpContext http)
    {
        var request = http.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            http.Response.Headers.Allow = "GET, HEAD";
            await TextAsync(http, StatusCodes.Status405MethodNotAllowed, "only GET and HEAD");
            return;
        }

        var resolver = http.RequestServices.GetRequiredService<BootFileResolver>();
        var path = request.Path.Value?.TrimStart('/') ?? "";
        var remote = http.Connection.RemoteIpAddress ?? IPAddress.None;
        ResolvedFile? file;
        try
        {
            file = await resolver.ResolveAsync(path, remote, http.Connection.LocalIpAddress ?? IPAddress.Loopback, "http",
                HttpMethods.IsGet(request.Method), http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (RenderBusyException e)
        {
            http.Response.Headers.RetryAfter = "1";
            await TextAsync(http, StatusCodes.Status503ServiceUnavailable, $"/{path}: {e.Message}; ask again");
            return;
        }
        catch (RenderFailedException e)
        {
            await TextAsync(http, StatusCodes.Status500InternalServerError, e.Message);
            return;
        }

        if (file is null)
        {
            await TextAsync(http, StatusCodes.Status404NotFound, $"/{path}: no such file for {remote}");
            return;
        }

        await using var opened = file;
        await file.Proven();
        // RFC 9110 section 14.2: a range in a unit that is not known is none.
        if (!request.Headers.Range.ToString().TrimStart().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            request.Headers.Remove(HeaderNames.Range);
        // What lies in a file is large, is read again and again by ranges, and is the same for all: copies of it may be kept.
        if (file.OnDisk is not null) http.Response.Headers.Remove(HeaderNames.CacheControl);
        var result = file.OnDisk is { } onDisk ? OnDisk(onDisk)
            : Results.Bytes(file.Rendered!, "text/plain; charset=utf-8", enableRangeProcessing: true);
        var isNoted = file.OnDisk is not null && HttpMethods.IsGet(request.Method);
        try
        {
            await result.ExecuteAsync(http);
            if (isNoted) resolver.NoteTransfer(file, remote, "http", path, $"{http.Response.StatusCode}, {file.Length} octets");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            if (isNoted) resolver.NoteTransfer(file, remote, "http", path, "the client ended the transfer");
        }
    }

    private static IResult OnDisk(FileStream file)
    {
        var written = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        return Results.Stream(file, "application/octet-stream", lastModified: new DateTimeOffset(written), enableRangeProcessing: true,
            entityTag: new EntityTagHeaderValue($"\"{written.Ticks:x}-{file.Length:x}\""));
    }

    private static Task TextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(text + "\n", http.RequestAborted);
    }
}
