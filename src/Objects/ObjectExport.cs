using System.Globalization;
using System.Runtime.CompilerServices;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects;

/// <summary>
/// Lists as long as they are, page after page by places (<see cref="ListCursor"/>), each page a list of its own: its rights are looked at
/// anew, and nothing of the database is held between two. A row whose place in the order stays comes once; what comes or goes meanwhile
/// is there, or not.
/// </summary>
public sealed class ObjectExport(ObjectFloor floor, EventVerbs events)
{
    /// <summary>Rows of a page.</summary>
    public const int PageRows = 2000;

    /// <summary>Octets of the documents of a page that has more than one row.</summary>
    public const int PageOctets = 4 << 20;

    private const string Limit = "limit";
    private const string After = "after";
    private const string Offset = "offset";

    /// <summary>The objects of a kind.</summary>
    /// <exception cref="ApiException">404; 406: the query is not understood; 503: there was no room for too long.</exception>
    public IAsyncEnumerable<ExportedPage> OfKindAsync(string prefix, ObjectRequest request, IExportRoom room,
        CancellationToken cancellation)
    {
        RefuseDecode(prefix, request);
        return PagesAsync(request with { Memory = room }, floor.Kind(prefix).IsInMemory ? int.MaxValue : PageRows, room, async piece =>
        {
            var list = await floor.ListAsync(prefix, piece, cancellation);
            return new ExportedPage(list.Rows, list.Count, list.Next)
            {
                Total = piece.RowsAlone ? null : list.Total,
                Filtered = piece.RowsAlone ? null : list.Filtered,
            };
        }, cancellation);
    }

    /// <summary>The log of events.</summary>
    /// <exception cref="ApiException">406: the query is not understood; 503: there was no room for too long.</exception>
    public IAsyncEnumerable<ExportedPage> OfEventsAsync(ObjectRequest request, IExportRoom room, CancellationToken cancellation)
        => PagesAsync(request, EventQuery.Page, room, async piece =>
        {
            var page = await events.ListAsync(piece, cancellation);
            return new ExportedPage(page.Rows, page.Rows.Count, page.Next) { Trimmed = page.Trimmed };
        }, cancellation);

    private static async IAsyncEnumerable<ExportedPage> PagesAsync(ObjectRequest request, int most, IExportRoom room,
        Func<ObjectRequest, Task<ExportedPage>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var isPaged = most < int.MaxValue;
        var (rows, left, after) = (most, LimitOf(request), "");
        while (true)
        {
            var count = Math.Min(rows, left ?? int.MaxValue);
            ExportedPage page;
            using (await room.BeginAsync(isPaged && count > 1, cancellation))
            {
                try
                {
                    page = await read(Piece(request, count, after));
                }
                catch (LargeListException) when (isPaged && count > 1)
                {
                    rows = count / 2;
                    continue;
                }
            }

            yield return page;
            left -= page.Count;
            if (page.Next is not { } next || left <= 0) yield break;
            (after, rows) = (next, (int)Math.Min(most, rows * 2L));
        }
    }

    /// <summary>What was opened is told before the first octet leaves: of rows that are read after it nobody would know.</summary>
    private static void RefuseDecode(string prefix, ObjectRequest request)
    {
        if (request.Flag("decode"))
            throw ListErrors.Refused(prefix, "decode is for lists as JSON: lines of an export have secure params sealed");
    }

    /// <summary>Most rows; null for all, and where it is none: who reads the query says so.</summary>
    private static int? LimitOf(ObjectRequest request)
        => request.Query.TryGetValue(Limit, out var texts) && texts is [var text]
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) && limit >= 0 ? limit : null;

    private static ObjectRequest Piece(ObjectRequest request, int count, string after)
    {
        var words = request.Query.ToDictionary(StringComparer.Ordinal);
        if (!words.ContainsKey(Limit) || LimitOf(request) is not null)
            words[Limit] = [count.ToString(CultureInfo.InvariantCulture)];
        if (after.Length == 0) return request.Saying(words, VerbWords.List);
        words.Remove(Offset);
        words[After] = [after];
        return request.Saying(words, VerbWords.List) with { RowsAlone = true };
    }
}
