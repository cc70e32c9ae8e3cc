using System.Text;
using Anvil.Contracts;
using Anvil.Contracts.Diagnostics;
using Anvil.Contracts.Events;
using Anvil.Gateway.Api;
using Anvil.Objects;
using Anvil.Objects.Access;
using Anvil.Objects.Events;
using Anvil.Objects.Verbs;
using Anvil.Provisioning.Access;
using Anvil.Provisioning.Documents;
using Anvil.Provisioning.Lists;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Anvil.Gateway.Events;

/// <summary>
/// `/api/v3/events/stream`: events as Server-Sent Events (WHATWG HTML, section 9.2), from a place in the log on. The id of each is its
/// `Seq`, which a client that comes back names in `Last-Event-ID`, to this silo or another.
/// </summary>
internal sealed partial class EventFeed(EventVerbs verbs, EventFollower follower, EventFrames frames, EventReach reach,
    AccessService access, TimeProvider time, IHostApplicationLifetime lifetime, ListenerPlaces places, IOptions<GatewayOptions> options,
    ILogger<EventFeed> logger)
{
    /// <summary>So often it is asked whether who listens still may.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>So often something is sent where nothing happens: proxies close what is silent.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>Octets that are written at once: the server copies what it is given before it waits for the client.</summary>
    private const int Piece = 32 << 10;

    /// <summary>Serves one client until it goes, is too slow, may listen no longer, or the gateway ends.</summary>
    /// <exception cref="ApiException">406: no such query or place; 429: too many listen.</exception>
    public async Task HandleAsync(HttpContext http)
    {
        var asked = http.Asked(VerbWords.List);
        var query = EventQuery.Read(asked.Query, follows: true);
        // What regular expressions may take is for one event: a stream has no end.
        EventFilter Filter() => new(query, asked.Principal, time);
        using var place = places.Enter(http, EventQuery.Model);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var (from, trimmed) = await verbs.BeginAsync(query, http.Request.Headers["Last-Event-ID"].ToString(), ending.Token);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            var first = $"retry: 1000\nid: {from.Seq}\n\n" + (trimmed.Length == 0 ? "" : $"event: trimmed\ndata: {trimmed}\n\n");
            await SendAsync(http, Encoding.UTF8.GetBytes(first), CancellationToken.None, ending.Token);
            var reason = await FollowAsync(http, from, Filter, ending.Token);
            if (reason.Length > 0) await EndAsync(http, reason, ending.Token);
        }
        catch (ApiException e)
        {
            await EndAsync(http, string.Join("; ", e.Error.Messages), ending.Token);
        }
        catch (SlowListenerException e)
        {
            Told(http, e.Message);
            // What was being written is not whole: only an end of the connection says so.
            http.Abort();
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or the gateway ends.
        }
    }

    /// <summary>Sends what happens; gives the reason when who listens may no longer.</summary>
    private async Task<string> FollowAsync(HttpContext http, EventPlace from, Func<EventFilter> filter,
        CancellationToken cancellation)
    {
        var admission = http.Admission();
        var seen = from;
        var (sent, asked) = (time.GetTimestamp(), time.GetTimestamp());
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var happening = follower.FollowAsync(from, http.Requester(), leaving.Token).GetAsyncEnumerator(leaving.Token);
        var next = happening.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                if (!next.IsCompleted) await Task.WhenAny(next, Task.Delay(Again, time, cancellation));
                cancellation.ThrowIfCancellationRequested();
                // A person's is in memory; a machine's costs a call, and is asked for by the clock alone.
                if (admission.User is not null || time.GetElapsedTime(asked) >= Again)
                {
                    if (await access.EndedAsync(admission) is { } reason) return reason;
                    asked = time.GetTimestamp();
                }

                if (next.IsCompleted)
                {
                    if (!await next) return "";
                    var happened = happening.Current;
                    if (Wants(filter(), happened, admission.Principal)
                        && await reach.MayHearAsync(admission.Principal, happened, cancellation))
                    {
                        using var frame = await frames.TakeAsync(happened, cancellation);
                        await SendAsync(http, Lines(happened.Place, frame.Octets), frame.Revoked, cancellation);
                        sent = time.GetTimestamp();
                    }

                    seen = happened.Place;
                    next = happening.MoveNextAsync().AsTask();
                }

                if (time.GetElapsedTime(sent) < Heartbeat) continue;
                // Whoever comes back need not be shown again what was none of his.
                await SendAsync(http, Encoding.UTF8.GetBytes($": alive\nid: {seen.Seq}\n\n"), CancellationToken.None, cancellation);
                sent = time.GetTimestamp();
            }
        }
        finally
        {
            // An enumerator is disposed when it is at rest.
            await leaving.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool Wants(EventFilter filter, StoredEvent happened, Principal principal)
    {
        try
        {
            return reach.Might(principal, happened) && filter.Wants(happened);
        }
        catch (ApiException) when (!reach.MayByKey(principal, happened))
        {
            // That a pattern takes long of what is beyond the reach tells of it, too.
            return false;
        }
    }

    private static ReadOnlyMemory<byte> Lines(EventPlace place, ReadOnlyMemory<byte> json)
    {
        var head = Encoding.UTF8.GetBytes($"id: {place.Seq}\ndata: ");
        var lines = new byte[head.Length + json.Length + 2];
        head.CopyTo(lines, 0);
        json.Span.CopyTo(lines.AsSpan(head.Length));
        lines.AsSpan(lines.Length - 2).Fill((byte)'\n');
        return lines;
    }

    private async Task EndAsync(HttpContext http, string reason, CancellationToken cancellation)
    {
        Told(http, reason);
        await SendAsync(http, Encoding.UTF8.GetBytes($"event: end\ndata: {reason}\n\n"), CancellationToken.None, cancellation);
    }

    private void Told(HttpContext http, string reason)
    {
        LogEnded(http.Principal().Name, Sources.Of(http.Connection.RemoteIpAddress), reason);
        AnvilDiagnostics.ListenersEnded.Add(1);
    }

    /// <exception cref="SlowListenerException">It was not taken in time, or others need the memory.</exception>
    private async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> text, CancellationToken revoked, CancellationToken cancellation)
    {
        var patience = TimeSpan.FromSeconds(options.Value.ListenerSeconds);
        using var slow = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, revoked, cancellation);
        try
        {
            while (!text.IsEmpty)
            {
                var length = Math.Min(Piece, text.Length);
                await http.Response.Body.WriteAsync(text[..length], either.Token);
                await http.Response.Body.FlushAsync(either.Token);
                text = text[length..];
            }
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested || revoked.IsCancellationRequested)
        {
            // Told below.
        }

        // The server ends the connection when a write is called off, and says so in no other way.
        if (slow.IsCancellationRequested || revoked.IsCancellationRequested)
            throw new SlowListenerException(revoked.IsCancellationRequested ? "too slow: others need the memory of what it has not read"
                : $"too slow: it took more than {patience.TotalSeconds:0.#} s to read one event");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listener {Who} at {Source} is ended: {Reason}")]
    private partial void LogEnded(string who, string source, string reason);

    private sealed class SlowListenerException(string message) : Exception(message);
}
