using System.Net;
using Anvil.Templates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Anvil.Edge.BootHttp;

/// <summary>Boot HTTP: GET and HEAD of boot files, with ranges (RFC 9110 section 14), streamed.</summary>
public static class BootHttpEndpoint
{
    /// <summary>What a connection of its port passes through, so that files are sent by the kernel.</summary>
    public static ConnectionDelegate Connection(ConnectionDelegate next) => connection => FileOutput.ServeAsync(connection, next);

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
        var foreign = ForeignPage.Problem(request, http.RequestServices.GetRequiredService<IOptions<EdgeOptions>>().Value);
        ResolvedFile? file;
        try
        {
            file = foreign is not null ? resolver.Static(path)
                : await resolver.ResolveAsync(path, remote, http.Connection.LocalIpAddress ?? IPAddress.Loopback, "http",
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
            // What goes over a bound of templates is no fault of the server's.
            await TextAsync(http, e.InnerException is TemplateException { Spent: not null } ? StatusCodes.Status422UnprocessableEntity
                : StatusCodes.Status500InternalServerError, e.Message);
            return;
        }

        if (file is null && foreign is not null)
        {
            if (HttpMethods.IsGet(request.Method)) await resolver.RefusedAsync(path, remote, foreign.Text);
            await TextAsync(http, foreign.Status, $"/{path}: {foreign.Text}");
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
        var isNoted = foreign is null && file.OnDisk is not null && HttpMethods.IsGet(request.Method);
        try
        {
            if (file.OnDisk is { } onDisk) await SendAsync(http, onDisk);
            else await Results.Bytes(file.Rendered!, "text/plain; charset=utf-8", enableRangeProcessing: true).ExecuteAsync(http);
            if (isNoted) resolver.NoteTransfer(file, remote, "http", path, $"{http.Response.StatusCode}, {file.Length} octets");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            if (isNoted) resolver.NoteTransfer(file, remote, "http", path, "the client ended the transfer");
        }
    }

    private static async Task SendAsync(HttpContext http, FileStream file)
    {
        var written = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        var length = file.Length;
        var asked = http.Request.Method;
        // Asked so, the framework sets status and headers by conditions and range, and leaves the body, which it would copy twice.
        http.Request.Method = HttpMethods.Head;
        await Results.Stream(new Extent(length), "application/octet-stream", lastModified: new DateTimeOffset(written),
            enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{written.Ticks:x}-{length:x}\"")).ExecuteAsync(http);
        http.Request.Method = asked;
        if (HttpMethods.IsHead(asked)) return;
        switch (http.Response.StatusCode)
        {
            case StatusCodes.Status200OK:
                await FileBody.SendAsync(http, file.SafeFileHandle, 0, length);
                break;
            case StatusCodes.Status206PartialContent when http.Response.GetTypedHeaders().ContentRange is { From: { } from, To: { } to }:
                await FileBody.SendAsync(http, file.SafeFileHandle, from, to - from + 1);
                break;
        }
    }

    private static Task TextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(text + "\n", http.RequestAborted);
    }
}
