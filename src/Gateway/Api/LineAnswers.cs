using System.Buffers;
using System.Globalization;
using System.Text;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Provisioning.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Anvil.Gateway.Api;

/// <summary>
/// Lists as lines (NDJSON): each row one JSON object in a line of its own, as many as match. An answer that ends as HTTP has it is whole;
/// one in whose middle something goes wrong is broken off (RFC 9112 section 8), which every client tells apart.
/// </summary>
internal sealed partial class LineAnswers(ObjectExport export, AccessService access, ILogger<LineAnswers> logger)
{
    /// <summary>The media type.</summary>
    public const string Lines = "application/x-ndjson";

    /// <summary>Exports at once of a gateway; each holds the memory of a page.</summary>
    public const int MostAtOnce = 8;

    /// <summary>Of them those of one requester.</summary>
    public const int MostOfOne = 2;

    private const int Piece = 64 << 10;

    /// <summary>Rows of a list that may be a short answer, whose length is told.</summary>
    private const int Few = 16;

    private readonly Shares _places = new(MostAtOnce);

    /// <summary>True when the client would have lines rather than one JSON text.</summary>
    public static bool AreWanted(HttpContext http)
    {
        http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        if (!HttpMethods.IsGet(http.Request.Method)) return false;
        var accepted = http.Request.GetTypedHeaders().Accept;
        return Weight(Lines) is > 0 and var lines && lines >= Weight("application/json");

        double Weight(string type)
            => accepted.FirstOrDefault(a => a.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)) is { } named
                ? named.Quality ?? 1 : 0;
    }

    /// <summary>Writes the objects of a kind.</summary>
    /// <exception cref="ApiException">What a list is refused with; 429: too many exports.</exception>
    public Task WriteKindAsync(HttpContext http, string prefix, ObjectRequest asked)
        => WriteAsync(http, prefix, room => export.OfKindAsync(prefix, asked, room, http.RequestAborted));

    /// <summary>Writes the log of events.</summary>
    /// <exception cref="ApiException">What a list is refused with; 429: too many exports.</exception>
    public Task WriteEventsAsync(HttpContext http, string model, ObjectRequest asked)
        => WriteAsync(http, model, room => export.OfEventsAsync(asked, room, http.RequestAborted));

    private async Task WriteAsync(HttpContext http, string model, Func<IExportRoom, IAsyncEnumerable<ExportedPage>> read)
    {
        using var place = Enter(http, model);
        await using var pages = read(new ExportShare(http, model)).GetAsyncEnumerator(http.RequestAborted);
        // What is refused is refused here, before the first octet.
        if (!await pages.MoveNextAsync()) throw new InvalidOperationException("a list without a page");
        Begin(http, pages.Current);
        try
        {
            do
            {
                await WriteAsync(http, pages.Current);
                if (pages.Current.Next is not null && await access.EndedAsync(http.Admission()) is { } reason)
                    throw new ApiException(new ApiError(model, "", "GET", ["Invalid Token", reason], 403));
            }
            while (await pages.MoveNextAsync());
        }
        catch (Exception e)
        {
            // Some lines may have gone: it must not end as if there were no more.
            if (!http.RequestAborted.IsCancellationRequested) LogBroken(logger, model, http.Requester(), e.Message);
            http.Abort();
        }
    }

    private IDisposable Enter(HttpContext http, string model)
    {
        if (_places.TryTake([(http.Requester(), MostOfOne)], out var full) is { } place) return place;
        http.Response.Headers.RetryAfter = "10";
        throw new ApiException(new ApiError(model, "", "GET", [full!.Length == 0
            ? $"{MostAtOnce} exports are being read already; try again"
            : $"{full} reads {MostOfOne} exports already; one more when one of them is over"], 429));
    }

    private static void Begin(HttpContext http, ExportedPage first)
    {
        var headers = http.Response.Headers;
        http.Response.ContentType = Lines;
        if (first.Total is { } total) headers["X-DRP-LIST-TOTAL-COUNT"] = total.ToString(CultureInfo.InvariantCulture);
        if (first.Filtered is { } filtered) headers["X-DRP-LIST-FILTER-COUNT"] = filtered.ToString(CultureInfo.InvariantCulture);
        if (first.Trimmed.Length > 0) headers["X-Anvil-Trimmed"] = first.Trimmed;
    }

    private static async Task WriteAsync(HttpContext http, ExportedPage page)
    {
        var rows = page.Rows;
        if (page.Next is null && page.Count <= Few && !http.Response.HasStarted)
        {
            var few = rows.ToList();
            var length = few.Sum(r => Encoding.UTF8.GetByteCount(r) + 1);
            if (length < AnswerCompression.Shortest) http.Response.ContentLength = length;
            rows = few;
        }

        var body = http.Response.BodyWriter;
        foreach (var row in rows)
        {
            Encoding.UTF8.GetBytes(row, body);
            body.Write("\n"u8);
            if (body.UnflushedBytes >= Piece) await body.FlushAsync(http.RequestAborted);
        }

        await body.FlushAsync(http.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "an export of {Model} for {Requester} was broken off: {Reason}")]
    private static partial void LogBroken(ILogger logger, string model, string requester, string reason);
}
