using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Anvil.Edge.BootHttp;

/// <summary>
/// Sends a file's octets as a response's body: each is copied once, from the system's memory of files into the buffers that the socket
/// sends from.
/// </summary>
internal static class FileBody
{
    /// <summary>Octets that are read, and sent, at once. A client that reads slowly holds no more.</summary>
    private const int Piece = 128 * 1024;

    /// <summary>Sends a part of a file. What is cut off meanwhile ends the connection: the client was told of more.</summary>
    /// <param name="http">The request; its answer's headers are set.</param>
    /// <param name="file">The file.</param>
    /// <param name="from">Where it begins, in octets.</param>
    /// <param name="length">Octets to send.</param>
    public static async Task SendAsync(HttpContext http, SafeFileHandle file, long from, long length)
    {
        var writer = http.Response.BodyWriter;
        for (var end = from + length; from < end;)
        {
            var memory = writer.GetMemory((int)Math.Min(Piece, end - from));
            var read = RandomAccess.Read(file, memory.Span[..(int)Math.Min(memory.Length, end - from)], from);
            if (read == 0)
            {
                http.Abort();
                throw new IOException("the file was cut off while it was sent");
            }

            writer.Advance(read);
            from += read;
            if ((await writer.FlushAsync(http.RequestAborted)).IsCompleted) return;
        }
    }
}
