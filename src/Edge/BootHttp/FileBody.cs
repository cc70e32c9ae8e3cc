using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;

namespace Anvil.Edge.BootHttp;

/// <summary>Sends a file's octets as a response's body: by the kernel where it can (<see cref="FileOutput"/>), else copied once.</summary>
internal static class FileBody
{
    /// <summary>Octets that are sent at once, and by which a client that reads too slowly is found out.</summary>
    private const int Piece = 128 * 1024;

    /// <summary>Octets of a body in memory that are copied at once: no more of it is there twice.</summary>
    private const int SmallPiece = 64 * 1024;

    /// <summary>Sends a body that is in memory, in pieces.</summary>
    public static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> body)
    {
        while (!body.IsEmpty)
        {
            var piece = body[..Math.Min(SmallPiece, body.Length)];
            if ((await http.Response.BodyWriter.WriteAsync(piece, http.RequestAborted)).IsCompleted) return;
            body = body[piece.Length..];
        }
    }

    /// <summary>Sends a part of a file. What is cut off meanwhile ends the connection: the client was told of more.</summary>
    /// <param name="http">The request; its answer's headers are set, its length among them.</param>
    /// <param name="file">The file.</param>
    /// <param name="from">Where it begins, in octets.</param>
    /// <param name="length">Octets to send.</param>
    public static async Task SendAsync(HttpContext http, SafeFileHandle file, long from, long length)
    {
        var writer = http.Response.BodyWriter;
        // A body that somebody changes on its way has to come by.
        var output = ReferenceEquals(http.Features.Get<IHttpResponseBodyFeature>(), http.Features.Get<IHttpResponseFeature>())
            ? http.Features.Get<FileOutput>() : null;
        if (output is not null && length > 0)
        {
            // The headers are out before it counts.
            await http.Response.StartAsync(http.RequestAborted);
            if ((await writer.FlushAsync(http.RequestAborted)).IsCompleted) return;
            output.Announce(file, from, length);
        }

        for (var end = from + length; from < end;)
        {
            var wanted = (int)Math.Min(Piece, end - from);
            var memory = writer.GetMemory(wanted);
            var count = output is null ? RandomAccess.Read(file, memory.Span[..wanted], from) : wanted;
            if (count == 0)
            {
                http.Abort();
                throw new IOException("the file was cut off while it was sent");
            }

            writer.Advance(count);
            from += count;
            if ((await writer.FlushAsync(http.RequestAborted)).IsCompleted) return;
        }
    }
}
