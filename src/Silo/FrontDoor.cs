using System.Net.Mime;

namespace Anvil.Silo;

/// <summary>
/// Where people get to who ask for no path: `/ui/`, as DRP's clients and bookmarks expect it, which leads to the pages that there are.
/// </summary>
internal static class FrontDoor
{
    private const string Ui = "/ui/";

    /// <summary>Maps `/` and `/ui/`.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", http =>
        {
            // It stays there: what is behind it may change.
            http.Response.StatusCode = StatusCodes.Status301MovedPermanently;
            http.Response.Headers.Location = Ui;
            http.Response.ContentType = MediaTypeNames.Text.Html + "; charset=utf-8";
            return http.Response.WriteAsync($"<a href=\"{Ui}\">Moved Permanently</a>.\n\n", http.RequestAborted);
        });
        app.MapGet("/ui", () => Results.Redirect("/dashboard/"));
    }
}
