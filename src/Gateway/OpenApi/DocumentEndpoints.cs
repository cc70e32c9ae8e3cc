using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Anvil.Gateway.OpenApi;

/// <summary>Where the API's document is: for everybody, since it says nothing of what is stored.</summary>
internal static class DocumentEndpoints
{
    private const int Piece = 32 << 10;

    /// <summary>The paths; the second one is where clients of DRP look.</summary>
    private static readonly string[] Paths = ["/openapi.json", "/swagger.json"];

    public static void MapDocument(this IEndpointRouteBuilder app, ApiDocument document)
    {
        foreach (var path in Paths) app.MapMethods(path, ["GET", "HEAD"], http => WriteAsync(http, document.Text));
        app.MapDocumentPage();
    }

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> text)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = text.Length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        // The server copies what it is given before it waits for the client, and strangers may ask for it.
        for (; !text.IsEmpty; text = text[Math.Min(Piece, text.Length)..])
        {
            await http.Response.Body.WriteAsync(text[..Math.Min(Piece, text.Length)], http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
