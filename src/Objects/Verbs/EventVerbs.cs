using System.Collections.Frozen;
using System.Text;
using Anvil.Contracts.Events;
using Anvil.Contracts.Retention;
using Anvil.Objects.Access;
using Anvil.Objects.Events;
using Anvil.Provisioning.Catalog;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Jobs;
using Anvil.Provisioning.Lists;

namespace Anvil.Objects.Verbs;

/// <summary>The log of events: who did what to what and when, read by who may read the objects, and added to by who may post.</summary>
public sealed class EventVerbs(
    IEventStore store, IRetentionStore retention, ObjectFloor floor, EventReach reach, ChangeAllowance allowance, TimeProvider time)
{
    /// <summary>Events that one request looks at; where it ended it says.</summary>
    public const int MostLooked = 1_000_000;

    /// <summary>Events that one request takes out of the database, for looking at them more closely.</summary>
    public const int MostRead = 100_000;

    /// <summary>Events whose object one request asks for its machine, where a tenant limits machines.</summary>
    public const int MostFollowed = 500;

    /// <summary>Octets of an answer's rows after which a page ends.</summary>
    public const int PageOctets = 2 << 20;

    /// <summary>Types of events that tell what Anvil, or DRP, does by itself, beside the kinds.</summary>
    private static readonly string[] Told =
    [
        "prefs", "preferences", "log", "logs", "websocket", "serve", "contents", "files", "isos", "info", "interfaces", "objects",
        "system",
        "plugins", "plugin_providers", "pools", "roles", "tenants", "indexes", "meta",
    ];

    private readonly FrozenSet<string> _own = floor.Kinds.Select(k => k.Prefix).Concat(Told).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A page of the events that who asks may hear of, in the order of their writing.</summary>
    /// <exception cref="ApiException">406: the query is not understood.</exception>
    public async Task<EventPage> ListAsync(ObjectRequest request, CancellationToken cancellation)
    {
        var query = EventQuery.Read(request.Query);
        var filter = new EventFilter(query, request.Principal, time);
        var search = filter.Search() with { From = PlaceOf(query) };
        var trimmed = await TrimmedAsync(cancellation);
        var (rows, looked, read, followed, octets) = (new List<string>(), 0, 0, 0, 0L);
        string? next = null;
        EventPlace? seen = null;
        while (next is null)
        {
            var found = await store.FindAsync(search, cancellation);
            foreach (var happened in found.Events.Where(filter.Holds))
            {
                if (rows.Count == query.Limit || octets > PageOctets) return new EventPage(rows, seen!.Value.Seq, trimmed);
                if (EventReach.MayFollow(request.Principal, happened))
                {
                    if (followed++ == MostFollowed) return new EventPage(rows, seen!.Value.Seq, trimmed);
                    seen = happened.Place;
                    if (!await reach.MayHearAsync(request.Principal, happened, cancellation)) continue;
                }

                rows.Add(Encoding.UTF8.GetString(EventJson.Of(happened)));
                (octets, seen) = (octets + rows[^1].Length, happened.Place);
            }

            if (found.Reached is not { } reached) break;
            read += found.Events.Count;
            // Where the next read goes on by itself, the database has walked to the edge of what it looks at all the same.
            looked += search.Scan;
            if (read >= MostRead || looked >= MostLooked) next = reached.Seq;
            search = search with { From = reached };
        }

        return new EventPage(rows, next, trimmed);
    }

    /// <summary>Writes an event of somebody's own into the log: everybody who may hear of it does.</summary>
    /// <exception cref="ApiException">400 with every fault of the body; 403; 413; 422 for what is not posted; 429.</exception>
    public async Task<ObjectAnswer> PostAsync(ReadOnlyMemory<byte> body, ObjectRequest request, CancellationToken cancellation)
    {
        if (body.Length > PostedEvent.Octets)
            throw new ApiException(
                new ApiError(EventQuery.Model, "", "POST", [$"an event has at most {PostedEvent.Octets} octets"], 413));
        if (body.IsEmpty) throw new ApiException(ApiError.BadRequest(EventQuery.Model, "", "POST", "an event is needed"));
        var posted = DocumentReader.Read<PostedEvent>(body.Span, EventQuery.Model, "POST");
        request.Require(EventQuery.Model, "post", posted.Type.Length > 0 ? posted.Type : "*");
        if (posted.Problems(_own).ToList() is { Count: > 0 } problems)
            throw new ApiException(new ApiError(EventQuery.Model, posted.Key, "ValidationError", problems, 422));
        allowance.TakePosted(request.Principal);
        var told = new MachineEvent(time.GetUtcNow(), posted.Type, posted.Action, posted.Key, posted.Kept())
        {
            Principal = request.Principal.Name,
        };
        await store.AppendAsync(told, cancellation);
        return ObjectAnswer.Empty;
    }

    /// <summary>Where a follower begins, and what it has missed for ever.</summary>
    /// <param name="query">What it asks for.</param>
    /// <param name="lastSeen">The place that it was last told; "" for none, which leaves the query's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The place, and in words what is kept no longer behind it; "" for nothing.</returns>
    /// <exception cref="ApiException">406: that is no place of this log.</exception>
    public async Task<(EventPlace From, string Trimmed)> BeginAsync(EventQuery query, string lastSeen, CancellationToken cancellation)
    {
        var end = await store.EndAsync(cancellation);
        if ((lastSeen.Length > 0 ? Read(lastSeen) : PlaceOf(query)) is not { } place)
            return query.From is null ? (end, "") : (EventPlace.Start, "");
        // Of another log, or of this one before its database was put back to an earlier day: it would wait for ever.
        if (place.IsAfter(end)) throw NoPlace($"{place.Seq} is beyond the end of the log");
        var oldest = await store.OldestAsync(cancellation);
        return (place, oldest is { } first && !first.IsAfter(place) ? "" : await TrimmedAsync(cancellation));
    }

    private static EventPlace? PlaceOf(EventQuery query) => query.Place.Length == 0 ? null : Read(query.Place);

    private static EventPlace Read(string seq) => EventPlace.Read(seq) ?? throw NoPlace("after is no Seq of an event");

    private static ApiException NoPlace(string why) => new(new ApiError(EventQuery.Model, "", "GET", [why], 406));

    private async Task<string> TrimmedAsync(CancellationToken cancellation)
        => (await retention.TotalsAsync(cancellation)).FirstOrDefault(t => t.What == RetentionRules.Events) is { } trimmed
            ? $"{trimmed.Rows} events, up to {trimmed.UpTo:u}" : "";
}
