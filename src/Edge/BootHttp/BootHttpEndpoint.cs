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
            file = foreign is not null ? await resolver.StaticAsync(path, remote, http.RequestAborted)
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
        catch (FileElsewhereException e)
        {
            http.Response.Headers.RetryAfter = "5";
            await TextAsync(http, StatusCodes.Status503ServiceUnavailable, e.Message);
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
            else await SendAsync(http, file.Rendered!, http.RequestServices.GetRequiredService<RenderedMemory>());
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
        var (from, count) = await HeadAsync(http, Results.Stream(new Extent(length), "application/octet-stream",
            lastModified: new DateTimeOffset(written), enableRangeProcessing: true,
            entityTag: new EntityTagHeaderValue($"\"{written.Ticks:x}-{length:x}\"")), length);
        if (count > 0) await FileBody.SendAsync(http, file.SafeFileHandle, from, count);
    }

    /// <summary>Sends what was rendered, in pieces: who reads slowly keeps it in memory once, and for as long as it may take.</summary>
    private static async Task SendAsync(HttpContext http, byte[] rendered, RenderedMemory memory)
    {
        var (from, count) = await HeadAsync(http, Results.Stream(new Extent(rendered.Length), "text/plain; charset=utf-8",
            enableRangeProcessing: true), rendered.Length);
        using var deadline = memory.Deadline(rendered.Length, memory.HttpRate);
        await using var late = deadline.Token.UnsafeRegister(static h => ((HttpContext)h!).Abort(), http);
        await FileBody.SendAsync(http, rendered.AsMemory((int)from, (int)count));
    }

    /// <summary>Sets status and headers by conditions and range.</summary>
    /// <returns>The part of the content that the answer has.</returns>
    private static async Task<(long From, long Count)> HeadAsync(HttpContext http, IResult result, long length)
    {
        var asked = http.Request.Method;
        // Asked so, the framework leaves the body, which it would copy twice.
        http.Request.Method = HttpMethods.Head;
        await result.ExecuteAsync(http);
        http.Request.Method = asked;
        if (HttpMethods.IsHead(asked)) return default;
        return http.Response.StatusCode switch
        {
            StatusCodes.Status200OK => (0, length),
            StatusCodes.Status206PartialContent when http.Response.GetTypedHeaders().ContentRange is { From: { } from, To: { } to }
                => (from, to - from + 1),
            _ => default,
        };
    }

    private static Task TextAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.WriteAsync(text + "\n", http.RequestAborted);
    }
}
