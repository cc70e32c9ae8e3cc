using System.Globalization;
using Anvil.Objects;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Files;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Anvil.Gateway.Api;

/// <summary>The paths of uploaded files and ISOs (DRP).</summary>
internal static class FileEndpoints
{
    private const string Octets = "application/octet-stream";

    /// <summary>Characters of a form's boundary (RFC 2046 section 5.1.1 has 70).</summary>
    private const int LongestBoundary = 200;

    /// <summary>Fields that may stand before a form's file, which are read for nothing.</summary>
    private const int MostFields = 8;

    /// <summary>Octets of such a field.</summary>
    private const int LongestField = 64 << 10;

    public static void MapFiles(this IEndpointRouteBuilder api, FileVerbs verbs)
    {
        api.MapKind(verbs, UploadedFile.Kind, "/files/{**key}");
        api.MapKind(verbs, UploadedIso.Kind, "/isos/{key}");
        api.MapGet("/explosions", async http => await http.WriteAsync(
            await verbs.ExplosionsAsync(http.Asked(VerbWords.None), http.RequestAborted)));
    }

    private static void MapKind(this IEndpointRouteBuilder api, FileVerbs verbs, string kind, string one)
    {
        api.MapMethods("/" + kind, ["GET", "HEAD"], http => http.WriteAsync(verbs.List(kind, http.Asked(FileVerbs.ListWords))));
        api.MapMethods(one, ["GET", "HEAD"], http => http.Part("key").Length == 0
            ? http.WriteAsync(verbs.List(kind, http.Asked(FileVerbs.ListWords))) : GetAsync(http, verbs, kind));
        api.MapPost(one, http => PostAsync(http, verbs, kind));
        api.MapDelete(one, async http => await http.WriteAsync(
            await verbs.DeleteAsync(kind, http.Part("key"), http.Asked(VerbWords.Change), http.RequestAborted)));
    }

    /// <summary>
    /// A file, with ranges and conditions (RFC 9110 sections 13 and 14). HEAD with `sha256` and `size` tells how much is here of an
    /// upload.
    /// </summary>
    private static async Task GetAsync(HttpContext http, FileVerbs verbs, string kind)
    {
        var (path, asked) = (http.Part("key"), http.Asked(FileVerbs.OneWords));
        var headers = http.Response.Headers;
        if (asked.Query.ContainsKey("sha256") || asked.Query.ContainsKey("size"))
        {
            if (!HttpMethods.IsHead(http.Request.Method))
                throw new ApiException(ApiError.BadRequest(kind, path, "GET", "sha256 and size are words of HEAD and of POST"));
            headers["X-Anvil-Upload-Offset"] = verbs.Offset(kind, path, asked).ToString(CultureInfo.InvariantCulture);
            return;
        }

        var file = verbs.Find(kind, path, http.Request.Method, asked);
        headers["X-DRP-SHA256SUM"] = file.Sha256;
        // RFC 9110 section 14.2: a range in a unit that is not known is none.
        if (!http.Request.Headers.Range.ToString().TrimStart().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            http.Request.Headers.Remove(HeaderNames.Range);
        await using var content = await verbs.OpenAsync(file, http.Request.Method, http.RequestAborted);
        await Results.Stream(content, Octets, lastModified: file.Time, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""),
            enableRangeProcessing: true).ExecuteAsync(http);
    }

    /// <summary>The file of a form; null where it is not among its first parts.</summary>
    private static async Task<Stream?> FileOfAsync(MultipartReader parts, ApiException broken, CancellationToken cancellation)
    {
        try
        {
            for (var fields = 0; fields <= MostFields; fields++)
            {
                if (await parts.ReadNextSectionAsync(cancellation) is not { } part) return null;
                if (part.GetContentDispositionHeader() is { } said && HeaderUtilities.RemoveQuotes(said.Name).Value == "file")
                    return part.Body;
                if (!await IsShortAsync(part.Body, cancellation)) return null;
            }

            return null;
        }
        catch (Exception e) when (FormContent.IsBroken(e) && !cancellation.IsCancellationRequested)
        {
            throw broken;
        }
    }

    /// <summary>Passes a field over, unless it is too long for that.</summary>
    private static async Task<bool> IsShortAsync(Stream field, CancellationToken cancellation)
    {
        var (piece, octets) = (new byte[8 << 10], 0);
        while (await field.ReadAsync(piece, cancellation) is var read and > 0)
        {
            if ((octets += read) > LongestField) return false;
        }

        return true;
    }

    private static async Task PostAsync(HttpContext http, FileVerbs verbs, string kind)
    {
        var asked = http.Asked(FileVerbs.UploadWords);
        var path = http.Part("key");
        FileVerbs.RequireUpload(kind, path, asked);
        // Uploads have a bound of their own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        var type = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var read) ? read : null;
        switch (type?.MediaType.Value?.ToLowerInvariant())
        {
            case Octets:
                await TakeAsync(new FileUpload(kind, path, http.Request.Body, http.Request.ContentLength));
                return;
            case "multipart/form-data" when HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= LongestBoundary } by:
                var broken = new ApiException(ApiError.BadRequest(kind, FileVerbs.Named(kind, path), "POST",
                    "the form breaks off, or is none (RFC 7578)"));
                if (await FileOfAsync(new MultipartReader(by, http.Request.Body), broken, http.RequestAborted) is not { } file)
                    throw new ApiException(ApiError.BadRequest(kind, FileVerbs.Named(kind, path), "POST", "Cannot find multipart file"));
                await using (var content = new FormContent(file, broken))
                    await TakeAsync(new FileUpload(kind, path, content, null));
                return;
            default:
                var sent = PrintableText.Of(ShortText.Of(http.Request.ContentType ?? "", 200));
                throw new ApiException(kind == UploadedFile.Kind
                    ? ApiError.BadRequest(kind, FileVerbs.Named(kind, path), "POST", $"Want content-type {Octets}, not {sent}")
                    : new ApiError(kind, path, "POST", [$"Invalid content type {sent},", $"Want {Octets} or multipart/form-data"], 415));
        }

        async Task TakeAsync(FileUpload upload) => await http.WriteAsync(await verbs.UploadAsync(upload, asked, http.RequestAborted));
    }
}
